"""SMS through Mobizon (Kazakhstan): signed reports of final states, and messages that can be found under our names.

Nobody can answer: operators of Kazakhstan let no numeric senders through, and the gateway takes in no SMS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal
from priyom.foundation.sms import segments


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One contract with the gateway and one sender's name."""

    api_key: str = setting("Ключ API", "Кабинет Mobizon, раздел «API», «Настройки»: 40 знаков.", secret=True)
    sender: str = setting(
        "Подпись отправителя",
        "Зарегистрированная в Mobizon подпись. Пусто: подпись, выбранная в кабинете, или общая подпись сервиса.",
        default="",
    )
    webhook_secret: str = setting(
        "Секретный ключ вебхука",
        "То же слово, что в кабинете у вебхука «Статусы SMS». Пусто: секрет, который показан рядом с адресом.",
        default="",
        secret=True,
    )
    base_url: str = setting(
        "Адрес API",
        "Его называет кабинет; у каждой страны свой. Казахстан: https://api.mobizon.kz.",
        default="https://api.mobizon.kz",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если шлюз доступен только через прокси.", default="")


CARD = Card(
    key="mobizon",
    title="SMS (Mobizon)",
    sort=Sort.SMS,
    contact_kind="phone",
    buttons=Buttons.LINKS,  # nobody can answer an SMS here: the text carries a link
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED}),
    needs_start=False,
    text_limit=670,  # ten parts of Cyrillic; the gateway publishes no limit
    label_limit=40,
    pace=5.0,
    settings=Settings,
    after_crash=AfterCrash.ASK,
    parallel=8,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=3),
    hours=(time(9), time(21)),
    asks_status=True,
    tells_vitals=True,
    segments=segments,
    example="+77011234567",
    price="by the part and the operator; told in lists only",
)
