"""Scenarios (data) and their runs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from priyom.appointments.models import Visit


class Scenario(models.Model):
    """What follows a fact. `steps` is checked by `rules.parse_steps`; see `catalogue.py` for the shape."""

    key = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    on = models.CharField(max_length=60)
    """The fact's type that starts it."""
    steps = models.JSONField()
    enabled = models.BooleanField(default=True)


class Run(models.Model):
    """One scenario going its way for one version of one visit. `due_at` is null only when it has ended."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, db_index=False)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="runs")
    visit_version = models.PositiveIntegerField()
    step = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    context = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scenario", "visit", "visit_version"], name="run_once"),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True, ended_at__isnull=False)
                | Q(due_at__isnull=False, ended_at__isnull=True),
                name="run_live_has_next_step",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="run_due", condition=Q(due_at__isnull=False))]
