"""What Mobizon's states of a message and codes of an answer mean.

Source: the vendor's documentation, «List of Possible SMS Statuses» and «API Response Codes».
"""

from __future__ import annotations

from typing import Any

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal

DONE = 0
TOO_FAST_PAUSE = 5.0

_STATES: dict[str, tuple[Signal, str]] = {
    "NEW": (Signal.ACCEPTED, "еще не отправлено"),
    "ENQUEUD": (Signal.ACCEPTED, "в очереди"),
    "ACCEPTD": (Signal.SENT, "принято оператором"),
    "PDLIVRD": (Signal.SENT, "доставлены не все части"),
    "DELIVRD": (Signal.DELIVERED, "доставлено"),
    "UNDELIV": (Signal.FAILED, "не доставлено"),
    "REJECTD": (Signal.FAILED, "отклонено оператором"),
    "EXPIRED": (Signal.FAILED, "не доставлено в срок"),
    "DELETED": (Signal.FAILED, "удалено оператором"),
}

_VALIDATION, _RATE, _DOMAIN = 1, 30, 13
_BROKEN = frozenset({3, 10, 15, 999})
_MONEY = ("fund", "balance", "money", "средств", "баланс")
_REFUSALS: dict[int, tuple[type[ChannelError], str]] = {
    2: (Rejected, "запись не найдена"),
    4: (Misconfigured, "неверный модуль API"),
    5: (Misconfigured, "неверный метод API"),
    6: (Rejected, "неверный формат"),
    8: (Misconfigured, "неверный ключ API"),
    9: (Misconfigured, "нет доступа к методу API"),
    11: (Rejected, "не хватает параметров"),
    12: (Rejected, "неверный параметр"),
    14: (Misconfigured, "аккаунт заблокирован или удален"),
    98: (Rejected, "выполнено не полностью"),
    99: (Rejected, "ничего не выполнено"),
}


def report(number: str, state: str) -> Reported | None:
    """What a state says of the message; None for one that is not in the table."""
    if state not in _STATES:
        return None
    signal, meaning = _STATES[state]
    return Reported(number, signal, f"Mobizon {state}: {meaning}", None, state if signal is Signal.FAILED else "")


def refusal(code: int, words: str, data: Any, *, harmless: bool) -> ChannelError:
    """The error of an answer whose code is not 0. `harmless`: asking again loses nothing."""
    fields = [str(name) for name in data] if isinstance(data, dict) else []
    told = f"Mobizon: {words}" if words else "Mobizon: отказ"
    if code == _RATE:
        return Throttled(f"{told} (слишком часто)", TOO_FAST_PAUSE, str(code))
    if code == _VALIDATION:
        return _invalid(f"{told} ({', '.join(fields)})" if fields else told, fields)
    if code == _DOMAIN:
        return Misconfigured(f"Mobizon: этот аккаунт обслуживает другой адрес: {str(data)[:100]}", str(code))
    if code in _BROKEN and any(word in words.lower() for word in _MONEY):
        return Misconfigured(told, str(code))
    if code in _BROKEN:
        return (Unavailable if harmless else Uncertain)(f"{told} (сбой шлюза)", str(code))
    kind, meaning = _REFUSALS.get(code, (Rejected, "неизвестный код ответа"))
    return kind(f"{told} ({meaning})", str(code))


def _invalid(told: str, fields: list[str]) -> ChannelError:
    code = str(_VALIDATION)
    if "recipient" in fields:
        return NotReachable(told, code)
    return (Misconfigured if "from" in fields else Rejected)(told, code)
