"""The day of a branch as the list shows it: which visits, what is known of each, the counts, and the filters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404

from priyom.analytics.standing import Standing, standings
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Staff
from priyom.foundation.clock import now
from priyom.web import guard

FILTERS = ("silent", "waiting", "confirmed", "call")


@dataclass(frozen=True, slots=True)
class Row:
    """A visit with what is known of it; `group` heads the rows of a doctor, or is empty."""

    visit: Visit
    standing: Standing
    past: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The rows asked for, and counts over all visits of the day. `total` leaves out the cancelled ones."""

    rows: list[Row]
    counts: dict[str, int]
    total: int
    unproven: int


def pick(text: str, zone: ZoneInfo) -> date:
    """The day asked for: today, tomorrow, yesterday or YYYY-MM-DD. Raises Http404 for anything else."""
    today = now().astimezone(zone).date()
    named = {"": 0, "today": 0, "tomorrow": 1, "yesterday": -1}
    if text in named:
        return today + timedelta(days=named[text])
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's first moment and the next day's, UTC; days with a clock change are an hour longer or shorter."""
    first, last = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return first, last


def load(staff: Staff, branch: Branch, day: date, show: str, by: str) -> Day:
    """The day of a branch. `show`: '' or a filter; `by`: `time` or `doctor`."""
    first, last = bounds(day, ZoneInfo(branch.time_zone))
    order = ("practitioner__name", "starts_at", "pk") if by == "doctor" else ("starts_at", "practitioner__name", "pk")
    visits = list(guard.visits(staff).filter(branch=branch, starts_at__gte=first, starts_at__lt=last).order_by(*order))
    at = now()
    known = standings(visits, at)
    rows = [Row(v, known[v.pk], v.ends_at < at) for v in visits]
    return Day(_grouped(_chosen(rows, show), by), _counts(rows), _live(rows), _unproven(rows, at))


def _chosen(rows: list[Row], show: str) -> list[Row]:
    if show == "unproven":
        at = now()
        return [row for row in rows if _is_unproven(row, at)]
    if show in FILTERS:
        return [row for row in rows if _matches(row, show)]
    return rows


def _matches(row: Row, show: str) -> bool:
    return row.standing.silent if show == "silent" else row.standing.known == show


def _counts(rows: Iterable[Row]) -> dict[str, int]:
    made = dict.fromkeys(FILTERS, 0)
    for row in rows:
        for name in FILTERS:
            made[name] += _matches(row, name)
    return made


def _live(rows: Iterable[Row]) -> int:
    return sum(row.visit.state != "cancelled" for row in rows)


def _is_unproven(row: Row, at: datetime) -> bool:
    return not row.standing.reach.proven and row.visit.state != "cancelled" and row.visit.starts_at > at


def _unproven(rows: Iterable[Row], at: datetime) -> int:
    return sum(_is_unproven(row, at) for row in rows)


def _grouped(rows: list[Row], by: str) -> list[Row]:
    if by != "doctor":
        return rows
    made, last = [], None
    for row in rows:
        group = row.visit.practitioner.name if row.visit.practitioner_id != last else ""
        made.append(Row(row.visit, row.standing, row.past, group))
        last = row.visit.practitioner_id
    return made
