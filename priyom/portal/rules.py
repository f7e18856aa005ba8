"""What a link asks for, and what may still be done with a visit: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_NUMBERS = r":([0-9]{1,18}):([0-9]{1,9})"
_PLAIN = re.compile(rf"(confirm|keep|cancel|cancel_yes|move|other_time){_NUMBERS}")
_TIMED = re.compile(rf"(slot|rebook){_NUMBERS}:([0-9]{{1,11}})")


@dataclass(frozen=True, slots=True)
class Action:
    """A choice as buttons carry it: `confirm:12:1`, `slot:12:1:1795000000`. `start` is set for `slot` and `rebook`."""

    verb: str
    visit_id: int
    version: int
    start: datetime | None = None

    def __str__(self) -> str:
        tail = f":{int(self.start.timestamp())}" if self.start else ""
        return f"{self.verb}:{self.visit_id}:{self.version}{tail}"


def read_action(text: str) -> Action | None:
    """The action a link asks for; None when it asks for nothing we know. Never raises."""
    if plain := _PLAIN.fullmatch(text):
        return Action(plain[1], int(plain[2]), int(plain[3]))
    if timed := _TIMED.fullmatch(text):
        return Action(timed[1], int(timed[2]), int(timed[3]), datetime.fromtimestamp(int(timed[4]), UTC))
    return None


class Stand(StrEnum):
    """How a visit stands, as a patient sees it."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    MISSED = "missed"
    OVER = "over"


def stand(state: str, ends_at: datetime, at: datetime) -> Stand:
    """`state` is the visit's. One whose time has passed is over, whatever was said; a missed one may be booked anew."""
    if state in ("cancelled", "missed"):
        return Stand(state)
    if state in ("arrived", "completed") or ends_at <= at:
        return Stand.OVER
    return Stand.CONFIRMED if state == "confirmed" else Stand.OPEN
