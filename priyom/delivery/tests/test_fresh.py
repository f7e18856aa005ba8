"""What was looked at the longest ago, against a plain table of moments."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from priyom.delivery.fresh import Fresh

NUMBERS = st.integers(1, 8)
FOUND = st.tuples(st.lists(NUMBERS, unique=True), st.integers(0, 20))
"""A look may be told after a later one: it began before, and took longer."""


@given(st.lists(st.one_of(FOUND, NUMBERS)))
def test_the_oldest_is_that_of_a_plain_table(steps: list[tuple[list[int], int] | int]) -> None:
    fresh, table = Fresh(), dict[int, float]()
    for step in steps:
        if isinstance(step, int):
            fresh.gone(step)
            table.pop(step, None)
        else:
            numbers, time = step
            fresh.found(numbers, time)
            table |= dict.fromkeys(numbers, float(time))
        assert fresh.oldest() == min(table.values(), default=math.inf)
