"""What happens to visits. Moments are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBooked(Recorded):
    """A visit was booked. `booked_at` may lie in the past when a source tells late."""

    version: int
    starts_at: datetime
    booked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMoved(Recorded):
    """The time (or doctor, or place) changed; the version with it. `by`: patient, staff or mis."""

    version: int
    old_start: datetime
    starts_at: datetime
    by: str
    channel: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitConfirmed(Recorded):
    """The patient is coming; `evidence` says how we know, in words for people."""

    version: int
    by: str
    channel: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCancelled(Recorded):
    """The visit fell; its time is free again."""

    version: int
    by: str
    channel: str = ""
    evidence: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitArrived(Recorded):
    """The patient is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCompleted(Recorded):
    """The visit took place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMissed(Recorded):
    """The patient did not come."""

    version: int
