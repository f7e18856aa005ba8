"""Failed sign-ins, counted for each login name and each address, and the pause that grows with them.

The counts stand in the database, so all web processes share them. They are kept for names nobody has too: whoever asks
cannot learn from a pause whether there is such an account.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from priyom.clinic import lock_rules
from priyom.clinic.models import SignInLock
from priyom.foundation.clock import now

log = logging.getLogger(__name__)

LOGIN, ADDRESS = SignInLock.Kind.LOGIN, SignInLock.Kind.ADDRESS
PATIENCE = {LOGIN: lock_rules.FOR_LOGIN, ADDRESS: lock_rules.FOR_ADDRESS}
KEPT = timedelta(days=1)


def locked_until(login: str, address: str) -> datetime | None:
    """When one may try again; None: at once."""
    found = SignInLock.objects.filter(_mine(login, address), until__gt=now()).order_by("-until").first()
    return found.until if found else None


@transaction.atomic
def failed(login: str, address: str) -> datetime | None:
    """Count one failed try; when one may try again (None: at once)."""
    at = now()
    SignInLock.objects.filter(last_at__lt=at - KEPT).delete()
    wanted = _keys(login, address)
    SignInLock.objects.bulk_create(
        [SignInLock(kind=kind, key=key, last_at=at) for kind, key in wanted], ignore_conflicts=True
    )
    rows = list(SignInLock.objects.select_for_update().filter(_mine(login, address)).order_by("kind", "key"))
    for row in rows:
        patience = PATIENCE[SignInLock.Kind(row.kind)]
        row.failures = lock_rules.remaining(row.failures, row.last_at, at, patience) + 1
        row.last_at = at
        wait = lock_rules.pause(row.failures, patience)
        row.until = at + wait if wait else None
        row.save(update_fields=["failures", "last_at", "until"])
    until = max((row.until for row in rows if row.until), default=None)
    log.warning("sign-in failed: login %r from %s%s", login[:150], address, f", locked until {until}" if until else "")
    return until


def succeeded(login: str) -> None:
    """Forget the failures of this name. Those of an address stay: one right password does not excuse forty guesses."""
    SignInLock.objects.filter(kind=LOGIN, key=lock_rules.spelled(login)).delete()


def troubles() -> QuerySet[SignInLock]:
    """Names and addresses that failed more often than is free within the last day, the latest first."""
    too_often = Q(kind=LOGIN, failures__gt=lock_rules.FOR_LOGIN.free) | Q(
        kind=ADDRESS, failures__gt=lock_rules.FOR_ADDRESS.free
    )
    return SignInLock.objects.filter(too_often, last_at__gt=now() - KEPT).order_by("-last_at")


def lift(lock_id: int) -> SignInLock:
    """Let them try again at once. Raises SignInLock.DoesNotExist."""
    row = SignInLock.objects.get(pk=lock_id)
    SignInLock.objects.filter(pk=lock_id).delete()
    return row


def _keys(login: str, address: str) -> list[tuple[str, str]]:
    found = [(LOGIN.value, lock_rules.spelled(login)), (ADDRESS.value, lock_rules.household(address))]
    return [(kind, key) for kind, key in found if key]


def _mine(login: str, address: str) -> Q:
    mine = Q(pk__in=[])
    for kind, key in _keys(login, address):
        mine |= Q(kind=kind, key=key)
    return mine
