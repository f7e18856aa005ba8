"""Counting: what the gateway saw, against what was to happen and what the contestant says of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.peers.plan import Plan

MOST = 0.95
"""Of the burst: speed is measured until so many of it have arrived, for the last wait for their retries."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the contestant says of a message. `end` is sent | stale | listed (uncertain, told as such) | open."""

    end: str
    provider_id: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One round. Seconds; what never came is late for ever; `cpu` (and its `parts`) per 1,000 messages that arrived.
    `unheard`: the gateway has told of the delivery and been answered 200, the contestant knows the message's id, and
    yet not that it was delivered."""

    speed: float
    late: float
    lost: int
    twice: int
    stale: int
    listed: int
    unheard: int
    cpu: float
    arrived: int
    parts: str


def judge(
    plan: Plan,
    zero: float,
    taken: Sequence[tuple[int, str, float]],
    told: set[str],
    moved: Mapping[int, float],
    said: Mapping[int, Said],
    spent: Mapping[str, float],
) -> Verdict:
    """`taken`: number, provider's id, moment of everything the gateway accepted; `moved`: number -> the moment at which
    its visit's change was committed. A message counts as stale when it arrives after that moment, by however little."""
    arrivals: dict[int, list[float]] = {}
    for number, _, at in taken:
        arrivals.setdefault(number, []).append(at)
    first = {number: min(moments) for number, moments in arrivals.items()}
    never = [number for number in range(plan.size.total) if number not in first and number not in moved]
    late = [first[n] - zero - plan.due[n] for n in first if n < plan.size.paced]
    late += [float("inf") for n in never if n < plan.size.paced]
    thousand = 1000 / max(1, len(first))
    return Verdict(
        speed=_speed(plan, zero, first),
        late=_percentile(late, 0.95),
        lost=sum(said[number].end != "listed" for number in never),
        twice=sum(len(moments) - 1 for moments in arrivals.values()),
        stale=sum(at > moved[number] for number, moments in arrivals.items() if number in moved for at in moments),
        listed=sum(one.end == "listed" for one in said.values()),
        unheard=sum(one.provider_id in told and not one.delivered for one in said.values()),
        cpu=sum(spent.values()) * thousand,
        arrived=len(first),
        parts=", ".join(f"{name} {seconds * thousand:.2f}" for name, seconds in spent.items()),
    )


def _speed(plan: Plan, zero: float, first: Mapping[int, float]) -> float:
    burst = sorted(at - zero - plan.size.burst_at for number, at in first.items() if number >= plan.size.paced)
    most = int(plan.size.burst * (1 - 0.1) * MOST)  # a tenth of the visits moves: those messages need not go
    return most / burst[most - 1] if 0 < most <= len(burst) and burst[most - 1] > 0 else 0.0


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def words(verdict: Verdict) -> str:
    """One round in one line."""
    return (
        f"{verdict.speed:.0f}/s, 95 % late by {verdict.late:.2f} s, lost {verdict.lost}, twice {verdict.twice}, "
        f"stale {verdict.stale}, listed {verdict.listed}, unheard {verdict.unheard}, arrived {verdict.arrived}, "
        f"CPU {verdict.cpu:.2f} ({verdict.parts})"
    )
