"""A call by Zadarma's cloud exchange that plays the clinic's recording and takes a key. The vendor speaks no text: the
message's own words are not said. For a call that says the visit there is the channel of the clinic's SIP trunk, which
works with Zadarma's SIP as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One exchange with one number for the robot; `repr=False`, so that the secret is never printed."""

    key: str = setting("Ключ API (Key)", "Кабинет Zadarma, «Настройки», «Интеграции и API».", secret=True)
    secret: str = setting("Секрет API (Secret)", "Оттуда же. Им подписаны и запросы, и вебхуки.", secret=True)
    robot_number: str = setting(
        "Номер робота", "Отдельный номер Zadarma, подключенный к АТС: на него робот принимает разговор."
    )
    menu_file: str = setting(
        "Запись меню", "Идентификатор файла АТС: «У вас запись в клинику... Приду - 1, перенести - 2, отменить - 3».",
        default="",
    )  # fmt: skip
    thanks_file: str = setting("Запись «Спасибо»", "Идентификатор файла АТС. Пусто: сразу кладем трубку.", default="")
    opt_out: bool = setting("Клавиша 9 - больше не звонить", "Если запись меню ее предлагает.", default=True)
    utc_offset: int = setting("Часовой пояс кабинета", "На сколько часов он впереди UTC.", default=3)
    prefixes: str = setting("Куда звонить", "Начала номеров через запятую. Пусто: куда угодно.", default="+7")
    base_url: str = setting("Адрес", "Меняют только для учебного эмулятора.", default="https://api.zadarma.com")
    proxy: str = setting("Прокси", "http://… или socks5://…, если выход наружу только через прокси.", default="")


def reaches(settings: Mapping[str, object], address: str) -> bool:
    """Whether this account is to be tried for that number."""
    wanted = [part.strip() for part in str(settings.get("prefixes", "")).split(",") if part.strip()]
    return not wanted or address.startswith(tuple(wanted))


CARD = Card(
    key="zadarma",
    title="Звонок с записью (Zadarma)",
    sort=Sort.VOICE,
    contact_kind="phone",
    buttons=Buttons.DIGITS,
    signals=frozenset({Signal.ACCEPTED, Signal.DELIVERED}),
    needs_start=False,
    text_limit=1000,
    label_limit=40,
    pace=1.5,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=4,
    usual_answer=timedelta(minutes=2),
    usual_delivery=timedelta(minutes=5),
    asks_status=True,
    tells_vitals=True,
    hours=(time(9), time(20)),
    reaches=reaches,
    example="+77011234567",
    price="by the minute, two legs a call; the vendor's tariff",
    proven="zadarma (npm)",
)
