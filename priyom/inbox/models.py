"""Conversations, what people wrote, and call tasks. What we wrote are the deliveries of the patient."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Staff
from priyom.delivery.models import Account, Delivery, RawUpdate
from priyom.inbox import answer_models as answer_models
from priyom.inbox import desk_models as desk_models  # its tables belong to the room
from priyom.inbox import link_models as link_models
from priyom.inbox import search_models as search_models
from priyom.notifications.models import Notification
from priyom.patients.models import Patient


class Conversation(models.Model):
    """One thread per patient over all channels; a chat nobody is known for yet has its own (`account`, `address`).

    Whose turn it is: `needs_answer` ours (since `waiting_since`), `awaits_patient` theirs (we have answered and expect
    a word), neither: done. Changed by `turn.py` alone.
    """

    patient = models.OneToOneField(Patient, null=True, on_delete=models.CASCADE, related_name="conversation")
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE)
    address = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    """How the person calls themselves in an unknown chat."""
    unread = models.PositiveIntegerField(default=0)
    needs_answer = models.BooleanField(default=False)
    waiting_since = models.DateTimeField(null=True)
    """Since when the person waits for our answer; set exactly while `needs_answer`."""
    promised_until = models.DateTimeField(null=True)
    """Until when the first answer was promised; null: nothing promised, or nobody waits."""
    urgent = models.BooleanField(default=False)
    """What they wait with sounds urgent (pain, blood, «срочно»): it stands first."""
    awaits_patient = models.BooleanField(default=False)
    branch = models.ForeignKey(Branch, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    """Where this person goes: of the next visit, else of the last one. Null: not known."""
    channel = models.CharField(max_length=40, blank=True)
    """Where the person last wrote."""
    last_at = models.DateTimeField()
    last_text = models.CharField(max_length=200, blank=True)
    typing_at = models.DateTimeField(null=True)
    """When the person was last seen writing, where the channel tells."""
    assigned_to = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False) | Q(account__isnull=False), name="conversation_of_somebody"
            ),
            models.UniqueConstraint(
                fields=["account", "address"], name="conversation_chat_once", condition=Q(patient__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(needs_answer=True, waiting_since__isnull=False)
                | Q(needs_answer=False, waiting_since=None, promised_until=None, urgent=False),
                name="conversation_waits_since",
            ),
            models.CheckConstraint(condition=~Q(needs_answer=True, awaits_patient=True), name="conversation_one_turn"),
        ]
        indexes = [
            models.Index(fields=["-last_at", "-id"], name="conversation_newest"),
            models.Index(
                fields=["-urgent", "waiting_since", "id"], name="conversation_waiting", condition=Q(needs_answer=True)
            ),
            models.Index(fields=["-last_at", "-id"], name="conversation_theirs", condition=Q(awaits_patient=True)),
            models.Index(
                fields=["assigned_to", "-last_at"], name="conversation_mine", condition=Q(assigned_to__isnull=False)
            ),
            models.Index(
                fields=["-last_at", "-id"],
                name="conversation_done",
                condition=Q(needs_answer=False, awaits_patient=False),
            ),
            models.Index(fields=["-last_at", "-id"], name="conversation_strangers", condition=Q(patient=None)),
            models.Index(fields=["channel", "-last_at", "-id"], name="conversation_channel"),
            models.Index(fields=["branch", "-last_at", "-id"], name="conversation_branch"),
        ]


class Incoming(models.Model):
    """Something a person said or pressed. `delivery` is what it answers, where known; `action` what it meant to us."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="incoming", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    raw = models.ForeignKey(RawUpdate, null=True, on_delete=models.SET_NULL)
    address = models.CharField(max_length=254)
    at = models.DateTimeField()
    text = models.TextField(blank=True)
    pressed = models.BooleanField(default=False)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL)
    action = models.CharField(max_length=60, blank=True)
    files = models.JSONField(default=list)
    """[{"id": of delivery.StoredFile, "name", "mime", "size"}]"""
    provider_id = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="incoming_thread"),
            models.Index(fields=["account", "address", "id"], name="incoming_address"),
        ]


class Visitor(models.Model):
    """The page on which somebody reads a chat that the portal itself shows. Absent row: it was never open."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    address = models.CharField(max_length=254)
    open_until = models.DateTimeField()
    """Until when the page counts as open, unless it is heard of again."""
    phone = models.CharField(max_length=20, blank=True)
    """A number the person has proven to be theirs (E.164): where answers go while no patient is known for it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="visitor_once")]


class LateAnswer(models.Model):
    """An answer of the staff that stands on a page: looked after at `due_at`, whether it was seen. Null: settled."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="late")
    due_at = models.DateTimeField(null=True)
    went = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="+")
    """The same answer on another channel."""

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="late_answer_due", condition=Q(due_at__isnull=False))]


class TaskState(models.TextChoices):
    """Where a call task stands."""

    OPEN = "open"
    DONE = "done"
    UNREACHED = "unreached"
    ANSWERED = "answered"  # the patient answered by themselves: nobody has to call
    DROPPED = "dropped"  # the visit moved, fell or is over


class CallTask(models.Model):
    """A job for a person: call this patient about this visit before `due_at`. One open task per visit."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="tasks")
    visit = models.ForeignKey(Visit, null=True, on_delete=models.CASCADE, related_name="tasks")
    notification = models.ForeignKey(Notification, null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=9, choices=TaskState.choices, default=TaskState.OPEN)
    why = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    """After «no answer»: when to try again."""
    taken_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(null=True)
    taken_name = models.CharField(max_length=200, blank=True)
    """Who is calling, in words: also one who is known only by their messenger."""
    said = models.JSONField(null=True)
    """What the call came to, as call.Said writes it, not carried out yet: it can be taken back until `said_until`."""
    said_until = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)
    tried = models.JSONField(default=list)
    """What was tried before and by persons: [{"at", "channel", "address", "result"}]"""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit"], name="call_task_open_once", condition=Q(state="open")),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="call_task_closed_since",
            ),
            models.CheckConstraint(
                condition=Q(said__isnull=True, said_until=None)
                | Q(said__isnull=False, said_until__isnull=False, state="open"),
                name="call_task_said_until",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="call_task_open", condition=Q(state="open")),
            models.Index(fields=["said_until"], name="call_task_said", condition=Q(said_until__isnull=False)),
        ]
