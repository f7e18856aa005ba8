"""How notifications end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReached(Recorded):
    """The goal was reached; `evidence` says by what, in words for people."""

    notification_id: int
    kind: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationExhausted(Recorded):
    """Every way was tried, or the time for messages is over. `must_reach`: a person shall call until `call_until`."""

    notification_id: int
    kind: str
    must_reach: bool
    call_until: datetime | None
    why: str
