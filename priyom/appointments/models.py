"""Visits and working hours. Two people cannot take the same time through us: the database refuses."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from priyom.clinic.models import Branch, Practitioner, Service
from priyom.patients.models import Patient


class State(models.TextChoices):
    """Where a visit stands. Booked and moved are open questions until confirmed."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    MISSED = "missed"


LIVE = (State.BOOKED, State.CONFIRMED, State.MOVED)
"""States of a visit that is still to come."""


class Visit(models.Model):
    """One appointment (FHIR Appointment). `version` grows with time, place or doctor; messages are bound to it.

    `claimed`: the present time was taken through us (a patient moved or booked it), so no other may overlap it.
    """

    external_id = models.CharField(max_length=200, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visits", db_index=False)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="visits", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="visits")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="visits", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.BOOKED)
    version = models.PositiveIntegerField(default=1)
    claimed = models.BooleanField(default=False)
    booked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    moved_from = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=20, blank=True)
    """`patient` | `staff` | `mis`"""
    confirmed_channel = models.CharField(max_length=40, blank=True)
    confirmed_evidence = models.CharField(max_length=300, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    unreachable_at = models.DateTimeField(null=True)
    """A person tried to call and could not reach: nobody is on it any more."""
    history = models.BooleanField(default=False)
    """Imported as the past: no scenario ever starts for it."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="visit_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False), name="visit_confirmed_has_evidence"
            ),
            ExclusionConstraint(
                name="visit_claimed_time_is_one",
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    (Func("starts_at", "ends_at", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(claimed=True, state__in=["booked", "confirmed", "moved"]),
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "starts_at"], name="visit_branch_day"),
            models.Index(fields=["practitioner", "starts_at"], name="visit_practitioner_day"),
            models.Index(fields=["patient", "-starts_at"], name="visit_patient"),
            models.Index(
                fields=["starts_at"], name="visit_open", condition=Q(state__in=["booked", "confirmed", "moved"])
            ),
        ]


class WorkingHours(models.Model):
    """When a practitioner sees patients at a branch (FHIR Schedule), local time; weekday 0 is Monday.

    A practitioner without rows works Monday to Saturday within the branch's own hours.
    """

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="hours")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="working_hours_order"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="working_hours_weekday"),
        ]
