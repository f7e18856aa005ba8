"""MAX, the Russian messenger, by its Bot API. A bot writes only to people who have opened it; it is told of presses,
words, stops and muted dialogs, never of delivery. Limits and codes: https://dev.max.ru/docs-api (September 2026)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What the clinic fills in. The token is a secret, so the settings are never printed."""

    token: str = setting(
        "Токен бота",
        "Кабинет MAX для партнёров: Чат-боты, ⋮, Настройки. Храните его как пароль.",
        secret=True,
    )
    updates: str = setting(
        "Как получать ответы",
        "webhook: MAX сам обращается к нашему адресу, нужен HTTPS на порту 443, видный из интернета. "
        "polling: мы спрашиваем MAX сами, годится для сервера за прокси; MAX советует это только для проб.",
        default="webhook",
        choices=("webhook", "polling"),
    )
    ca_pem: str = setting(
        "Корневой сертификат Минцифры (PEM)",
        "Текст от BEGIN CERTIFICATE до END CERTIFICATE с gosuslugi.ru/crt, или путь к такому файлу на сервере. "
        "Без него MAX не открывается, если он не установлен на сервере.",
        default="",
    )
    proxy: str = setting(
        "Прокси",
        "http://адрес:порт или socks5://адрес:порт, если сервер не выходит в интернет сам. Иначе оставьте пустым.",
        default="",
    )
    base_url: str = setting(
        "Адрес Bot API",
        "Меняют, только если MAX объявил новый адрес или это учебный эмулятор.",
        default="https://platform-api2.max.ru",
    )


CARD = Card(
    key="max_messenger",
    title="MAX",
    sort=Sort.MESSENGER,
    contact_kind="max",
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED}),
    needs_start=True,
    text_limit=4000,
    label_limit=128,
    pace=25.0,
    settings=Settings,
    edits=True,
    asks_contact=True,
    can_be_quiet=True,
    carries_files=True,
    file_limit=4 * 1024**3,
    usual_answer=timedelta(hours=1),
    deep_link="https://max.ru/{bot}?start={token}",
    listens=True,
    replies=True,
    types=True,
    example="705110001",
    price="no fee known",
    proven="maxapi 1.2",
)
