"""What the numbers of SMS.ru mean: one table of codes serves refusals of a request and states of a message.

Source: the gateway's pages «Отправить СМС», «Проверить статус» (api/send, api/status), and its clients in the open.
"""

from __future__ import annotations

from datetime import datetime

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal

DONE = 100
DAY_LIMIT = 206
HALF_AN_HOUR, MINUTE = 1800.0, 60.0

_STATES: dict[int, tuple[Signal, str]] = {
    100: (Signal.ACCEPTED, "в очереди шлюза"),
    101: (Signal.ACCEPTED, "передается оператору"),
    102: (Signal.SENT, "в пути"),
    103: (Signal.DELIVERED, "доставлено"),
    104: (Signal.FAILED, "истекло время жизни"),
    105: (Signal.FAILED, "удалено оператором"),
    106: (Signal.FAILED, "сбой в телефоне"),
    107: (Signal.FAILED, "не доставлено по неизвестной причине"),
    108: (Signal.FAILED, "отклонено"),
    110: (Signal.DELIVERED, "прочитано"),
    130: (Signal.FAILED, "дневной лимит сообщений на этот номер"),
    131: (Signal.FAILED, "повтор того же текста в течение минуты"),
    132: (Signal.FAILED, "повтор того же текста в течение дня"),
    150: (Signal.FAILED, "нет маршрута на этот номер"),
    202: (Signal.FAILED, "неверный номер"),
    204: (Signal.FAILED, "оператор не подключен"),
    207: (Signal.FAILED, "на этот номер отправлять нельзя"),
    214: (Signal.FAILED, "номер за границей"),
}
_NOBODY_THERE = frozenset({202, 207, 214})

_REFUSALS: dict[int, tuple[type[ChannelError], str]] = {
    200: (Misconfigured, "неверный ключ api_id"),
    201: (Misconfigured, "на счете шлюза кончились деньги"),
    202: (NotReachable, "неверный номер или нет маршрута"),
    203: (Rejected, "нет текста"),
    205: (Rejected, "текст длиннее восьми SMS"),
    207: (NotReachable, "на этот номер отправлять нельзя"),
    208: (Rejected, "неверное время отправки"),
    209: (OptedOut, "номер в стоп-листе клиники"),
    210: (Rejected, "неверный запрос"),
    211: (Misconfigured, "по этому адресу нет такого метода"),
    212: (Rejected, "текст не в UTF-8"),
    213: (Rejected, "слишком много номеров"),
    214: (NotReachable, "номер за границей"),
    215: (OptedOut, "получатель жаловался: номер в стоп-листе SMS.ru"),
    216: (Rejected, "в тексте запрещенное слово"),
    220: (Unavailable, "шлюз временно недоступен"),
    230: (Rejected, "дневной лимит сообщений на этот номер"),
    231: (Rejected, "тот же текст ушел на этот номер меньше минуты назад"),
    232: (Rejected, "тот же текст слишком часто уходил на этот номер сегодня"),
    233: (Rejected, "слишком много кодов на этот номер"),
    300: (Misconfigured, "неверный токен"),
    301: (Misconfigured, "неверный логин или пароль"),
    302: (Misconfigured, "аккаунт не подтвержден"),
    303: (Misconfigured, "неверный код подтверждения"),
    500: (Unavailable, "ошибка шлюза"),
    507: (Rejected, "неверный IP-адрес пользователя"),
    901: (Rejected, "неверный адрес обработчика"),
}
_TOO_FAST = frozenset({501, 502, 503, 504, 505, 506, 508})


def known(state: int) -> bool:
    """Whether a message can be in that state, as far as the gateway's table goes."""
    return state in _STATES


def report(number: str, state: int, at: datetime | None) -> Reported:
    """What a known state says of the message. «Read» (Viber) counts as delivered: SMS has no more. `gone` where SMS
    cannot reach that number at all."""
    signal, meaning = _STATES[state]
    code = str(state) if signal is Signal.FAILED else ""
    return Reported(number, signal, f"SMS.ru {state}: {meaning}", at, code, state in _NOBODY_THERE)


def refusal(code: int, text: str, *, account: bool) -> ChannelError:
    """The error of a refused request. `account`: the whole request was refused, not one recipient; an operator or a
    name that is not connected (204) is then the account's fault, else only this number's."""
    if code == DAY_LIMIT:
        return Throttled(_told(text, "исчерпан дневной лимит счета"), HALF_AN_HOUR, str(code))
    if code in _TOO_FAST:
        return Throttled(_told(text, "слишком часто"), MINUTE, str(code))
    if code == 204:
        kind: type[ChannelError] = Misconfigured if account else Rejected
        return kind(_told(text, "имя или оператор не подключены"), str(code))
    kind, meaning = _REFUSALS.get(code, (Rejected, "неизвестный код отказа"))
    return kind(_told(text, meaning), str(code))


def _told(text: str, meaning: str) -> str:
    return f"SMS.ru: {text or meaning}"
