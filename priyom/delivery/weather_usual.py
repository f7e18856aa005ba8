"""The usual: what share of an account's messages was taken, arrived and was answered at this hour in the past weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from priyom.clinic.models import Branch
from priyom.delivery.weather_models import Weather, WeatherMinute
from priyom.delivery.weather_rules import Usual

WEEKS = timedelta(days=28)
NOT_YET = timedelta(hours=4)
"""The last hours are what is judged, not what it is judged by."""
ENOUGH = 50
"""Fewer messages of this hour are no usual: then all hours count; and fewer of those, none."""
SHARES = (("taken", "taken", "tried"), ("arrived", "arrived", "judged"), ("answered", "answered", "asked"))


def clinic_zone() -> ZoneInfo:
    """The zone of the clinic's first branch: by it hours and days are counted."""
    found = Branch.objects.order_by("id").values_list("time_zone", flat=True).first()
    return ZoneInfo(found or "UTC")


def usual_of(row: Weather, at: datetime) -> Usual:
    """The usual shares for the hour of `at`; learned once an hour and kept on the row (not saved here)."""
    zone = clinic_zone()
    local = at.astimezone(zone)
    key = f"{local:%Y-%m-%dT%H}"
    if row.usual_key != key:
        row.usual, row.usual_key = _learn(row.account_id, row.place, at, zone), key
    return Usual(**{name: row.usual.get(name) for name, _, _ in SHARES})


def _learn(account_id: int, place: str, at: datetime, zone: ZoneInfo) -> dict[str, float | None]:
    rows = WeatherMinute.objects.filter(
        account_id=account_id,
        minute__range=(at - WEEKS, at - NOT_YET),
        bad=False,
        **({"place": place} if place else {}),
    )
    local = at.astimezone(zone)
    alike = rows.annotate(hour=ExtractHour("minute", tzinfo=zone), day=ExtractIsoWeekDay("minute", tzinfo=zone)).filter(
        hour=local.hour, **({"day__lte": 5} if local.isoweekday() <= 5 else {"day__gt": 5})
    )
    names = {name for _, good, of in SHARES for name in (good, of)}
    this_hour, ever = ({n: q[f"s_{n}"] or 0 for n in names} for q in (_sums(alike, names), _sums(rows, names)))
    made: dict[str, float | None] = {}
    for name, good, of in SHARES:
        found = next((sums for sums in (this_hour, ever) if sums[of] >= ENOUGH), None)
        made[name] = None if found is None else found[good] / found[of]
    return made


def _sums(rows: Any, names: set[str]) -> dict[str, int | None]:
    found: dict[str, int | None] = rows.aggregate(**{f"s_{name}": Sum(name) for name in names})
    return found
