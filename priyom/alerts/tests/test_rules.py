"""Which day's evening is told when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from priyom.alerts.letter import many
from priyom.alerts.rules import NIGHT, day_to_tell


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    closes=st.times(time(12), time(23, 59)),
    zone=st.sampled_from(["Asia/Almaty", "Europe/Kaliningrad", "Asia/Kamchatka", "America/New_York"]),
)
def test_the_day_told_has_just_closed(at: datetime, closes: time, zone: str) -> None:
    place = ZoneInfo(zone)
    day = day_to_tell(at, closes, place)
    today = at.astimezone(place).date()
    ends = [datetime.combine(d, closes, place) for d in (today - timedelta(days=1), today)]
    told = [end.date() for end in ends if end <= at < end.astimezone(UTC) + NIGHT]
    assert ([day] if day else []) == told[-1:]


def test_russian_counts() -> None:
    said = [many(n, "визит", "визита", "визитов") for n in (1, 2, 5, 11, 12, 21, 22, 111, 112)]
    assert said == [
        "1 визит", "2 визита", "5 визитов", "11 визитов", "12 визитов", "21 визит", "22 визита", "111 визитов",
        "112 визитов",
    ]  # fmt: skip
