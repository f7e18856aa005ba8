"""A channel of the tests: its gateway drops doubles."""

from __future__ import annotations

from journeys.counting import card
from priyom.contracts.card import AfterCrash

CARD = card("counted_once", AfterCrash.SAME_KEY)
