"""Pure arithmetic of free times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]


def free_spans(
    week: Mapping[int, Sequence[tuple[time, time]]],
    zone: ZoneInfo,
    busy: Sequence[Span],
    length: timedelta,
    after: datetime,
    until: datetime,
    count: int,
) -> list[Span]:
    """The first `count` spans of `length` inside the week's local hours that touch nothing busy, after `after`.

    Steps are of the span's own length from the opening, so that a day fills without gaps; a step that meets a
    visit goes on right behind it, rounded up to five minutes.
    """
    taken = sorted(busy)
    found: list[Span] = []
    day = after.astimezone(zone).date()
    while len(found) < count and datetime.combine(day, time.min, zone) < until:
        for opens, closes in week.get(day.weekday(), ()):
            # Through UTC, so that hours around a change of the clocks keep their real length.
            start = datetime.combine(day, opens, zone).astimezone(UTC)
            end = datetime.combine(day, closes, zone).astimezone(UTC)
            while start + length <= end and len(found) < count:
                hit = max((b for a, b in taken if a < start + length and b > start), default=None)
                if hit is not None:
                    start = _round_up(hit)
                    continue
                if after < start < until:
                    found.append((start, start + length))
                start += length
        day += timedelta(days=1)
    return found


def spread(spans: Sequence[Span], zone: ZoneInfo, count: int, per_day: int) -> list[Span]:
    """At most `count` of the spans, in order; at most `per_day` of a local day, evenly over it. The soonest is in."""
    days: dict[object, list[Span]] = {}
    for span in spans:
        days.setdefault(span[0].astimezone(zone).date(), []).append(span)
    chosen: list[Span] = []
    for day in days.values():
        picks = min(per_day, len(day))
        places = {round(i * (len(day) - 1) / max(1, picks - 1)) for i in range(picks)}
        chosen += [day[place] for place in sorted(places)]
    return chosen[:count]


def _round_up(moment: datetime, minutes: int = 5) -> datetime:
    moment = moment.astimezone(UTC)
    over = timedelta(minutes=moment.minute % minutes, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not over else moment - over + timedelta(minutes=minutes)
