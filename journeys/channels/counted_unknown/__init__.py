"""A channel of the tests: nothing can be found out."""

from __future__ import annotations

from journeys.counting import card
from priyom.contracts.card import AfterCrash

CARD = card("counted_unknown", AfterCrash.UNKNOWN, parallel=16)
