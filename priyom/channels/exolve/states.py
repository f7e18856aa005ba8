"""What Exolve's states of a message mean. It names them by words, or by numbers whose meaning it does not publish:
those are the account's setting, and what is in neither table says nothing."""

from __future__ import annotations

from priyom.contracts.message import Signal

_MEANT = {
    "accepted": Signal.ACCEPTED,
    "sent": Signal.SENT,
    "delivered": Signal.DELIVERED,
    "failed": Signal.FAILED,
}
_PREFIX = "delivery_status_"
_WORDS: dict[str, Signal] = {
    **dict.fromkeys(("queued", "accepted", "pending", "new", "created", "enqueued"), Signal.ACCEPTED),
    **dict.fromkeys(("sent", "in_transit", "enroute", "transmitted"), Signal.SENT),
    "delivered": Signal.DELIVERED,
    **dict.fromkeys(
        (
            "undelivered",
            "not_delivered",
            "undeliverable",
            "failed",
            "delivery_failed",
            "rejected",
            "expired",
            "deleted",
        ),
        Signal.FAILED,
    ),
}
"""Whole words only: «undelivered» and «delivery_status_sent» both hold «deliver»."""


class BadStates(ValueError):
    """The setting cannot be read; the text says where."""


def meanings(setting: str) -> dict[str, Signal]:
    """`2=sent,3=delivered` as a table. Raises BadStates."""
    found: dict[str, Signal] = {}
    for pair in filter(None, (part.strip() for part in setting.replace(";", ",").split(","))):
        number, _, word = (part.strip() for part in pair.partition("="))
        if not number.isdecimal() or word not in _MEANT:
            raise BadStates(f"«{pair}»: нужно «число=слово», слова: {', '.join(_MEANT)}")
        found[number] = _MEANT[word]
    return found


def signal(setting: str, state: str) -> Signal | None:
    """What a state says, None when nobody knows. `state` is a word or a number."""
    if state.isdecimal():
        try:
            return meanings(setting).get(state)
        except BadStates:
            return None
    return _WORDS.get(state.strip().lower().replace(" ", "_").removeprefix(_PREFIX))
