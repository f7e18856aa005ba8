"""The evening's letters: at the closing of each branch its day is counted and told to those who manage."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from priyom.alerts import evening
from priyom.alerts.rules import day_to_tell
from priyom.analytics.evening import evening_of
from priyom.clinic.house import house
from priyom.clinic.models import Branch
from priyom.foundation.clock import now


def tell_evenings() -> int:
    """Look which branches have closed, and send what was not sent; how many letters were ordered."""
    if not house().silent_mail:
        return 0
    at, sent = now(), 0
    for branch in Branch.objects.order_by("pk"):
        day = day_to_tell(at, branch.closes, ZoneInfo(branch.time_zone))
        if day is not None and evening.wanted(branch, day):
            sent += evening.send(evening_of(branch, day, at))
    return sent
