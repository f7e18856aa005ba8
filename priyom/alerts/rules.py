"""Decisions of the alerts, pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LEAST_ENDED = 20
"""Fewer messages a day say nothing of a channel."""
LEAST_LOST = 3
"""One or two that did not arrive are people, not a channel."""
GOOD_SHARE = 0.95
NIGHT = timedelta(hours=10)
"""A branch's evening is told at its closing or so long after it, when the program was not running then."""


def too_little_arrives(ended: int, arrived: int) -> bool:
    """Whether a day's delivery is worth an alarm."""
    return ended >= LEAST_ENDED and ended - arrived >= LEAST_LOST and arrived < GOOD_SHARE * ended


def day_to_tell(at: datetime, closes: time, zone: ZoneInfo) -> date | None:
    """The local day whose closing has passed and whose evening is not over yet; None in between. `at` is aware."""
    today = at.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        closed = datetime.combine(day, closes, zone)
        if timedelta(0) <= at - closed < NIGHT:
            return day
    return None
