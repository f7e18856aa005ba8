"""Counts deeds of strangers in the database, so that the limits hold over all processes. An address is kept only as a
keyed digest, for a day at most."""

from __future__ import annotations

import hashlib
import hmac
import math
import random
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.portal.models import Tally
from priyom.portal.site_chat.rules import Limit, Limits, network

sql = Statements(Path(__file__).parent.parent / "sql")
SWEEP = 0.01
"""So often a count also sweeps out what has ended."""


class TooOften(Exception):
    """The limit is reached; it begins anew in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


def count(deed: str, limits: Limits, request: HttpRequest, account_id: int, visitor: str = "") -> None:
    """Count this deed, the narrowest limit first. Raises TooOften."""
    if limits.visitor is not None and visitor:
        once(f"{deed}:{account_id}:v:{visitor}", limits.visitor)
    if place := network(request.META.get("REMOTE_ADDR", "")):
        once(f"{deed}:{account_id}:a:{_digest(place)}", limits.address)
    once(f"{deed}:{account_id}", limits.account)


def once(what: str, limit: Limit) -> None:
    """Count one thing. Raises TooOften."""
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(sql["tally"], {"what": what, "until": at + limit.window, "now": at})
        number, until = cursor.fetchone()
    if random.random() < SWEEP:
        Tally.objects.filter(until__lte=at).delete()
    if number > limit.most:
        raise TooOften(_seconds(until, at))


def _seconds(until: datetime, at: datetime) -> int:
    return max(1, math.ceil((until - at).total_seconds()))


def _digest(place: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"address:{place}".encode(), hashlib.sha256).hexdigest()[:32]
