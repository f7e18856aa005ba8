"""SMS through MTS Exolve (Russia): a JSON interface of an operator, with answers where the sender is a rented number.

Answers come by webhook or are fetched (`poll_seconds`); states of messages come by webhook or are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal
from priyom.foundation.sms import segments


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One application at Exolve and one sender."""

    api_key: str = setting("Ключ API", "Кабинет Exolve, приложение, раздел «API-ключ».", secret=True)
    sender: str = setting(
        "Отправитель",
        "Арендованный мобильный номер цифрами (7XXXXXXXXXX) или согласованное имя. Ответить человек может только "
        "на номер; городские номера и 8-800 не отправляют.",
    )
    statuses: str = setting(
        "Числовые статусы",
        "Что значат числа в поле delivery_status, например «2=sent,3=delivered,4=failed». Exolve их не публикует: "
        "посмотрите на первом сообщении. Пусто: верим только статусам словами.",
        default="",
    )
    poll_seconds: int = setting(
        "Опрос входящих, секунд",
        "Как часто забирать ответы пациентов, если вебхук не настроен. 0: не опрашивать.",
        default=30,
    )
    base_url: str = setting("Адрес API", "Меняют только для учебного эмулятора.", default="https://api.exolve.ru")
    proxy: str = setting("Прокси", "http://… или socks5://…, если шлюз доступен только через прокси.", default="")


CARD = Card(
    key="exolve",
    title="SMS (МТС Exolve)",
    sort=Sort.SMS,
    contact_kind="phone",
    buttons=Buttons.DIGITS,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED}),
    needs_start=False,
    text_limit=670,  # ten parts of Cyrillic; a text of plain Latin letters could be longer
    label_limit=40,
    pace=10.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=16,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=2),
    listens=True,
    asks_status=True,
    tells_vitals=True,
    segments=segments,
    example="+77011234567",
    price="by the part; the price is not told",
)
