"""ISO 8601 durations and RFC 3339 moments, as they stand in requests to the clock. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9}(?:[.,]\d{1,6})?)S)?)?"
)


class BadTime(ValueError):
    """The text is not a duration or a moment; the message says what it should be."""


def read_duration(text: str) -> timedelta:
    """`PT23H`, `P1DT2H30M`, `P2W`: weeks to seconds; months and years differ in length. Raises BadTime."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise BadTime(f"«{text}» - не промежуток времени; пишите как PT15M, PT23H или P1DT2H")
    parts = {name: float(value.replace(",", ".")) for name, value in found.groupdict().items() if value}
    return timedelta(**parts)


def read_moment(text: str) -> datetime:
    """`2026-11-24T18:00:00+05:00` in UTC. Raises BadTime, also for a moment without its zone."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
        if moment.tzinfo is None:
            raise BadTime(f"В «{text}» нет часового пояса; пишите как 2026-11-24T18:00:00+05:00")
        return moment.astimezone(UTC)
    except BadTime:
        raise
    except (ValueError, OverflowError):
        raise BadTime(f"«{text}» - не момент времени; пишите как 2026-11-24T18:00:00+05:00") from None


def write_moment(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole_minutes(at: datetime, grain: timedelta) -> datetime:
    """The next multiple of `grain` (whole minutes) since midnight UTC that is not before `at`."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = -((midnight - at) // grain)
    return midnight + steps * grain
