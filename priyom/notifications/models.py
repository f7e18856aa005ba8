"""Notifications with their routes, and the wording they are made of."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from priyom.appointments.models import Visit
from priyom.delivery.models import Account, Delivery
from priyom.patients.models import ContactPoint, Patient


class NotificationState(models.TextChoices):
    """Where a notification stands. Live ones are planned and running; the rest are ends."""

    PLANNED = "planned"  # waits for its moment
    RUNNING = "running"  # a leg is out, or due
    REACHED = "reached"
    EXHAUSTED = "exhausted"  # every leg tried, the goal not reached
    CANCELLED = "cancelled"  # the visit moved or fell, or the answer came another way
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"  # not allowed: consent


class Notification(models.Model):
    """One thing to tell one patient. One per visit, version and kind: `dedupe_key`."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="notifications")
    visit = models.ForeignKey(Visit, null=True, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    visit_version = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=40)
    purpose = models.CharField(max_length=10, default="service")
    dedupe_key = models.CharField(max_length=200, unique=True)
    goal = models.CharField(max_length=10)
    must_reach = models.BooleanField(default=False)
    """True: when every leg has failed a person is given a call task."""
    fresh = models.BooleanField(default=False)
    """True: an answer to something that has just happened; messengers may bring it in quiet hours, without a sound."""
    state = models.CharField(max_length=10, choices=NotificationState.choices, default=NotificationState.PLANNED)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    call_at = models.DateTimeField(null=True)
    """The latest moment at which a call task must be open for a call still to help."""
    act_at = models.DateTimeField(null=True)
    """The next moment at which something is to be done; null only at an end."""
    context = models.JSONField(default=dict)
    """What the wording needs besides the visit: {"old_start": iso, "offers": [...]}"""
    evidence = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["planned", "running"], act_at__isnull=False, ended_at__isnull=True)
                | ~Q(state__in=["planned", "running"]) & Q(act_at__isnull=True, ended_at__isnull=False),
                name="notification_live_has_next_action",
            ),
            models.CheckConstraint(condition=Q(not_before__lte=F("expires_at")), name="notification_window"),
        ]
        indexes = [
            models.Index(fields=["act_at"], name="notification_due", condition=Q(act_at__isnull=False)),
            models.Index(fields=["visit", "id"], name="notification_visit"),
        ]


class LegState(models.TextChoices):
    """Where a leg stands."""

    WAITING = "waiting"  # out or about to go; the route waits for its goal
    REACHED = "reached"
    PASSED = "passed"  # its time is over, the route went on; a late signal still counts
    FAILED = "failed"
    CANCELLED = "cancelled"


class Leg(models.Model):
    """One attempt of a route: contact point, account, and how long to wait for the goal."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="legs", db_index=False)
    position = models.PositiveSmallIntegerField()
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.SET_NULL)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    delivery = models.OneToOneField(Delivery, null=True, on_delete=models.SET_NULL, related_name="leg")
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=9, choices=LegState.choices, default=LegState.WAITING)
    started_at = models.DateTimeField()
    wait_until = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notification", "position"], name="leg_position_once"),
            models.UniqueConstraint(
                fields=["notification", "contact_point", "account"], name="leg_tried_once",
                condition=Q(contact_point__isnull=False),
            ),
        ]  # fmt: skip


class Wording(models.Model):
    """A text the clinic changed; texts it did not change come from `catalogue.py`. `form`: full, or sms."""

    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    form = models.CharField(max_length=4, default="full")
    text = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "language", "form"], name="wording_once")]


class Template(models.Model):
    """A text handed in to a vendor for approval. `text` is ours, with variables by name; the vendor has it with
    numbered places, in the order of the names. `standing` and `category` as in `contracts.vitals`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="templates", db_index=False)
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    name = models.CharField(max_length=100)
    text = models.TextField()
    standing = models.CharField(max_length=10, default="pending")
    category = models.CharField(max_length=10, default="service")
    reason = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name", "language"], name="template_once")]
        indexes = [models.Index(fields=["account", "kind", "language"], name="template_kind")]
