"""What the people at the desk share about conversations: who waits since when, notes, drafts, ready answers, who looks
at what, who is there. Their tables belong to this room."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from priyom.clinic.models import Branch, Staff
from priyom.delivery.models import Account


class Ending(models.TextChoices):
    """How a wait ended."""

    ANSWERED = "answered"
    SETTLED = "settled"  # somebody said that no answer is needed
    LINKED = "linked"  # the chat became part of another thread, which waits on


class Wait(models.Model):
    """A stretch of time in which a person waited for our answer. One open wait per conversation that needs an answer.

    `promised_until` is when the first answer was promised at the latest, by the branch's hours; null: nothing promised.
    """

    conversation = models.ForeignKey("inbox.Conversation", on_delete=models.CASCADE, related_name="waits")
    branch = models.ForeignKey(Branch, null=True, on_delete=models.SET_NULL)
    since = models.DateTimeField()
    promised_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    ending = models.CharField(max_length=8, choices=Ending.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation"], name="wait_open_once", condition=Q(ended_at=None)),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | Q(ended_at__isnull=False) & ~Q(ending=""),
                name="wait_ended_somehow",
            ),
        ]
        indexes = [models.Index(fields=["ended_at"], name="wait_ended", condition=Q(ended_at__isnull=False))]


class Note(models.Model):
    """A word among colleagues inside a thread; the patient never sees it. One taken back keeps its place, not its
    text."""

    conversation = models.ForeignKey(
        "inbox.Conversation", on_delete=models.CASCADE, related_name="notes", db_index=False
    )
    author = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["conversation", "id"], name="note_thread")]


class Mention(models.Model):
    """A colleague was named in a note (`@name`) and shall look. `seen_at` null: has not yet."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "staff"], name="mention_once")]
        indexes = [models.Index(fields=["staff", "note"], name="mention_unseen", condition=Q(seen_at=None))]


class Draft(models.Model):
    """What somebody has begun to write and not sent, per conversation and person."""

    conversation = models.ForeignKey(
        "inbox.Conversation", on_delete=models.CASCADE, related_name="drafts", db_index=False
    )
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "staff"], name="draft_once")]


class Looking(models.Model):
    """Who has a conversation open, and when they last wrote in its composer: so that no two answer at once."""

    conversation = models.ForeignKey(
        "inbox.Conversation", on_delete=models.CASCADE, related_name="lookers", db_index=False
    )
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    wrote_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "staff"], name="looking_once")]


class Here(models.TextChoices):
    """Whether a member of staff takes conversations now."""

    HERE = "here"
    BREAK = "break"
    AWAY = "away"


class Presence(models.Model):
    """Who is at the desk. `state` is what they say of themselves; whoever was not seen lately counts as away."""

    staff = models.OneToOneField(Staff, primary_key=True, on_delete=models.CASCADE, related_name="presence")
    state = models.CharField(max_length=5, choices=Here.choices, default=Here.HERE)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    """When they were last given a conversation in turn."""


class QuickReply(models.Model):
    """A ready answer, found by `/word`: of everybody (no branch, no owner), of a branch, or one's own. Texts may hold
    the variables of the wordings (`{{ patient.given }}`); a language without text uses the other one."""

    word = models.CharField(max_length=40)
    text_ru = models.TextField(blank=True)
    text_kk = models.TextField(blank=True)
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.CASCADE)
    owner = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["word", "branch", "owner"], name="quick_reply_once", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(text_ru="", text_kk=""), name="quick_reply_says_something"),
            models.CheckConstraint(condition=Q(branch=None) | Q(owner=None), name="quick_reply_one_owner"),
        ]


class AutoAnswer(models.Model):
    """What is answered by itself to a person who writes. Of a branch: while it is closed (`{{ opens }}` says when it
    opens). Of an account: a redirect («write to us in MAX»), until its last day. Once per conversation and `pause`."""

    branch = models.OneToOneField(Branch, null=True, blank=True, on_delete=models.CASCADE, related_name="auto_answer")
    account = models.OneToOneField(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="redirect")
    to_account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """Where a redirect leads: its personal link stands in the text as `{{ link }}`."""
    enabled = models.BooleanField(default=False)
    until = models.DateField(null=True, blank=True)
    text_ru = models.TextField()
    text_kk = models.TextField(blank=True)
    pause_hours = models.PositiveSmallIntegerField(default=8)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(branch__isnull=False, account=None) | Q(branch=None, account__isnull=False),
                name="auto_answer_of_one",
            )
        ]


class AutoAnswered(models.Model):
    """When a conversation last got an automatic answer: it is not told the same again and again."""

    conversation = models.ForeignKey("inbox.Conversation", on_delete=models.CASCADE, related_name="+", db_index=False)
    answer = models.ForeignKey(AutoAnswer, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "answer"], name="auto_answered_once")]
