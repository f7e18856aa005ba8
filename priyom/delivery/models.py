"""Channel accounts, deliveries, and the raw updates of gateways."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from priyom.delivery import weather_models as weather_models  # its tables belong to the room
from priyom.patients.models import ContactPoint, Patient


class Purpose(models.TextChoices):
    """What an account is for. Rooms ask `priyom.notifications.ways` and `inbox.reply` which one is taken when."""

    ALL = "all"
    NOTIFY = "notify"  # automatic messages only
    TALK = "talk"  # conversations only
    CAMPAIGNS = "campaigns"
    SPARE = "spare"  # only while no other of its kind is well


class Account(models.Model):
    """A bot, number or sender name of the clinic. `secrets`: encrypted JSON of secret settings and the hook secret."""

    key = models.SlugField(max_length=40, unique=True)
    channel = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    settings = models.JSONField(default=dict)
    secrets = models.BinaryField(default=b"")
    bot_name = models.CharField(max_length=100, blank=True)
    """The name at the vendor, learned by a live check; deep links are made of it."""
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.ALL)
    warm_since = models.DateField(null=True)
    """The first day of a new number that is warmed up by its card's ladder; null: it needs no warming."""
    pace = models.FloatField(null=True)
    """Messages per second, when other than the card's."""
    enabled = models.BooleanField(default=True)
    paused_until = models.DateTimeField(null=True)
    health = models.CharField(max_length=10, default="ok")
    """`ok` | `down` (unavailable, being retried) | `broken` (misconfigured: needs a person)"""
    health_why = models.CharField(max_length=300, blank=True)
    health_since = models.DateTimeField(null=True)
    demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class AccountState(models.Model):
    """What the worker that tends the account has learned of it: kept apart, for it changes often.

    `vitals`: {"balance", "currency", "quality", "daily_limit", "note"} as `contracts.vitals.Vitals`, numbers as text.
    `line` is '' (none held) | `up` | `down`; `cursor` is the listening session's position in the vendor's queue.
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="state")
    vitals = models.JSONField(default=dict)
    vitals_at = models.DateTimeField(null=True)
    line = models.CharField(max_length=4, blank=True)
    line_why = models.CharField(max_length=300, blank=True)
    line_since = models.DateTimeField(null=True)
    cursor = models.TextField(blank=True)


class FileState(models.TextChoices):
    """Where a file's content is."""

    HERE = "here"
    WANTED = "wanted"  # at the vendor, to be fetched
    FAILED = "failed"


class StoredFile(models.Model):
    """A file somebody sent or was sent. `ref` is what the channel needs to fetch it from the vendor."""

    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, db_index=False)
    name = models.CharField(max_length=200)
    mime = models.CharField(max_length=100)
    size = models.BigIntegerField(null=True)
    content = models.BinaryField(null=True)
    ref = models.TextField(blank=True)
    state = models.CharField(max_length=6, choices=FileState.choices, default=FileState.HERE)
    error = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="here") | Q(content__isnull=False), name="stored_file_here_has_content"
            )
        ]
        indexes = [
            models.Index(fields=["account", "next_try_at"], name="stored_file_wanted", condition=Q(state="wanted"))
        ]


class DeliveryState(models.TextChoices):
    """Where an attempt stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class Op(models.TextChoices):
    """What is asked of the gateway."""

    SEND = "send"
    EDIT = "edit"
    PRESS = "press"  # a passing sign in the chat: stop a pressed button's spinner, show that we are writing


class Rank(models.IntegerChoices):
    """What goes first when an account has more to send than it may: who waits for it, and how long already."""

    PRESS = 0  # a sign in the chat: it is worth nothing a second later
    EDIT = 1  # something wrong stands in a chat
    AWAITED = 2  # somebody waits for an answer
    PLANNED = 3
    BULK = 4


class Delivery(models.Model):
    """One attempt over one channel.

    `body` is the message: {"text", "subject", "rows": [[{"id", "label", "action", "url"}]], "ask_contact", "files":
    [id of StoredFile], "reply_to": provider id, "wording": {"kind", "language", "values"}, "template": {"name",
    "language", "values"}, "window_until": iso}; for an edit also "target" (provider id); for a press {"press_id",
    "text"} or {"typing": true}. `goal` is the signal the caller wants to be told of.
    `origin` tells who asked: `notification`, `staff`, `reply`, `system`; `origin_id` is its id there.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.SET_NULL, db_index=False)
    patient = models.ForeignKey(Patient, null=True, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    visit_id = models.BigIntegerField(null=True)
    op = models.CharField(max_length=5, choices=Op.choices, default=Op.SEND)
    rank = models.PositiveSmallIntegerField(choices=Rank.choices, default=Rank.PLANNED)
    address = models.CharField(max_length=254)
    body = models.JSONField()
    quiet = models.BooleanField(default=False)
    origin = models.CharField(max_length=12)
    origin_id = models.BigIntegerField(null=True)
    goal = models.CharField(max_length=10, default="answered")
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    """Counted at the claim and never lowered, so that a result belongs to exactly one claim."""
    untried = models.PositiveSmallIntegerField(default=0)
    """How many of the claims were given back before anything had left."""
    maybe_sent = models.BooleanField(default=False)
    """A request of it left once, and no answer came: while it waits, what became of it must be found out before it may
    be repeated. Stays true when it is known."""
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    """When it left: the claim's moment, so that an answer that overtakes our own settling still stands behind it."""
    asks = models.PositiveSmallIntegerField(null=True)
    """How often the vendor has been asked what became of it; null: it cannot be asked, or need not be any more."""
    signal = models.CharField(max_length=10, blank=True)
    signal_at = models.DateTimeField(null=True)
    evidence = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=60, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    cost = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    segments = models.PositiveSmallIntegerField(null=True)
    edited_text = models.TextField(blank=True)
    """What the message says now, where it was edited after sending."""

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "rank", "due_at", "id"], name="delivery_next", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["expires_at"], name="delivery_expiry", condition=Q(state="waiting", expires_at__isnull=False)
            ),
            models.Index(fields=["account"], name="delivery_sending", condition=Q(state="sending")),
            models.Index(fields=["account", "provider_id"], name="delivery_provider", condition=~Q(provider_id="")),
            models.Index(fields=["patient", "id"], name="delivery_patient"),
            models.Index(fields=["account", "address", "-id"], name="delivery_address"),
            models.Index(fields=["signal"], name="delivery_uncertain", condition=Q(signal="uncertain")),
            # For looks at the last hours: a write costs it next to nothing, and an update stays within its page.
            BrinIndex(
                fields=["created_at", "claimed_at"], name="delivery_when", autosummarize=True, pages_per_range=64
            ),
            models.Index(
                fields=["account", "sent_at"],
                name="delivery_to_ask",
                condition=Q(asks__isnull=False, signal__in=("accepted", "sent")),
            ),
        ]


class Resolved(models.TextChoices):
    """By what a doubt was ended."""

    EVIDENCE = "evidence"  # the vendor or the patient has shown how it was
    POLICY = "policy"  # the route went on another way, or the message had had its time
    PERSON = "person"


class Doubt(models.Model):
    """A message that may not have arrived, or may have arrived twice: listed until it is known or dealt with, and
    kept afterwards as what it was. One at most for a delivery."""

    class Kind(models.TextChoices):
        """What is not known."""

        LOST = "lost"  # it left, no answer came: it stands in the chat, or it does not
        TWICE = "twice"  # it may stand in the chat twice

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="doubt")
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.LOST)
    since = models.DateTimeField()
    why = models.CharField(max_length=300, blank=True)
    resolved = models.CharField(max_length=8, choices=Resolved.choices, blank=True)
    resolved_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=300, blank=True)
    """In words: what showed it, which way the route went on, or who decided what."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved="", resolved_at=None) | (~Q(resolved="") & Q(resolved_at__isnull=False)),
                name="doubt_resolved_at",
            )
        ]
        indexes = [models.Index(fields=["-since"], name="doubt_open", condition=Q(resolved=""))]


class RawState(models.TextChoices):
    """What became of an update."""

    NEW = "new"
    DONE = "done"
    FAILED = "failed"  # could not be interpreted: kept, shown, can be replayed


class RawUpdate(models.Model):
    """A webhook exactly as it came, stored before it is answered; unique by account and update key."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    update_key = models.CharField(max_length=200)
    chat_key = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict)
    query = models.JSONField(default=dict)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=RawState.choices, default=RawState.NEW)
    error = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "update_key"], name="raw_update_once")]
        indexes = [
            models.Index(fields=["account", "chat_key", "id"], name="raw_update_new", condition=Q(state="new")),
            models.Index(fields=["next_try_at", "id"], name="raw_update_due", condition=Q(state="new")),
            models.Index(fields=["state", "-id"], name="raw_update_failed", condition=Q(state="failed")),
        ]
