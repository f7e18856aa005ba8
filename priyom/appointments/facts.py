"""What happens to visits. Moments are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFact(Recorded):
    """A fact about one visit of one patient."""

    patient_id: int
    visit_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBooked(VisitFact):
    """A visit was booked. `booked_at` may lie in the past when a source tells late."""

    version: int
    starts_at: datetime
    booked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMoved(VisitFact):
    """The time (or doctor, or place) changed; the version with it. `by`: patient, staff or mis."""

    version: int
    old_start: datetime
    starts_at: datetime
    by: str
    channel: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitConfirmed(VisitFact):
    """The patient is coming; `evidence` says how we know, in words for people."""

    version: int
    by: str
    channel: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCancelled(VisitFact):
    """The visit fell; its time is free again."""

    version: int
    by: str
    channel: str = ""
    evidence: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitArrived(VisitFact):
    """The patient is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCompleted(VisitFact):
    """The visit took place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMissed(VisitFact):
    """The patient did not come."""

    version: int
