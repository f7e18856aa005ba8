"""VK, messages of a community. A community writes only to people who have allowed it; it is told of words, presses,
permissions and reading, never of delivery. Limits and codes: https://dev.vk.com/ru/method/messages.send (5.199)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What the clinic fills in. The key is a secret, so the settings are never printed."""

    token: str = setting(
        "Ключ доступа сообщества",
        "Управление сообществом: Дополнительно, Работа с API, Создать ключ. Отметьте управление, сообщения, "
        "фотографии, документы. Храните его как пароль.",
        secret=True,
    )
    receive: str = setting(
        "Как получать события",
        "callback - VK сам обращается к нашему адресу; long_poll - мы спрашиваем VK, если адреса в интернете нет.",
        default="callback",
        choices=("callback", "long_poll"),
    )
    confirmation: str = setting(
        "Строка, которую должен вернуть сервер",
        "Нужна, только если адрес вписывают в VK руками (Работа с API, Callback API). Кнопка «Подключить» "
        "обходится без нее.",
        default="",
    )
    api_version: str = setting("Версия API", "Меняют, когда VK объявит, что перестает принимать эту.", default="5.199")
    base_url: str = setting(
        "Адрес API",
        "Меняют, только если VK объявил новый адрес или это учебный эмулятор.",
        default="https://api.vk.ru",
    )


CARD = Card(
    key="vk",
    title="ВКонтакте",
    sort=Sort.MESSENGER,
    contact_kind="vk",
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED, Signal.READ}),
    needs_start=True,
    text_limit=4096,
    label_limit=40,
    pace=15.0,
    settings=Settings,
    after_crash=AfterCrash.SAME_KEY,
    parallel=16,
    edits=True,
    carries_files=True,
    file_limit=200 * 1024 * 1024,
    usual_answer=timedelta(hours=2),
    deep_link="https://vk.me/{bot}?ref={token}",
    listens=True,
    asks_status=True,
    replies=True,
    types=True,
    example="705110001",
    price="free",
    proven="vk_api, vk-io",
)
