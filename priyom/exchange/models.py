"""What other systems sent: events taken, and imports of tables with their refused rows."""

from __future__ import annotations

from django.db import models

from priyom.clinic.models import Staff


class TakenEvent(models.Model):
    """A CloudEvent that was taken: the same source and id again changes nothing."""

    source = models.CharField(max_length=300)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "event_id"], name="event_once")]


class Import(models.Model):
    """One import of a table: its file, mapping, progress and result."""

    file_name = models.CharField(max_length=255)
    file_path = models.CharField(max_length=500)
    mapping = models.JSONField(default=dict)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="draft")
    """`draft` | `running` | `done` | `failed`"""
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_loaded = models.PositiveIntegerField(default=0)
    rows_same = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    refused_path = models.CharField(max_length=500, blank=True)
    error = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)


class RefusedRow(models.Model):
    """A row that was not loaded: its line in the file (the header is line 1), what is wrong, and the row itself."""

    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refused")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    row = models.JSONField()


class ToldRow(models.Model):
    """What a table said of one visit (`what` v) or patient (p) last: the same row again is known by its digest.

    Needed because the house moves on: a visit that the patient moved here must not be moved back by the same old file.
    """

    what = models.CharField(max_length=1)
    external_id = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=16)
    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="told")
    line = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "external_id"], name="told_row_once")]
