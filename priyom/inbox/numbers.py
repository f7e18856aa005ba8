"""The phone numbers a patient can be called at, and those that turned out to be somebody else's."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.models import CallTask
from priyom.inbox.tasks import entry, locked
from priyom.patients import contacts
from priyom.patients.models import ContactPoint, Kind, Patient


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a patient; `wrong`: whoever answered there does not know them."""

    point: ContactPoint
    wrong: bool


def numbers(patient: Patient) -> list[Number]:
    """Own ones first, then relatives'; wrong ones last."""
    points = ContactPoint.objects.filter(patient=patient, kind=Kind.PHONE, removed_at=None).prefetch_related("reaches")
    found = [Number(point, contacts.is_wrong(point.reaches.all())) for point in points]
    return sorted(found, key=lambda number: (number.wrong, number.point.relation != "own", number.point.pk))


@transaction.atomic
def wrong(task: CallTask, point: ContactPoint, staff: Staff) -> None:
    """Somebody else answers there: no message and no call goes to this number any more. Raises NotOpen."""
    row = locked(task)
    contacts.wrong(point, staff)
    why = f"{contacts.WRONG}, {staff.get_full_name() or staff.username}"
    row.tried = [*row.tried, entry(now(), "call", point.address, why)]
    row.save(update_fields=["tried"])


@transaction.atomic
def right(task: CallTask, point: ContactPoint) -> None:
    """Take `wrong` back: it was a slip. Raises NotOpen."""
    row = locked(task)
    contacts.right(point)
    row.tried = [
        line for line in row.tried
        if line.get("address") != point.address or not str(line.get("result", "")).startswith(contacts.WRONG)
    ]  # fmt: skip
    row.save(update_fields=["tried"])
