"""What SMS Aero's states of a message and its refusals mean.

States by the vendor's Python SDK (`status` with `extendStatus`); refusals are words: a `message`, the fields at fault
in `data`, or a `result` of the older kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, OptedOut, Rejected
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal

_STATES: dict[int, tuple[Signal, str]] = {
    0: (Signal.ACCEPTED, "в очереди"),
    1: (Signal.DELIVERED, "доставлено"),
    2: (Signal.FAILED, "не доставлено"),
    3: (Signal.SENT, "передано оператору"),
    4: (Signal.SENT, "ожидает статуса"),
    6: (Signal.FAILED, "отклонено"),
    8: (Signal.ACCEPTED, "на модерации"),
}

_MONEY = ("no credits", "credit", "money", "balance")
_LOGIN = ("credential", "unauthorized", "api key", "blocked")


def report(number: str, state: int, words: str) -> Reported | None:
    """What a state says of the message; None for one that is not in the table. `words` is the vendor's own."""
    if state not in _STATES:
        return None
    signal, meaning = _STATES[state]
    evidence = f"SMS Aero {state}: {words or meaning}"
    return Reported(number, signal, evidence, None, str(state) if signal is Signal.FAILED else "")


def refusal(status: int, said: Mapping[str, Any]) -> ChannelError:
    """The error of an answer that is no success. `status` is the HTTP status."""
    words = str(said.get("message") or said.get("reason") or said.get("result") or "отказ без объяснения")
    faults = said.get("data")
    fields = [str(name) for name in faults] if isinstance(faults, dict) else []
    told = f"SMS Aero: {words}" + (f" ({', '.join(fields)})" if fields else "")
    low, code = words.lower(), str(status)
    if status in (401, 402, 403, 404) or "sign" in fields or any(word in low for word in (*_MONEY, *_LOGIN)):
        return Misconfigured(told, code)
    if "number" in fields or "numbers" in fields:
        return (OptedOut if "black" in str(faults).lower() else NotReachable)(told, code)
    return Rejected(told, code)
