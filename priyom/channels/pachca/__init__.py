"""Pachca (Пачка), a Russian messenger for teams in the vendor's cloud: alarms and call tasks for staff, with buttons.

Facts are those of the vendor's own specification (https://dev.pachca.com, August 2026). An address is `user:<number>`
(a person of the clinic's workspace) or `chat:<number>` (a group chat in which the bot is); what comes back always names
the person who pressed or wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import Audience, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal

WEBHOOK, POLLING = "webhook", "polling"


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One bot of the clinic's workspace. Token and signing secret are never printed."""

    token: str = setting(
        "Токен бота",
        "Пачка, «Автоматизации - Интеграции - Чат-боты и Вебхуки», бот, вкладка «API», access_token.",
        secret=True,
    )
    signing_secret: str = setting(
        "Signing secret",
        "Там же, вкладка «Исходящий Webhook». По нему мы узнаём, что пишет именно Пачка. При опросе не нужен.",
        default="",
        secret=True,
    )
    mode: str = setting(
        "Как приходят нажатия и ответы",
        "webhook: Пачка вызывает наш адрес. polling: мы спрашиваем сами; нужно, если у клиники нет адреса, видного из "
        "интернета. Тогда включите у бота «Сохранять историю событий».",
        default=WEBHOOK,
        choices=(WEBHOOK, POLLING),
    )
    bot_id: str = setting(
        "Номер бота",
        "Его называет «Проверить». Нужен, чтобы не принимать за ответы собственные сообщения бота, если в Пачке не "
        "включено «Игнорировать свои сообщения».",
        default="",
    )
    sender_name: str = setting(
        "Имя отправителя",
        "Как подписывать сообщения, например филиал. Пусто: имя бота.",
        default="",
    )
    base_url: str = setting(
        "Адрес API",
        "Меняют только для учебного эмулятора.",
        default="https://api.pachca.com/api/shared/v1",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если иначе до Пачки не достать.", default="")


CARD = Card(
    key="pachca",
    title="Пачка",
    sort=Sort.MESSENGER,
    contact_kind="pachca",
    audience=Audience.STAFF,
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED, Signal.READ}),
    needs_start=False,
    text_limit=20_000,
    label_limit=255,
    pace=4.0,
    chat_every=0.25,
    chat_burst=10,
    parallel=8,
    settings=Settings,
    edits=True,
    carries_files=True,
    replies=True,
    listens=True,
    asks_status=True,
    usual_answer=timedelta(minutes=10),
    example="user:70511",
    price="per employee and month; messages are free",
    proven="pachca-sdk",
)
