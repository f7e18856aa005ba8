"""SMS through the HTTP gateway of SMSC (smsc.ru, smsc.kz, smscentre.com: one product, three sites).

SMS reaches every phone, tells honestly that the handset took the message, and costs most: routes come to it after the
messengers. It has no buttons: choices are digits in the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal
from priyom.foundation.sms import segments


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One contract with the gateway and one sender. Either login and password, or an API key."""

    login: str = setting("Логин", "Логин личного кабинета SMSC. Не нужен, если указан ключ API.", default="")
    password: str = setting("Пароль", "Пароль кабинета или отдельный пароль для API.", default="", secret=True)
    apikey: str = setting("Ключ API", "Вместо логина и пароля: кабинет, раздел «Пароли».", default="", secret=True)
    sender: str = setting(
        "Отправитель",
        "Имя, согласованное с операторами, или арендованный номер цифрами. Ответить человек может только на номер. "
        "Пусто: отправитель, заданный в кабинете.",
        default="",
    )
    base_url: str = setting(
        "Адрес шлюза",
        "Россия: https://smsc.ru/sys, Казахстан: https://smsc.kz/sys.",
        default="https://smsc.ru/sys",
    )
    currency: str = setting(
        "Валюта счета", "В ней шлюз называет цену сообщений.", default="RUB", choices=("RUB", "KZT")
    )
    proxy: str = setting("Прокси", "http://… или socks5://…, если шлюз доступен только через прокси.", default="")
    callback_word: str = setting(
        "Секретное слово обработчика",
        "То же слово, что в кабинете у обработчика. Пусто: секрет, который показан рядом с адресом обработчика. "
        "К самому адресу обработчика в кабинете допишите ?charset=utf-8&fmt=3&md5, иначе его вызовы отвергаются.",
        default="",
        secret=True,
    )


CARD = Card(
    key="smsc",
    title="SMS",
    sort=Sort.SMS,
    contact_kind="phone",
    buttons=Buttons.DIGITS,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED}),
    needs_start=False,
    text_limit=800,
    label_limit=40,
    pace=10.0,
    settings=Settings,
    after_crash=AfterCrash.ASK,
    parallel=16,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=2),
    asks_status=True,
    tells_vitals=True,
    segments=segments,
    example="+77011234567",
    price="per segment, by operator and by kind of text; the gateway names it with each message",
    proven="smsc (PyPI) and node-smsc (npm), as clients of our emulator",
)
