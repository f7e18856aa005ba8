"""What the vendor's markup makes of plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.yandex.emulator_state import shown_text
from priyom.channels.yandex.markup import LOOK_ALIKE, defused


@given(st.text(st.sampled_from("*_~+[]() a1\n"), max_size=14))
def test_plain_text_stays_plain(text: str) -> None:
    assert shown_text(defused(text)) == text


@pytest.mark.parametrize(
    "text", ["Задача 17: 2*2, snake_case, +7 900", "C++ один раз? нет: C+", "один ` знак", "a ~ b"]
)
def test_ordinary_texts_are_seen_as_they_are(text: str) -> None:
    assert shown_text(defused(text)) == text


def test_backticks_are_written_by_a_look_alike() -> None:
    assert defused("`код`") == f"{LOOK_ALIKE}код{LOOK_ALIKE}"


def test_links_stay_whole() -> None:
    text = "**Задача** https://clinic.example/t/a__b__c и __ещё__"
    assert "https://clinic.example/t/a__b__c" in defused(text)
    assert shown_text(defused(text)) == text


def test_markup_is_seen_by_the_phone() -> None:
    assert shown_text("**да** __нет__ ~~х~~ ++у++ `код` [сюда](https://c.example)") == "да нет х у код сюда"
