"""People, their contact points, what is known of each channel, and the tokens that tie a chat to a person."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from priyom.clinic.models import Staff


class Tag(models.Model):
    """A word by which the clinic finds its patients again («беременность», «VIP»)."""

    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class Patient(models.Model):
    """A person (FHIR Patient). `language` is ru, kk or '' (the house decides); the zone is the branch's unless set."""

    external_id = models.CharField(max_length=200, unique=True)
    family = models.CharField(max_length=100)
    given = models.CharField(max_length=100)
    patronymic = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    language = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    tags = models.ManyToManyField(Tag, blank=True, related_name="patients")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    """This card was found to be the same person as another one: it is empty, and kept so that it can be undone and
    that its source is still understood."""

    class Meta:
        indexes = [models.Index(fields=["family", "given"], name="patient_name")]

    def __str__(self) -> str:
        return f"{self.family} {self.given}".strip()

    @property
    def full_name(self) -> str:
        """Family, given, patronymic."""
        return " ".join(part for part in (self.family, self.given, self.patronymic) if part)

    @property
    def short_name(self) -> str:
        """«Анна К.»: enough for a colleague to find the person, where others may read it too."""
        return f"{self.given} {self.family[:1]}.".strip() if self.family else self.given


class Kind(models.TextChoices):
    """What sort of address."""

    PHONE = "phone"
    EMAIL = "email"
    TELEGRAM = "telegram"
    MAX = "max"
    VK = "vk"
    WHATSAPP = "whatsapp"
    WEBCHAT = "webchat"  # a visitor of the chat on the clinic's site


class ContactPoint(models.Model):
    """An address of a patient. Phones are E.164. `removed_at`: the source no longer names it; kept for history."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.CharField(max_length=254)
    relation = models.CharField(max_length=20, default="own")
    created_at = models.DateTimeField()
    linked_by = models.CharField(max_length=20, blank=True)
    """How we know it is theirs: `record` (told by the source), `link` (deep link), `phone` (proven number), `staff`."""
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "kind", "address"], name="contact_point_once")]
        indexes = [models.Index(fields=["kind", "address"], name="contact_point_address")]


class Reach(models.Model):
    """What we know of one contact point on one channel. Absent row: nothing is known."""

    contact_point = models.ForeignKey(ContactPoint, on_delete=models.CASCADE, related_name="reaches", db_index=False)
    channel = models.CharField(max_length=40)
    lost = models.CharField(max_length=10, blank=True)
    """'' | `blocked` (the person stopped us) | `gone` (no such address there). Routes skip a lost one."""
    lost_at = models.DateTimeField(null=True)
    lost_why = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    muted_until = models.DateTimeField(null=True)
    usual_answer_seconds = models.PositiveIntegerField(null=True)
    """How long this person usually takes to answer here: a moving average."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact_point", "channel"], name="reach_once"),
            models.CheckConstraint(
                condition=Q(lost="", lost_at__isnull=True) | ~Q(lost="") & Q(lost_at__isnull=False),
                name="reach_lost_since",
            ),
        ]


class LinkToken(models.Model):
    """A one-time secret in a personal deep link: whoever opens the bot with it is this patient."""

    token = models.CharField(max_length=64, primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=300, blank=True)


class CardNote(models.Model):
    """What colleagues shall know of a person («глухота на левое ухо: звонить сыну»). The patient never sees it."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="card_notes")
    author = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    text = models.CharField(max_length=1000)
    removed_at = models.DateTimeField(null=True)


class Merge(models.Model):
    """Two cards were made one. `moved`: {"steps": [...]}, the rows that changed hands (see `moves`), so that it can be
    undone."""

    kept = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gone"], name="merge_standing_once", condition=Q(undone_at=None))
        ]


class TwoPeople(models.Model):
    """Cards that look like one person's and are not, somebody has said: twins, a father and a son of one name. Nobody
    is asked of the pair again."""

    first = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="two_people_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="two_people_in_order"),
        ]


class Opened(models.Model):
    """Who looked at whose personal data, when and where (`card`, `chat`, `visit`, `task`). Never changed, never deleted
    by the program before its term."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="openings", db_index=False)
    what = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["patient", "-at"], name="opened_patient"),
            models.Index(fields=["-at"], name="opened_at"),
        ]
