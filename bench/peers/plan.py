"""What happens in a round, made from a seed: what is due when, which visits move when, when workers are killed.

All moments are seconds after the round's zero hour."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """`rate` messages a second for `span` seconds, then, a second later, `burst` messages due at one moment."""

    rate: int
    span: float
    burst: int

    @property
    def paced(self) -> int:
        """How many messages are due one after another."""
        return int(self.rate * self.span)

    @property
    def total(self) -> int:
        """How many messages there are."""
        return self.paced + self.burst

    @property
    def burst_at(self) -> float:
        """When the burst is due."""
        return self.span + 1.0


@dataclass(frozen=True, slots=True)
class Move:
    """A visit that is given another time, or falls."""

    at: float
    number: int
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`due[n]` is when message `n` is due; its visit has the same number."""

    size: Size
    seed: int
    due: tuple[float, ...]
    moves: tuple[Move, ...]
    kills: tuple[float, ...]


MOVED = 0.1
AROUND = (-1.5, 0.5)
"""A visit moves within these seconds of its reminder's due time: where a message can be caught leaving."""


def make(size: Size, seed: int, kills: int) -> Plan:
    """The same for every contestant; the kills do not change the rest."""
    chance = random.Random(f"plan {seed}")
    paced = sorted(chance.uniform(0, size.span) for _ in range(size.paced))
    due = (*paced, *[size.burst_at] * size.burst)
    numbers = sorted(chance.sample(range(size.total), int(size.total * MOVED)))
    moves = [Move(max(0.0, due[n] + chance.uniform(*AROUND)), n, chance.random() < 0.5) for n in numbers]
    return Plan(size, seed, due, tuple(sorted(moves, key=lambda move: move.at)), _kills(size, seed, kills))


def _kills(size: Size, seed: int, kills: int) -> tuple[float, ...]:
    """One at a random moment of each of `kills` equal parts of the round, the burst's first two seconds included."""
    chance = random.Random(f"kills {seed} {kills}")
    part = (size.burst_at + 2.0) / max(1, kills)
    return tuple(part * (number + chance.uniform(0.1, 0.9)) for number in range(kills))
