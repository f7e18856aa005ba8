"""Keys of other programs. A key is shown once, when made; the database keeps its SHA-256 and first characters only."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction

from priyom.clinic.models import ApiKey
from priyom.foundation.clock import now

PREFIX = "prk_"
_USED_STEP = timedelta(minutes=1)


def create(name: str) -> str:
    """Make a key named `name` (1-100 characters) and return it; nobody can see it again. Raises ValueError."""
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise ValueError("имя ключа: от 1 до 100 знаков")
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        ApiKey.objects.create(name=name, digest=_digest(token), hint=token[:12], created_at=now())
    return token


def check(token: str) -> ApiKey | None:
    """The live key this is, or None. The row is found by digest, so time tells nothing of the key's characters."""
    digest = _digest(token)
    key = ApiKey.objects.filter(digest=digest, revoked_at=None).first()
    if key is None or not hmac.compare_digest(key.digest, digest):
        return None
    at = now()
    if key.used_at is None or at - key.used_at >= _USED_STEP:  # one write a minute, not one per request
        ApiKey.objects.filter(pk=key.pk).update(used_at=at)
        key.used_at = at
    return key


def revoke(key: ApiKey) -> None:
    """The key opens nothing any more; its row stays for the record. Twice is once."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now())


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
