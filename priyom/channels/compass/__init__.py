"""Compass, in the vendor's cloud or on a clinic's own server: alarms and call tasks for staff through a bot (API v3).

There are no buttons, no edits and no reports; of what people write a bot is sent only what begins with «/». So choices
go out as links, or as commands to be typed, and an answer is a command. An address is `user:<number>` (a person of the
space) or `chat:<key>` (a group in which the bot is); what comes back names the person. Facts: the vendor's manual
(github.com/getCompass/userbot, 6.4, November 2025) and the published source of its server (July 2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import Audience, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One bot of one space. The token is a secret, so the settings are never printed."""

    token: str = setting(
        "Токен бота",
        "Карточка бота в Compass. Им же Compass подписывает команды нам, поэтому храните его как пароль.",
        secret=True,
    )
    base_url: str = setting(
        "Адрес API",
        "Облако: https://userbot.getcompass.com/api/v3. Свой сервер: https://ваш-домен/userbot/api/v3.",
        default="https://userbot.getcompass.com/api/v3",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если иначе до Compass не достать.", default="")


CARD = Card(
    key="compass",
    title="Compass",
    sort=Sort.MESSENGER,
    contact_kind="compass",
    audience=Audience.STAFF,
    buttons=Buttons.LINKS,
    signals=frozenset({Signal.ACCEPTED}),
    needs_start=False,
    text_limit=2000,
    label_limit=60,
    pace=5.0,
    parallel=4,
    settings=Settings,
    carries_files=True,
    file_limit=512 * 1024 * 1024,
    usual_answer=timedelta(minutes=15),
    example="user:70511",
    price="per employee; messages are free",
)
