"""Change a visit: move, confirm, cancel, arrive, complete, miss. A verb called twice changes nothing more."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from priyom.appointments.facts import (
    VisitArrived,
    VisitBooked,
    VisitCancelled,
    VisitCompleted,
    VisitConfirmed,
    VisitMissed,
    VisitMoved,
)
from priyom.appointments.free import TimeTaken, claim
from priyom.appointments.models import LIVE, State, Visit
from priyom.clinic.models import Branch, Practitioner, Service
from priyom.foundation.clock import now
from priyom.journal.record import record

__all__ = ["NotLive", "TimeTaken", "arrive", "cancel", "complete", "confirm", "miss", "move", "reopen"]


class NotLive(Exception):
    """The visit is over or cancelled: it can no longer be changed so."""


def _lock(visit_id: int) -> Visit:
    return Visit.objects.select_for_update().get(pk=visit_id)


@transaction.atomic
def move(
    visit_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    by: str,
    channel: str = "",
    evidence: str = "",
    claim_time: bool = False,
    practitioner: Practitioner | None = None,
    branch: Branch | None = None,
    service: Service | None = None,
) -> Visit:
    """Another time, and perhaps another doctor or place; the old time is free at once. Records VisitMoved.

    `claim_time`: refuse a time somebody has (TimeTaken); a medical system's own word is never refused. Raises NotLive.
    """
    visit = _lock(visit_id)
    if visit.state not in LIVE:
        raise NotLive
    old = (visit.starts_at, visit.ends_at, visit.practitioner_id, visit.branch_id)
    visit.practitioner = practitioner or visit.practitioner
    visit.branch = branch or visit.branch
    visit.service = service or visit.service
    if old == (starts_at, ends_at, visit.practitioner_id, visit.branch_id):
        return visit
    if claim_time:
        claim(visit.practitioner_id, starts_at, ends_at, leave_out=visit.pk)
    visit.moved_from, visit.starts_at, visit.ends_at = old[0], starts_at, ends_at
    visit.claimed, visit.version = claim_time, visit.version + 1
    _open_again(visit, State.MOVED)
    _save_time(visit)
    record(
        VisitMoved(
            patient_id=visit.patient_id, visit_id=visit.pk, version=visit.version, old_start=old[0],
            starts_at=starts_at, by=by, channel=channel, evidence=evidence,
        )
    )  # fmt: skip
    return visit


@transaction.atomic
def reopen(visit: Visit, starts_at: datetime, ends_at: datetime) -> Visit:
    """A cancelled or missed visit is booked again by its source: a new version, as if new. Records VisitBooked."""
    visit.starts_at, visit.ends_at = starts_at, ends_at
    visit.version, visit.claimed, visit.moved_from = visit.version + 1, False, None
    visit.booked_at = now()
    _open_again(visit, State.BOOKED)
    _save_time(visit)
    record(
        VisitBooked(
            patient_id=visit.patient_id, visit_id=visit.pk, version=visit.version, starts_at=starts_at,
            booked_at=visit.booked_at,
        )
    )  # fmt: skip
    return visit


def _open_again(visit: Visit, state: State) -> None:
    visit.state, visit.changed_at = state, now()
    visit.confirmed_by = visit.confirmed_channel = visit.confirmed_evidence = ""
    visit.confirmed_at = visit.unreachable_at = None


def _save_time(visit: Visit) -> None:
    try:
        with transaction.atomic():
            visit.save()
    except IntegrityError as error:
        if "visit_claimed_time_is_one" in str(error):
            raise TimeTaken from error
        raise


@transaction.atomic
def confirm(visit_id: int, *, by: str, channel: str = "", evidence: str = "") -> bool:
    """The patient is coming. False when it was confirmed already. Records VisitConfirmed. Raises NotLive."""
    visit = _lock(visit_id)
    if visit.state == State.CONFIRMED:
        return False
    if visit.state not in LIVE:
        raise NotLive
    visit.state, visit.changed_at = State.CONFIRMED, now()
    visit.confirmed_by, visit.confirmed_channel = by, channel
    visit.confirmed_evidence, visit.confirmed_at = evidence[:300], visit.changed_at
    visit.unreachable_at = None
    visit.save()
    record(
        VisitConfirmed(
            patient_id=visit.patient_id, visit_id=visit.pk, version=visit.version, by=by, channel=channel,
            evidence=evidence[:300],
        )
    )  # fmt: skip
    return True


@transaction.atomic
def cancel(visit_id: int, *, by: str, channel: str = "", evidence: str = "", why: str = "") -> bool:
    """The visit falls, the time is free. False when it was so already. Records VisitCancelled. Raises NotLive."""
    visit = _lock(visit_id)
    if visit.state == State.CANCELLED:
        return False
    if visit.state not in LIVE:
        raise NotLive
    visit.state, visit.changed_at, visit.claimed = State.CANCELLED, now(), False
    visit.save()
    record(
        VisitCancelled(
            patient_id=visit.patient_id, visit_id=visit.pk, version=visit.version, by=by, channel=channel,
            evidence=evidence[:300], why=why[:300],
        )
    )  # fmt: skip
    return True


@transaction.atomic
def arrive(visit_id: int) -> bool:
    """The patient is here. Records VisitArrived."""
    visit = _end(visit_id, State.ARRIVED, LIVE)
    if visit is not None:
        record(VisitArrived(patient_id=visit.patient_id, visit_id=visit.pk))
    return visit is not None


@transaction.atomic
def complete(visit_id: int) -> bool:
    """The visit took place. Records VisitCompleted."""
    visit = _end(visit_id, State.COMPLETED, (*LIVE, State.ARRIVED, State.MISSED))
    if visit is not None:
        record(VisitCompleted(patient_id=visit.patient_id, visit_id=visit.pk))
    return visit is not None


@transaction.atomic
def miss(visit_id: int) -> bool:
    """The patient did not come. Records VisitMissed."""
    visit = _end(visit_id, State.MISSED, LIVE)
    if visit is not None:
        record(VisitMissed(patient_id=visit.patient_id, visit_id=visit.pk, version=visit.version))
    return visit is not None


def _end(visit_id: int, state: State, allowed: tuple[State, ...]) -> Visit | None:
    visit = _lock(visit_id)
    if visit.state == state:
        return None
    if visit.state not in allowed:
        raise NotLive
    visit.state, visit.changed_at, visit.claimed = state, now(), False
    visit.save()
    return visit


@transaction.atomic
def give_up(visit_id: int) -> None:
    """A person could not reach the patient: nobody is on this visit any more, it is silent."""
    visit = _lock(visit_id)
    if visit.state in (State.BOOKED, State.MOVED):
        visit.unreachable_at = now()
        visit.save(update_fields=["unreachable_at"])
