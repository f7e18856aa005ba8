"""What a scenario's steps mean: data, checked and read, pure.

A step is one of
    {"do": "wait", "before_start": "PT24H"}   until so long before the visit (quiet hours: the evening before)
    {"do": "wait", "after": "PT30M"}          so long after the fact
    {"do": "only_if", "is": "fresh" | "unconfirmed" | "confirmed"}
    {"do": "notify", "kind": ..., "goal": "delivered" | "answered", "must_reach": bool, "fresh": bool, "rebook": bool,
     "asks_within": "PT2H"}                   nearer to the visit than that it asks and must reach: no reminder will
`goal: answered` and `must_reach` hold for visits not confirmed yet; a confirmed one is only informed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

FRESH = timedelta(minutes=15)
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


class BadStep(ValueError):
    """A step that cannot be followed; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Until a moment: before the visit's start, or after the fact."""

    before_start: timedelta | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """Go on only if this is so; otherwise the run ends."""

    condition: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the patient."""

    kind: str
    goal: str
    must_reach: bool = False
    fresh: bool = False
    rebook: bool = False
    asks_within: timedelta | None = None


Step = Wait | OnlyIf | Notify


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds. Raises BadStep."""
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        raise BadStep(f"«{text}» - не длительность ISO 8601 (например PT24H)")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def parse_steps(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The typed steps. Raises BadStep naming the step by number from 1."""
    return [_parse(number, step) for number, step in enumerate(steps, 1)]


def _parse(number: int, step: Mapping[str, Any]) -> Step:
    do = step.get("do")
    if do == "wait" and ("before_start" in step) != ("after" in step):
        if "before_start" in step:
            return Wait(before_start=duration(step["before_start"]))
        return Wait(after=duration(step["after"]))
    if do == "only_if" and step.get("is") in ("fresh", "unconfirmed", "confirmed"):
        return OnlyIf(step["is"])
    if do == "notify" and step.get("goal") in ("delivered", "answered") and isinstance(step.get("kind"), str):
        within = step.get("asks_within")
        return Notify(
            step["kind"],
            step["goal"],
            bool(step.get("must_reach")),
            bool(step.get("fresh")),
            bool(step.get("rebook")),
            duration(within) if within else None,
        )
    raise BadStep(f"шаг {number}: не понимаю {dict(step)!r}")
