"""A channel of the tests: its gateway can be asked."""

from __future__ import annotations

from journeys.counting import card
from priyom.contracts.card import AfterCrash

CARD = card("counted_ask", AfterCrash.ASK)
