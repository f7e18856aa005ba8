"""How much of a wait fell into open hours, and what most waits took: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=60)
"""Older waits are counted from there: nobody's first answer is measured in years."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a desk is open: every day, local."""

    opens: time
    closes: time
    zone: ZoneInfo


def open_time(since: datetime, until: datetime, hours: Hours | None) -> timedelta:
    """How much of since..until (UTC) the desk was open; all of it where no hours are known."""
    if hours is None or until <= since:
        return max(timedelta(0), until - since)
    since = max(since, until - LONGEST)
    day, last = since.astimezone(hours.zone).date(), until.astimezone(hours.zone).date()
    total = timedelta(0)
    while day <= last:
        start = datetime.combine(day, hours.opens, hours.zone).astimezone(since.tzinfo)
        end = datetime.combine(day, hours.closes, hours.zone).astimezone(since.tzinfo)
        total += max(timedelta(0), min(until, end) - max(since, start))
        day += timedelta(days=1)
    return total


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta | None:
    """The least value that so many per cent do not exceed, of values in order; None of none."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
