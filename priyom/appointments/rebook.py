"""A missed visit, booked again at another time: at most once, however often and over whatever channels it is asked."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from priyom.appointments.book import VisitRecord, book
from priyom.appointments.models import Visit


def external_id(missed: Visit) -> str:
    """The name of the visit that replaces a missed one: the same as the one a press in a chat would make."""
    return f"priyom-{uuid.uuid5(uuid.NAMESPACE_OID, f'priyom:rebook:{missed.pk}:{missed.version}')}"


def rebooked(missed: Visit) -> Visit | None:
    """The visit that replaced the missed one, whatever became of it."""
    return (
        Visit.objects.select_related("patient", "branch", "service", "practitioner")
        .filter(external_id=external_id(missed))
        .first()
    )


@transaction.atomic
def rebook(missed: Visit, start: datetime, end: datetime) -> Visit:
    """Book the time instead of the missed visit; the booking there is already, when it was done before.

    Raises TimeTaken when somebody has the time.
    """
    Visit.objects.select_for_update().get(pk=missed.pk)
    again = rebooked(missed)
    if again is not None:
        return again
    given = VisitRecord(
        external_id(missed), missed.patient, missed.practitioner, missed.service, missed.branch, start, end, claim=True
    )
    return book(given)[0]
