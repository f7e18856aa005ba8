"""An automatic telephone call over the clinic's own SIP trunk: it says the visit, and a key answers.

Nothing but the trunk is needed: signalling, sound and speech are in this folder, in plain Python. The call reaches
every phone, also where no messenger is; it disturbs, so it stands late in a route and keeps decent hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.message import Signal


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One trunk with one number; `repr=False`, so that the password is never printed."""

    host: str = setting("Сервер оператора", "Адрес SIP-сервера из договора, например sip.operator.example.")
    caller_id: str = setting("Номер звонящего", "Номер клиники, который увидит человек: +7…")
    port: int = setting("Порт", "Обычно 5060 (UDP).", default=5060)
    user: str = setting(
        "Логин SIP", "Имя пользователя у оператора. Не нужен, если оператор узнает по адресу.", default=""
    )
    password: str = setting("Пароль SIP", "Пароль к логину.", default="", secret=True)
    auth_user: str = setting("Логин для проверки", "Если оператор выдал его отдельно (authorization ID).", default="")
    domain: str = setting("Домен", "Если оператор назвал домен, отличный от сервера.", default="")
    register: bool = setting("Регистрироваться", "Выключите, если оператор узнает клинику по IP-адресу.", default=True)
    assert_id: bool = setting(
        "Передавать номер отдельно", "Заголовок P-Asserted-Identity: если оператор его просит.", default=False
    )
    number_format: str = setting(
        "Вид номера", "Как оператор ждет набираемый номер.", default="7…", choices=("7…", "+7…", "8…")
    )
    prefixes: str = setting(
        "Куда звонить",
        "Начала номеров через запятую; остальные пойдут другими путями. Пусто: куда угодно.",
        default="+7",
    )
    lines: int = setting("Линий", "Сколько звонков сразу разрешает договор.", default=2)
    ring_seconds: int = setting("Ждать ответа, секунд", "После 25-30 секунд трубку берет голосовая почта.", default=25)
    key_seconds: int = setting("Ждать нажатия, секунд", "После перечисления клавиш.", default=6)
    repeats: int = setting("Повторов", "Сколько раз повторить, если ничего не нажато.", default=1)
    follow_up_seconds: int = setting(
        "Ждать продолжения, секунд",
        "После нажатия: что за это время придет для этого человека, скажем в том же звонке.",
        default=2,
    )
    longest_seconds: int = setting("Самый долгий звонок, секунд", "Потом кладем трубку.", default=180)
    machine_seconds: int = setting(
        "Автоответчик после, секунд",
        "Кто с первых слов говорит столько без паузы, тот автоответчик: кладем трубку. 0: не проверять.",
        default=4,
    )
    opt_out: bool = setting("Клавиша 9 - больше не звонить", "Предлагать отказ от звонков.", default=True)
    speech: str = setting(
        "Синтез речи",
        "espeak-ng: программа на сервере, говорит по-русски и по-казахски. Нет: только записанные фразы.",
        default="espeak-ng", choices=("espeak-ng", "нет"),
    )  # fmt: skip
    prompts: str = setting(
        "Папка с записями", "Папка на сервере, в ней ru и kk с файлами WAV; как их назвать, сказано в описании канала.",
        default="",
    )  # fmt: skip
    public_address: str = setting(
        "Внешний адрес", "IP сервера снаружи, если он за NAT и оператор его не видит.", default=""
    )
    local_port: int = setting("Свой порт SIP", "0: любой свободный.", default=0)
    rtp_ports: str = setting(
        "Порты для звука", "Например 10000-10100: откройте их в брандмауэре. Пусто: любые.", default=""
    )
    rehearsal: bool = setting(
        "Учебный режим", "Только для эмулятора: вместо речи сигнал, слова идут текстом.", default=False
    )


def reaches(settings: Mapping[str, object], address: str) -> bool:
    """Whether this trunk is to be tried for that number."""
    wanted = [part.strip() for part in str(settings.get("prefixes", "")).split(",") if part.strip()]
    return not wanted or address.startswith(tuple(wanted))


CARD = Card(
    key="sip_voice",
    title="Звонок",
    sort=Sort.VOICE,
    contact_kind="phone",
    buttons=Buttons.DIGITS,
    signals=frozenset({Signal.ACCEPTED, Signal.DELIVERED}),
    needs_start=False,
    text_limit=600,
    label_limit=40,
    pace=1.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=32,
    usual_answer=timedelta(minutes=2),
    usual_delivery=timedelta(minutes=1),
    webhook=False,
    listens=True,
    hours=(time(9), time(20)),
    reaches=reaches,
    example="+77011234567",
    price="by the minute, by the operator's contract",
    proven="baresip, SIPp, aiosipua",
)
