"""SMS through SMS.ru (Russia): one HTTP interface, a report on every message, and no way for people to answer.

The gateway tells what each message cost and pushes each change of its state; what was lost on the way can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal
from priyom.foundation.sms import segments


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One contract with the gateway and one sender's name."""

    api_id: str = setting(
        "Ключ api_id", "Личный кабинет SMS.ru, главная страница раздела «Разработчикам».", secret=True
    )
    sender: str = setting(
        "Имя отправителя",
        "Согласованное с операторами имя, до 11 латинских букв и цифр. Пусто: отправитель, заданный в кабинете.",
        default="",
    )
    base_url: str = setting(
        "Адрес шлюза", "Меняют только для учебного эмулятора или своего прокси.", default="https://sms.ru"
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если шлюз доступен только через прокси.", default="")


CARD = Card(
    key="smsru",
    title="SMS (SMS.ru)",
    sort=Sort.SMS,
    contact_kind="phone",
    buttons=Buttons.LINKS,  # nobody can answer an SMS here: the text carries a link
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED}),
    needs_start=False,
    text_limit=536,  # eight parts of Cyrillic; a text of plain Latin letters could be longer
    label_limit=40,
    pace=10.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=16,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=2),
    asks_status=True,
    tells_vitals=True,
    segments=segments,
    example="+77011234567",
    price="by the part and the operator; the gateway names the cost of each message",
    proven="smsru-api",
)
