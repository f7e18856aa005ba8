"""The history of consents; the newest row of a purpose and channel counts."""

from __future__ import annotations

from django.db import models

from priyom.patients.models import Patient


class Purpose(models.TextChoices):
    """Why we write. Service: about the person's own visits. Marketing: everything else."""

    SERVICE = "service"
    MARKETING = "marketing"


class Consent(models.Model):
    """Given or withdrawn, for a purpose, over one channel or ('') over all. `source` and `text` are the proof."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    channel = models.CharField(max_length=40, blank=True)
    given = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=100)
    text = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "purpose", "channel", "-id"], name="consent_latest")]
