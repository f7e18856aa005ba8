"""Invitations: a link for one person, good for three days and for one use. The database keeps its SHA-256 only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from priyom.clinic import staff
from priyom.clinic.models import Branch, Invitation, Practitioner, Role, Staff
from priyom.clinic.staff import BadStaff
from priyom.foundation.clock import now

LASTS = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who shall get an account, and as what."""

    email: str
    name: str
    role: str
    branches: tuple[Branch, ...] = ()
    practitioner: Practitioner | None = None
    language: str = "ru"


@transaction.atomic
def invite(by: Staff, guest: Guest) -> tuple[Invitation, str]:
    """The invitation and the secret of its link, which nobody can see again; an older one to the same address ends.
    Raises BadStaff when the role is unknown or somebody with that address works here."""
    if guest.role not in Role.values:
        raise BadStaff(f"Роли «{guest.role}» нет")
    if Staff.objects.filter(email__iexact=guest.email, is_active=True).exists():
        raise BadStaff("С таким адресом здесь уже работают")
    waiting().filter(email__iexact=guest.email).update(withdrawn_at=now())
    secret = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        email=guest.email, name=guest.name, role=guest.role, practitioner=guest.practitioner,
        language=guest.language, digest=_digest(secret), invited_by=by, created_at=now(), expires_at=now() + LASTS,
    )  # fmt: skip
    made.branches.set(guest.branches)
    return made, secret


@transaction.atomic
def again(invitation_id: int) -> tuple[Invitation, str]:
    """A new link with three new days; the old one ends. Raises Invitation.DoesNotExist, also for a used one."""
    row = waiting().select_for_update(of=("self",)).get(pk=invitation_id)
    secret = secrets.token_urlsafe(32)
    row.digest, row.expires_at = _digest(secret), now() + LASTS
    row.save(update_fields=["digest", "expires_at"])
    return row, secret


@transaction.atomic
def withdraw(invitation_id: int) -> Invitation:
    """The link opens nothing any more. Raises Invitation.DoesNotExist."""
    row = waiting().select_for_update(of=("self",)).get(pk=invitation_id)
    row.withdrawn_at = now()
    row.save(update_fields=["withdrawn_at"])
    return row


def waiting() -> QuerySet[Invitation]:
    """Neither used nor withdrawn, whether in time or not; the latest first."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("-created_at", "-pk")


def find(secret: str) -> Invitation | None:
    """The invitation this link opens; None when it is used, withdrawn or over."""
    return waiting().filter(digest=_digest(secret), expires_at__gt=now()).first()


@transaction.atomic
def accept(secret: str, login: str, password: str, name: str) -> Staff:
    """The account the link was for. Raises BadStaff for a link that opens nothing (any more), a taken login, a weak
    password."""
    row = waiting().select_for_update().filter(digest=_digest(secret), expires_at__gt=now()).first()
    if row is None:
        raise BadStaff("Ссылка больше не действует: попросите пригласить вас снова")
    made = staff.create(login, password, row.role, name=name, email=row.email)
    made.language, made.practitioner = row.language, row.practitioner
    made.save(update_fields=["language", "practitioner"])
    made.branches.set(row.branches.all())
    row.accepted_at, row.accepted_by = now(), made
    row.save(update_fields=["accepted_at", "accepted_by"])
    return made


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
