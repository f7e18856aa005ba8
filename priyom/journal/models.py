"""Facts, and what still has to react to each of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Fact(models.Model):
    """Something happened. `type` is the class name of the fact; `data` its fields. Never changed."""

    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    patient_id = models.BigIntegerField(null=True)
    visit_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["visit_id", "id"], name="fact_visit", condition=Q(visit_id__isnull=False)),
            models.Index(fields=["patient_id", "id"], name="fact_patient", condition=Q(patient_id__isnull=False)),
            models.Index(fields=["type", "id"], name="fact_type"),
        ]


class Pending(models.Model):
    """A fact that one reactor has not taken yet. Rows of one `key` (a patient) and reactor are taken in order.

    A reactor that fails is tried again later; after the last try the row is parked, shown, and can be replayed.
    """

    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, db_index=False)
    reactor = models.CharField(max_length=100)
    key = models.BigIntegerField()
    next_try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    parked = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "reactor"], name="pending_once")]
        indexes = [
            models.Index(fields=["key", "reactor", "id"], name="pending_order"),
            models.Index(fields=["next_try_at"], name="pending_due", condition=Q(parked=False)),
        ]
