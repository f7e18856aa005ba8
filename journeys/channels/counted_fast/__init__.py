"""A channel of the tests: as fast as can be, for benchmarks."""

from __future__ import annotations

from journeys.counting import card
from priyom.contracts.card import AfterCrash

CARD = card("counted_fast", AfterCrash.SAME_KEY, pace=1_000_000.0, parallel=128)
