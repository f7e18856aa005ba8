"""Yandex Messenger of an organisation in Yandex 360 for Business: alarms and call tasks for employees, with buttons.

A bot writes only to employees of its own organisation, so patients are never written to here. An address is an
employee's login (`ivanova` or `ivanova@clinic.example`) or a group chat's id (`0/0/<guid>`), as the vendor names them;
what comes back names the person who pressed or wrote. Facts: https://yandex.ru/dev/messenger/doc/ru/ (2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Audience, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal

POLLING, WEBHOOK = "polling", "webhook"


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One bot of the organisation. The token is a secret, so the settings are never printed."""

    token: str = setting(
        "Токен бота",
        "Показывают один раз при создании бота на admin.yandex.ru/bot-platform. Новый токен отменяет прежний.",
        secret=True,
    )
    mode: str = setting(
        "Как приходят нажатия и ответы",
        "polling: мы спрашиваем сами, подходит всем. webhook: Яндекс вызывает наш адрес; он ждёт ответа одну секунду, "
        "поэтому сервер должен отвечать быстро.",
        default=POLLING,
        choices=(POLLING, WEBHOOK),
    )
    important: bool = setting(
        "Помечать важными",
        "Сообщения приходят с пометкой «важное».",
        default=False,
    )
    base_url: str = setting(
        "Адрес API",
        "Меняют только для учебного эмулятора.",
        default="https://botapi.messenger.yandex.net/bot/v1",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если иначе до Яндекса не достать.", default="")


CARD = Card(
    key="yandex",
    title="Яндекс Мессенджер",
    sort=Sort.MESSENGER,
    contact_kind="yandex",
    audience=Audience.STAFF,
    buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED}),
    needs_start=False,
    text_limit=6000,
    label_limit=255,
    pace=5.0,
    parallel=8,
    settings=Settings,
    after_crash=AfterCrash.SAME_KEY,
    edits=True,
    can_be_quiet=True,
    carries_files=True,
    replies=True,
    types=True,
    listens=True,
    usual_answer=timedelta(minutes=10),
    example="g.smagulova",
    price="per employee and month; messages are free",
    proven="yambot-client",
)
