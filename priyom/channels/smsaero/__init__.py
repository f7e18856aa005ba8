"""SMS through SMS Aero (Russia): a JSON interface that names the cost at once and reports to an address named with each
message; nobody can answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal
from priyom.foundation.sms import segments


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One contract with the gateway and one sender's name."""

    email: str = setting("Почта", "Почта, с которой входят в кабинет SMS Aero.")
    api_key: str = setting("Ключ API", "Кабинет SMS Aero, «Настройки» → «API и SMPP».", secret=True)
    sender: str = setting(
        "Имя отправителя",
        "Согласованное имя из кабинета, раздел «Подписи». «SMS Aero» - общее бесплатное имя сервиса.",
        default="SMS Aero",
    )
    callback_url: str = setting(
        "Адрес для отчетов",
        "Адрес вебхука, показанный на этой странице: Приём сам называет его в каждом сообщении и добавляет секрет. "
        "Пусто: отчеты не приходят, Приём спрашивает о сообщениях сам.",
        default="",
    )
    base_url: str = setting(
        "Адрес шлюза",
        "Меняют только для учебного эмулятора. Для адреса по умолчанию Приём знает и запасные.",
        default="https://gate.smsaero.ru/v2",
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если шлюз доступен только через прокси.", default="")


CARD = Card(
    key="smsaero",
    title="SMS (SMS Aero)",
    sort=Sort.SMS,
    contact_kind="phone",
    buttons=Buttons.LINKS,  # nobody can answer an SMS here: the text carries a link
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED}),
    needs_start=False,
    text_limit=640,
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
    proven="smsaero-api",
)
