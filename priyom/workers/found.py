"""How the reconciler's checks tell what they found, and what they have in common."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef

from priyom.journal.models import Pending
from priyom.journal.record import ONLY_TELLS, record
from priyom.workers.facts import ReconcilerFound

SETTLES = timedelta(minutes=2)
"""What is younger may still be on its way through the journal."""
AT_ONCE = 200


def found(patient_id: int | None, visit_id: int | None, what: str, repaired: str) -> None:
    """Tell it: in the transaction of the repair."""
    record(ReconcilerFound(patient_id=patient_id, visit_id=visit_id, what=what, repaired=repaired))


def on_its_way(patient: str) -> Exists:
    """Whether a fact of the patient (the field named so) still waits for a room that acts on it."""
    return Exists(Pending.objects.filter(key=OuterRef(patient), parked=False).exclude(reactor__startswith=ONLY_TELLS))
