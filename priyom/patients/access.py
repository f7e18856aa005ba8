"""The guarded door to patients: a member of staff sees those who have visits at their branches, and the new ones."""

from __future__ import annotations

from django.db.models import QuerySet

from priyom.clinic.access import EVERYWHERE
from priyom.clinic.models import Staff
from priyom.patients.models import Patient


def visible(staff: Staff) -> QuerySet[Patient]:
    """Patients this member of staff may see."""
    if staff.role in EVERYWHERE or not staff.branches.exists():
        return Patient.objects.all()
    own = staff.branches.values("pk")
    return Patient.objects.filter(visits__branch__in=own).distinct() | Patient.objects.filter(visits=None).distinct()


def get(staff: Staff, patient_id: int) -> Patient:
    """One patient. Raises Patient.DoesNotExist also for one this member of staff may not see."""
    return visible(staff).get(pk=patient_id)
