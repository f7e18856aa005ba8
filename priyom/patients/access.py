"""The guarded door to patients: a member of staff sees those who have visits at their branches, and the new ones; a
doctor sees their own, and nobody else. A card that became part of another one is not among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from priyom.clinic.access import own_branches
from priyom.clinic.models import Role, Staff
from priyom.patients.models import Patient


def visible(staff: Staff) -> QuerySet[Patient]:
    """Patients this member of staff may see."""
    rows = Patient.objects.filter(merged_into=None)
    if staff.role == Role.DOCTOR:
        if staff.practitioner_id is None:
            return rows.none()
        return rows.filter(Exists(_visits(OuterRef("pk"), practitioner=staff.practitioner_id)))
    places = [branch.pk for branch in own_branches(staff)]
    return rows.alias(here=comes_here(places)).filter(here=True) if places else rows


def get(staff: Staff, patient_id: int) -> Patient:
    """One patient. Raises Patient.DoesNotExist also for one this member of staff may not see."""
    return visible(staff).get(pk=patient_id)


def comes_here(branches: Sequence[int], patient: str = "pk") -> Coalesce:
    """Whether the patient in that column has a visit at one of these branches, or none at all (so has nobody).

    One look at the few visits of each row that is shown, and in no other way. Two questions («has one here», «has
    none») would let the server answer each for everybody first: it would read all visits there ever were.
    """
    ours = ExpressionWrapper(Q(branch__in=branches), BooleanField())
    visits = _visits(OuterRef(patient)).order_by().values("patient")
    return Coalesce(Subquery(visits.annotate(here=BoolOr(ours)).values("here")), True)


def _visits(patient: OuterRef, **which: Any) -> QuerySet[Any]:
    """Visits belong to a room above; their table is reached through ours."""
    table = Patient._meta.get_field("visits").related_model
    return table._default_manager.filter(patient=patient, **which)
