"""The list of the staff as the page shows it: a fixed number of questions to the database, however many work here."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from priyom.clinic import invite, lockout
from priyom.clinic.access import EVERYWHERE
from priyom.clinic.models import Branch, Invitation, SignInLock, Staff
from priyom.foundation.clock import now
from priyom.web import say


def everybody() -> QuerySet[Staff]:
    """All accounts, those who may sign in first; `seen_at` and `factor` stand on each row."""
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return Staff.objects.annotate(seen_at=Max("usersession__last_seen_at"), factor=Exists(factors)).order_by(
        "-is_active", "last_name", "first_name", "username"
    )


def shown(zone: ZoneInfo) -> list[Staff]:
    """With what a line of the table says: `places`, `everywhere`, `seen`."""
    rows = list(everybody())
    places: defaultdict[int, list[str]] = defaultdict(list)
    links = Staff.branches.through.objects.order_by("branch__name").values_list("staff_id", "branch__name")
    for staff_id, name in links:
        places[staff_id].append(name)
    for row in rows:
        extra: Any = row
        extra.places = places[row.pk]
        extra.everywhere = row.role in EVERYWHERE or not places[row.pk]
        extra.seen = seen(row, zone)
    return rows


def seen(person: Any, zone: ZoneInfo) -> str:
    """«сегодня в 14:00», of the last session, or of the last sign-in where no session is left."""
    known = [at for at in (person.seen_at, person.last_login) if at is not None]
    return say.when(max(known), zone) if known else _("never yet")


def invitations(zone: ZoneInfo) -> list[Invitation]:
    """Those who have not come yet; `over` and `until` stand on each row."""
    rows = list(invite.waiting())
    for row in rows:
        extra: Any = row
        extra.over, extra.until = row.expires_at <= now(), say.when(row.expires_at, zone)
    return rows


def locks(zone: ZoneInfo) -> list[SignInLock]:
    """Names and addresses that failed too often; `last` and `left` (a span, '' when open again) on each row."""
    rows = list(lockout.troubles()[:50])
    for row in rows:
        extra: Any = row
        extra.last, extra.left = say.when(row.last_at, zone), _span(row)
    return rows


def _span(row: SignInLock) -> str:
    if row.until is None or row.until <= now():
        return ""
    minutes = ceil((row.until - now()) / timedelta(minutes=1))
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def chosen(numbers: list[str]) -> list[Branch]:
    """The ticked branches; what is no branch is left out."""
    return list(Branch.objects.filter(pk__in=[int(n) for n in numbers if n.isdecimal() and len(n) < 18]))
