"""A call from МТС Exolve's cloud that reads a text aloud (its Voice API). No key can answer it: for a call with choices
there is the channel of the clinic's own SIP trunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One application with one number; `repr=False`, so that the key is never printed."""

    key: str = setting("Ключ приложения", "Кабинет Exolve, приложение, «API-ключ».", secret=True)
    source: str = setting("Номер", "Номер Exolve, с которого звоним: 79…")
    voice: int = setting("Голос", "Номер голоса по документации Exolve.", default=1)
    lang: int = setting("Язык", "Номер языка по документации Exolve; 1 - русский.", default=1)
    prefixes: str = setting("Куда звонить", "Начала номеров через запятую. Пусто: куда угодно.", default="+7")
    base_url: str = setting("Адрес", "Меняют только для учебного эмулятора.", default="https://api.exolve.ru")
    proxy: str = setting("Прокси", "http://… или socks5://…, если выход наружу только через прокси.", default="")


def reaches(settings: Mapping[str, object], address: str) -> bool:
    """Whether this account is to be tried for that number."""
    wanted = [part.strip() for part in str(settings.get("prefixes", "")).split(",") if part.strip()]
    return not wanted or address.startswith(tuple(wanted))


CARD = Card(
    key="exolve_voice",
    title="Звонок: чтение текста (Exolve)",
    sort=Sort.VOICE,
    contact_kind="phone",
    buttons=Buttons.LINKS,
    signals=frozenset({Signal.ACCEPTED, Signal.DELIVERED}),
    needs_start=False,
    text_limit=1000,
    label_limit=40,
    pace=2.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=8,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=3),
    webhook=False,
    asks_status=True,
    hours=(time(9), time(20)),
    reaches=reaches,
    example="+77011234567",
    price="by the minute and the synthesised text, by contract",
)
