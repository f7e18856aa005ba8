"""How much of a day's messages arrived, by account and together; an alarm when it is too little, once a day each.
What counts is defined in `docs/weather.md`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from priyom.alerts import tell, words
from priyom.alerts.models import Alert, AlertKind
from priyom.alerts.rules import too_little_arrives
from priyom.delivery.weather_day import Share, bounds, shares
from priyom.delivery.weather_usual import clinic_zone
from priyom.foundation.clock import now

NIGHT = timedelta(hours=2)
"""So long after midnight the day before is still looked at: its last messages are old enough only now."""


def bad_shares(at: datetime) -> list[Share]:
    """Of the clinic's day so far, the accounts of which too little arrives; all together at the end, if that is more
    than one account."""
    return _bad(at.astimezone(clinic_zone()).date(), at)


def check_shares() -> int:
    """Look at the day, and at yesterday while it is young; how many alarms were sent."""
    at, zone = now(), clinic_zone()
    today = at.astimezone(zone).date()
    days = [today] if at - bounds(today, zone)[0] > NIGHT else [today - timedelta(days=1), today]
    return sum(_tell(share, day, today) for day in days for share in _bad(day, at))


def _bad(day: date, at: datetime) -> list[Share]:
    found = shares(day, clinic_zone(), at)
    bad = [share for share in found if too_little_arrives(share.ended, share.arrived)]
    return bad if len(found) > 2 else [share for share in bad if share.account is not None]


def _tell(share: Share, day: date, today: date) -> int:
    first, _ = bounds(day, clinic_zone())
    told = Alert.objects.filter(account=share.account, kind=AlertKind.SHARE, created_at__gte=first)
    when = words.of_day(day)
    # One of yesterday was told yesterday, or names its day; one of today names today.
    if told.filter(text__contains=when).exists():
        return 0
    return tell.about_account(share.account, AlertKind.SHARE, words.of_share(share, when, over=day < today))
