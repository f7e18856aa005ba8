"""Telegram, by the Bot API. A bot writes only to people who have opened it; it is told of presses, words and blocks,
never of delivery. Limits and codes are those of https://core.telegram.org/bots/api (10.1, June 2026)."""

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
        "Его выдаёт @BotFather после /newbot, вид: 7000000001:AbC... Храните его как пароль.",
        secret=True,
    )
    updates: str = setting(
        "Как получать ответы",
        "webhook: Telegram сам обращается к нашему адресу, нужен HTTPS, видный из интернета. "
        "polling: мы спрашиваем Telegram сами, годится для сервера за прокси и без внешнего адреса.",
        default="webhook",
        choices=("webhook", "polling"),
    )
    proxy: str = setting(
        "Прокси",
        "Нужен там, где api.telegram.org недоступен: http://адрес:порт или socks5://адрес:порт. Иначе оставьте пустым.",
        default="",
    )
    base_url: str = setting(
        "Адрес Bot API",
        "Меняют, только если у клиники свой сервер Bot API или учебный эмулятор.",
        default="https://api.telegram.org",
    )


CARD = Card(
    key="telegram",
    title="Telegram",
    sort=Sort.MESSENGER,
    contact_kind="telegram",
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED}),
    needs_start=True,
    text_limit=4096,
    label_limit=64,
    pace=25.0,
    chat_every=1.0,
    settings=Settings,
    edits=True,
    asks_contact=True,
    can_be_quiet=True,
    carries_files=True,
    file_limit=50 * 1024 * 1024,
    usual_answer=timedelta(hours=1),
    deep_link="https://t.me/{bot}?start={token}",
    listens=True,
    replies=True,
    types=True,
    example="705110001",
    price="free",
    proven="aiogram 3",
)
