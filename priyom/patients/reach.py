"""What we learn of a contact point on a channel: opened, accepted, delivered, answered, lost, muted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from priyom.foundation.sql import Statements
from priyom.journal.record import record
from priyom.patients.facts import ContactLost, ContactOpened
from priyom.patients.models import ContactPoint, Reach

sql = Statements(Path(__file__).parent / "sql")


def _reach(contact_point: ContactPoint, channel: str) -> Reach:
    reach, _ = Reach.objects.select_for_update().get_or_create(contact_point=contact_point, channel=channel)
    return reach


def _found(reach: Reach) -> None:
    reach.lost, reach.lost_at, reach.lost_why = "", None, ""


@transaction.atomic(savepoint=False)
def opened(contact_point: ContactPoint, channel: str, at: datetime) -> None:
    """The person opened the dialog: it may be written to. Records ContactOpened when it was lost or new."""
    reach = _reach(contact_point, channel)
    news = bool(reach.lost) or reach.started_at is None
    _found(reach)
    reach.started_at = at
    reach.save()
    if news:
        record(ContactOpened(patient_id=contact_point.patient_id, contact_point_id=contact_point.pk, channel=channel))


@transaction.atomic(savepoint=False)
def answered(contact_point: ContactPoint, channel: str, at: datetime, after_seconds: float | None = None) -> None:
    """The person wrote or pressed. `after_seconds`: how long after our message, when it answers one."""
    if after_seconds is None or after_seconds < 0:
        with connection.cursor() as cursor:
            cursor.execute(sql["answered"], {"at": at, "point": contact_point.pk, "channel": channel})
            if cursor.rowcount:
                return
    reach = _reach(contact_point, channel)
    _found(reach)
    reach.answered_at = max(at, reach.answered_at or at)
    if after_seconds is not None and after_seconds >= 0:
        old = reach.usual_answer_seconds
        reach.usual_answer_seconds = round(after_seconds if old is None else 0.7 * old + 0.3 * after_seconds)
    reach.save()


@transaction.atomic(savepoint=False)
def lost(contact_point: ContactPoint, channel: str, how: str, why: str, at: datetime) -> None:
    """Routes shall skip it: `blocked` by the person, or `gone`. Records ContactLost once."""
    reach = _reach(contact_point, channel)
    if reach.lost == how:
        return
    reach.lost, reach.lost_at, reach.lost_why = how, at, why[:200]
    reach.save()
    record(
        ContactLost(
            patient_id=contact_point.patient_id, contact_point_id=contact_point.pk, channel=channel, how=how,
            why=why[:200],
        )
    )  # fmt: skip


@transaction.atomic(savepoint=False)
def muted(contact_point: ContactPoint, channel: str, until: datetime | None) -> None:
    """The person muted the dialog until then; None: sound is back."""
    reach = _reach(contact_point, channel)
    reach.muted_until = until
    reach.save()
