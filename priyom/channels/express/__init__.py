"""eXpress, the corporate messenger on a clinic's own server (CTS): alarms and call tasks for staff by the BotX API.

Of the messengers for staff it alone tells delivered and read, for every recipient. An address is `user:<huid>` (a
person) or `chat:<id>` (a group chat in which the bot is), both UUIDs; what comes back names the person who pressed or
wrote. Facts are those of the vendor's library pybotx and of https://docs.express.ms (2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import Audience, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One bot on one server. The key is a secret, so the settings are never printed."""

    base_url: str = setting("Адрес сервера CTS", "Сервер eXpress клиники, вид: https://cts.clinic.example.")
    bot_id: str = setting("ID бота", "Панель администратора CTS, «Чат-боты»: id вида 24348246-6791-…")
    secret_key: str = setting(
        "Секретный ключ",
        "Там же, secret_key. Им подписаны и наши запросы, и запросы сервера к нам.",
        secret=True,
    )
    auth_version: str = setting(
        "Версия авторизации",
        "v2: токен подписываем сами. v1: для старых серверов, токен выдаёт сервер.",
        default="v2",
        choices=("v2", "v1"),
    )
    at_once: bool = setting(
        "Узнавать итог сразу",
        "Сервер отвечает, ушло ли сообщение (direct/sync). На старых серверах такого метода нет: тогда выключите, итог "
        "придёт отдельным вызовом.",
        default=True,
    )
    ca_pem: str = setting(
        "Корневой сертификат",
        "PEM, если у сервера сертификат собственного центра клиники.",
        default="",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если сервер доступен только через прокси.", default="")


CARD = Card(
    key="express",
    title="eXpress",
    sort=Sort.MESSENGER,
    contact_kind="express",
    audience=Audience.STAFF,
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ}),
    hook_limit=24 * 1024 * 1024,  # files travel inside the webhook
    needs_start=False,
    text_limit=4096,
    label_limit=40,
    pace=5.0,
    chat_every=1.0,
    parallel=8,
    settings=Settings,
    edits=True,
    can_be_quiet=True,
    carries_files=True,
    file_limit=20 * 1024 * 1024,
    types=True,
    asks_status=True,
    usual_answer=timedelta(minutes=10),
    usual_delivery=timedelta(seconds=30),
    example="user:70511000-0000-4000-8000-000000070511",
    price="per user by contract; messages are free",
    proven="pybotx",
)
