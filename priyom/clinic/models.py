"""The clinic: its house rules, branches, services, practitioners, staff and the keys of other programs."""

from __future__ import annotations

from datetime import time

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q


class House(models.Model):
    """The network's own rules; exactly one row (id 1). Country is ISO 3166 (RU, KZ)."""

    name = models.CharField(max_length=200, default="Клиника")
    country = models.CharField(max_length=2, default="RU")
    languages = models.CharField(max_length=20, default="ru")
    """Comma list of what patients without a language of their own are written in: `ru`, `kk`, or both `ru,kk`."""
    quiet_from = models.TimeField(default=time(21, 0))
    quiet_until = models.TimeField(default=time(8, 0))
    call_lead_minutes = models.PositiveIntegerField(default=60)
    """A person's call still helps until so many minutes before the visit."""
    call_desk_minutes = models.PositiveIntegerField(default=120)
    """How much open desk time the registrars need between getting a call task and that last moment."""
    service_consent = models.CharField(
        max_length=10, default="implied", choices=[("implied", "implied"), ("explicit", "explicit")]
    )
    """`implied`: service messages go unless withdrawn; `explicit`: only after a recorded consent."""
    proven_days = models.PositiveIntegerField(default=180)
    """A channel counts as proven for so many days after its last answer or delivery."""
    undo_seconds = models.PositiveSmallIntegerField(default=5)
    """So long an answer of the staff waits before it leaves, so that it can be taken back."""
    hand_out = models.BooleanField(default=False)
    """New conversations are given in turn to those who are at the desk."""
    silent_mail = models.BooleanField(default=True)
    """Managers with an e-mail address get a letter every evening with what stayed silent."""
    second_factor = models.BooleanField(default=False)
    """Who may set things signs in with a second factor; until they have one, they see only the page to set it up."""

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="house_is_one")]


class Branch(models.Model):
    """A place of the clinic (FHIR Location). `time_zone` is IANA; desk hours are when somebody can call."""

    external_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    time_zone = models.CharField(max_length=50)
    opens = models.TimeField(default=time(8, 0))
    closes = models.TimeField(default=time(20, 0))
    promise_minutes = models.PositiveSmallIntegerField(default=15)
    """A person who writes gets the first answer within so many minutes of open time; 0: nothing is promised."""

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="branch_opens_before_closes")]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """What is done (FHIR HealthcareService). A sensitive one never names itself in a message."""

    external_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=300)
    sensitive = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Practitioner(models.Model):
    """A doctor or nurse. `name` is whole («Ахметова Айгуль Кайратовна»)."""

    external_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    specialty = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """«Ахметова А. К.»"""
        words = self.name.split()
        return " ".join([*words[:1], *(f"{part[0]}." for part in words[1:3])])


class Role(models.TextChoices):
    """What a member of staff does."""

    REGISTRAR = "registrar", "Регистратор"
    DOCTOR = "doctor", "Врач"
    OWNER = "owner", "Руководитель"
    MARKETER = "marketer", "Маркетолог"
    ADMIN = "admin", "Администратор системы"


class Staff(AbstractUser):
    """Somebody who signs in. Without branches they see all of them."""

    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REGISTRAR)
    branches = models.ManyToManyField(Branch, blank=True, related_name="staff")
    practitioner = models.ForeignKey(Practitioner, null=True, blank=True, on_delete=models.SET_NULL)
    language = models.CharField(max_length=2, default="ru")


class Invitation(models.Model):
    """A colleague who shall get an account. Only the SHA-256 of the secret in their link is kept."""

    email = models.EmailField()
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=Role.choices)
    branches = models.ManyToManyField(Branch, blank=True, related_name="+")
    practitioner = models.ForeignKey(Practitioner, null=True, blank=True, on_delete=models.SET_NULL)
    language = models.CharField(max_length=2, default="ru")
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)


class SignInLock(models.Model):
    """Failed sign-ins under one login name or from one address (`lockout.py` counts). `key` is the name as it is
    counted (small letters), or the address; names nobody has are counted too."""

    class Kind(models.TextChoices):
        """What is counted."""

        LOGIN = "login"
        ADDRESS = "address"

    kind = models.CharField(max_length=7, choices=Kind.choices)
    key = models.CharField(max_length=150)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """Nobody may try again before; null: at once."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="sign_in_lock_once")]
        indexes = [models.Index(fields=["last_at"], name="sign_in_lock_last")]


class ApiKey(models.Model):
    """A key of another program. Only its SHA-256 is kept; `hint` is its first characters."""

    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
