"""Who of the staff is told where, and what they were told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from priyom.clinic.models import Branch, Staff
from priyom.delivery.models import Account, Delivery
from priyom.inbox.models import CallTask, Conversation


class Recipient(models.Model):
    """A person or a group chat of the staff in a staff channel. One nobody has let in yet (`active` False) wrote to us
    by itself. `details` False keeps patients' names and phones out of that messenger: only a link is sent."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    address = models.CharField(max_length=254)
    name = models.CharField(max_length=200)
    staff = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.CASCADE)
    """Only what concerns this branch; null: all of them."""
    tasks = models.BooleanField(default=True)
    alarms = models.BooleanField(default=False)
    chats = models.BooleanField(default=False)
    details = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="recipient_once")]

    def __str__(self) -> str:
        return self.name


class AlertKind(models.TextChoices):
    """What it is about."""

    TASK = "task"
    CHAT = "chat"
    CHANNEL = "channel"  # an account needs a person, or works again
    WEATHER = "weather"  # an account is in a storm, or out of it
    SHARE = "share"  # too little of a day's messages arrives


class Alert(models.Model):
    """One thing told to one recipient. `closed_at`: it needs nobody any more, and its message says so."""

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=7, choices=AlertKind.choices)
    task = models.ForeignKey(CallTask, null=True, on_delete=models.CASCADE, related_name="alerts")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.CASCADE, related_name="alerts")
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    delivery = models.OneToOneField(Delivery, null=True, on_delete=models.SET_NULL, related_name="alert")
    text = models.TextField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "task"], name="alert_task_once", condition=Q(task__isnull=False)
            )
        ]
        indexes = [models.Index(fields=["account", "kind", "-created_at"], name="alert_account")]


class DayLetter(models.Model):
    """The evening's letter of a branch was ordered: each day's exactly once."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    """The branch's local day."""
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "day"], name="day_letter_once")]
