"""When an account's weather turns, pure: bad on strong evidence alone, fair again only after a while and good probes.
Few messages are no evidence, so a quiet night changes nothing; what hovers about a threshold changes little."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from math import sqrt

Z = 2.576
"""99 per cent: the bounds of a share are taken so far apart."""
LEAST = 8
"""Fewer messages tell nothing of taking and arriving; `LEAST_ASKED` of answers, which differ much by themselves."""
LEAST_ASKED = 30
ENOUGH = 60
"""The newest so many are looked at."""
LATELY = timedelta(minutes=12)
"""What the gateway took is looked at for so long back: it is known at once."""
ROUGH, STORM = 0.05, 0.15
"""So far below the usual share even the upper bound must lie."""
ROUGH_ASKED, STORM_ASKED = 0.5, 0.25
"""For answers: below so much of the usual share."""
WORTH_ASKING = 0.15
"""Where fewer answer usually, their silence says nothing."""
USUAL = 0.95
"""Taken for usual as long as too little is known of an account."""
DOWN_FOR = timedelta(minutes=2)
WELL_FOR = timedelta(minutes=5)
"""A gateway that answers again must do so for this long."""
PROBES, PROBES_DOWN, PROBES_ASKED, PROBES_ROUGH = 5, 3, 10, 20
"""So many messages, the newest, must have gone well: after a storm of bad shares, of no answer at all, of silent
people; and after rough weather, in which everything still goes this way."""
STAY_ROUGH, STAY_STORM, LONGEST_STAY = timedelta(minutes=10), timedelta(minutes=15), timedelta(hours=2)
"""The least time of a state; twice as long with every relapse within `MEMORY`."""
CALM = timedelta(minutes=10)
"""Not before this does it turn bad again."""
MEMORY = timedelta(hours=6)


PHONES = ("phone", "whatsapp")
"""Kinds of contact points whose addresses are phone numbers."""


def place_of(kind: str, address: str) -> str:
    """The country of a phone number: `RU`, `KZ`, else ''. Not the operator: numbers are carried over from one to
    another in both countries, so a prefix no longer tells it. The same stands in `sql/weather_count.sql`."""
    if kind not in PHONES or not address.startswith("+7"):
        return ""
    return "KZ" if address[2:3] in ("6", "7") else "RU"


class Level(IntEnum):
    """How it is: routes leave a storm; rough weather is only said."""

    FAIR = 0
    ROUGH = 1
    STORM = 2


@dataclass(frozen=True, slots=True)
class Minute:
    """Counts of one minute, as `weather_models.WeatherMinute` keeps them."""

    at: datetime
    tried: int = 0
    taken: int = 0
    judged: int = 0
    arrived: int = 0
    asked: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual shares of this hour; None: too little is known."""

    taken: float | None = None
    arrived: float | None = None
    answered: float | None = None


@dataclass(frozen=True, slots=True)
class Sky:
    """How an account stands. `left_at`: when it last turned fair."""

    level: Level
    kind: str
    changed_at: datetime
    left_at: datetime | None = None
    relapses: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last minutes show. `well`: probes have gone well. `since`: the first sign; `share` of `usual`."""

    level: Level = Level.FAIR
    kind: str = ""
    since: datetime | None = None
    usual: float | None = None
    share: float | None = None
    well: bool = False


def bounds(good: int, of: int) -> tuple[float, float]:
    """Between what the true share lies (Wilson); 0..1 of nothing."""
    if of <= 0:
        return 0.0, 1.0
    share, z2 = good / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def turn(sky: Sky, seen: Seen, at: datetime) -> Sky:
    """The next state. A clock turned back only makes it wait its time anew."""
    if sky.changed_at > at:
        sky = replace(sky, changed_at=at)
    if sky.left_at is not None and sky.left_at > at:
        sky = replace(sky, left_at=at)
    if seen.level > sky.level:
        if sky.level is not Level.FAIR:
            return replace(sky, level=seen.level, kind=seen.kind, changed_at=at)
        if sky.left_at is not None and at - sky.left_at < CALM:
            return sky
        again = sky.left_at is not None and at - sky.left_at < MEMORY
        return Sky(seen.level, seen.kind, at, sky.left_at, min(sky.relapses + 1, 10) if again else 0)
    if sky.level is Level.FAIR or not seen.well or at - sky.changed_at < stay(sky):
        return sky
    return Sky(Level.FAIR, "", at, at, sky.relapses)


def stay(sky: Sky) -> timedelta:
    """How long it stays so at least."""
    least = STAY_STORM if sky.level is Level.STORM else STAY_ROUGH
    return min(LONGEST_STAY, least * (1 << sky.relapses))


def look(
    minutes: Sequence[Minute], usual: Usual, sky: Sky, at: datetime, *, down: timedelta | None = None,
    up: timedelta | None = None, silent: bool = False,
) -> Seen:  # fmt: skip
    """What the account's minutes show. `down`: for so long its gateway has not answered; `up`: for so long it has again
    (None: always). `silent`: it never tells of arrival, so people's answers are all there is."""
    recent = sorted(
        (m for m in minutes if sky.left_at is None or m.at >= sky.left_at), key=lambda m: m.at, reverse=True
    )
    found = [
        _short([(m.at, m.taken, m.tried) for m in recent], "taken", usual.taken, at - LATELY),
        _short([(m.at, m.arrived, m.judged) for m in recent], "arrived", usual.arrived),
    ]
    if silent:
        found.append(_silence([(m.at, m.answered, m.asked) for m in recent], usual.answered))
    if down is not None and down >= DOWN_FOR:
        found.insert(0, Seen(Level.STORM, "down", at - down))
    worst = max(found, key=lambda seen: seen.level)
    return worst if sky.level is Level.FAIR else replace(worst, well=_well(minutes, usual, sky, down, up))


def share_since(minutes: Iterable[Minute], kind: str, since: datetime) -> float | None:
    """The share of a spell so far, of what `kind` it is known by."""
    good, of = 0, 0
    for minute in minutes:
        if minute.at >= since:
            one, all_of = counts(minute, kind)
            good, of = good + one, of + all_of
    return good / of if of else None


def counts(minute: Minute, kind: str) -> tuple[int, int]:
    """(good ones, of how many)"""
    if kind == "arrived":
        return minute.arrived, minute.judged
    return (minute.answered, minute.asked) if kind == "answers" else (minute.taken, minute.tried)


Counted = Sequence[tuple[datetime, int, int]]
"""(minute, good ones, of how many), the newest first."""


def _short(rows: Counted, kind: str, usual: float | None, after: datetime | None = None) -> Seen:
    known = USUAL if usual is None else usual
    window = _newest([row for row in rows if after is None or row[0] >= after], ENOUGH)
    good, of = _sums(window)
    upper = bounds(good, of)[1]
    if of < LEAST or upper >= known - ROUGH:
        return Seen()
    level = Level.STORM if upper < known - STORM else Level.ROUGH
    return Seen(level, kind, _first_sign(rows, known), usual, good / of)


def _silence(rows: Counted, usual: float | None) -> Seen:
    window = _newest(rows, ENOUGH)
    good, of = _sums(window)
    if usual is None or usual < WORTH_ASKING or of < LEAST_ASKED:
        return Seen()
    upper = bounds(good, of)[1]
    if upper >= usual * ROUGH_ASKED:
        return Seen()
    level = Level.STORM if upper < usual * STORM_ASKED else Level.ROUGH
    return Seen(level, "answers", _first_sign(rows, usual), usual, good / of)


def _well(minutes: Sequence[Minute], usual: Usual, sky: Sky, down: timedelta | None, up: timedelta | None) -> bool:
    if down is not None or (up is not None and up < WELL_FOR):
        return False
    since = sorted((m for m in minutes if m.at >= sky.changed_at), key=lambda m: m.at, reverse=True)
    if sky.kind == "answers":
        good, of = _sums(_newest([(m.at, m.answered, m.asked) for m in since], PROBES_ASKED))
        return of >= PROBES_ASKED and good >= (usual.answered or 0) * ROUGH_ASKED * of
    least = PROBES_ROUGH if sky.level is Level.ROUGH else PROBES_DOWN if sky.kind == "down" else PROBES
    good, of = _sums(_newest([(m.at, m.arrived, m.judged) for m in since], least))
    known = USUAL if usual.arrived is None else usual.arrived
    return of >= least and good >= (known - ROUGH) * of


def _newest(rows: Counted, most: int) -> Counted:
    taken, total = [], 0
    for row in rows:
        if total >= most:
            break
        if row[2]:
            taken.append(row)
            total += row[2]
    return taken


def _sums(rows: Counted) -> tuple[int, int]:
    return sum(row[1] for row in rows), sum(row[2] for row in rows)


def _first_sign(rows: Counted, usual: float) -> datetime | None:
    """From which minute on the most is missing against the usual."""
    missing, most, first = 0.0, 0.0, None
    for at, good, of in rows:
        missing += usual * of - good
        if missing > most:
            most, first = missing, at
    return first
