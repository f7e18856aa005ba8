"""Codes by which somebody in an unknown chat shows that a patient's number is theirs."""

from __future__ import annotations

from django.db import models

from priyom.clinic.models import Staff
from priyom.patients.models import Patient


class LinkCode(models.Model):
    """A code that went by SMS to a patient's number, to be told in an unknown chat. Only a digest of it is kept.

    `tries` counts wrong answers. The newest of a chat counts; the others are there to be counted."""

    conversation = models.ForeignKey("inbox.Conversation", on_delete=models.CASCADE, related_name="link_codes")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["phone", "at"], name="link_code_phone")]
