"""How lengths of time are said: from two of a unit on in that unit, and what is about now has a word of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from priyom.foundation.clock import clock
from priyom.web import say
from tests.factories import MONDAY

MINUTES = st.integers(0, 60 * 24 * 400)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 мин"), (119, "119 мин"), (120, "2 ч"), (48 * 60 - 1, "47 ч"), (48 * 60, "2 дн"), (-5, "0 мин")],
)
def test_a_length(minutes: int, text: str) -> None:
    with translation.override("ru"):
        assert say.span(timedelta(minutes=minutes, seconds=1 if minutes > 0 else 0)) == text


@given(MINUTES)
def test_a_length_never_says_less_than_half_of_itself(minutes: int) -> None:
    with translation.override("ru"):
        number, unit = say.span(timedelta(minutes=minutes)).split()
    said = int(number) * {"мин": 1, "ч": 60, "дн": 24 * 60}[unit]
    assert said <= minutes < said * 1.5 or said == minutes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3600, "осталось 60 мин"), (60, "осталось 1 мин"), (59, "пора"), (0, "пора"), (-59, "пора"),
        (-60, "опоздали на 1 мин"), (-7200, "опоздали на 2 ч"),
    ],
)  # fmt: skip
def test_what_is_left(seconds: int, text: str) -> None:
    clock.freeze(MONDAY)
    with translation.override("ru"):
        assert say.left(MONDAY + timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("seconds", "text"), [(59, "только что"), (60, "ждет 1 мин"), (-5, "только что")])
def test_how_long_somebody_waits(seconds: int, text: str) -> None:
    with translation.override("ru"):
        assert say.waits(timedelta(seconds=seconds)) == text
