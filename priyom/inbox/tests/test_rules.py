"""Typed answers: plain ones act, everything else is for a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.inbox.rules import Choice, courtesy, understand

ASK = [Choice("confirm:7:1"), Choice("move:7:1"), Choice("cancel:7:1")]
SURE = [Choice("cancel_yes:7:1"), Choice("keep:7:1")]
OFFERS = [Choice("slot:7:1:100"), Choice("slot:7:1:200"), Choice("other_time:7:1")]


@pytest.mark.parametrize(
    ("text", "choices", "action"),
    [
        ("1", ASK, "confirm:7:1"),
        (" 2. ", ASK, "move:7:1"),
        ("3", ASK, "cancel:7:1"),
        ("4", ASK, ""),
        ("0", ASK, ""),
        ("Да", ASK, "confirm:7:1"),
        ("да!", ASK, "confirm:7:1"),
        ("Приду", ASK, "confirm:7:1"),
        ("да, приду, спасибо", ASK, "confirm:7:1"),
        ("Иә", ASK, "confirm:7:1"),
        ("келемін", ASK, "confirm:7:1"),
        ("Не приду", ASK, "cancel:7:1"),
        ("нет", ASK, "cancel:7:1"),
        ("перенести", ASK, "move:7:1"),
        ("да", SURE, "cancel_yes:7:1"),
        ("нет", SURE, "keep:7:1"),
        ("приду", SURE, "keep:7:1"),
        ("отменить", SURE, "cancel_yes:7:1"),
        ("2", OFFERS, "slot:7:1:200"),
        ("да", OFFERS, ""),
        ("СТОП", [], "stop"),
        ("стоп", ASK, "stop"),
        ("старт", [], "start"),
        ("да", [], ""),
        ("да, но можно позже?", ASK, ""),
        ("нет, приду", ASK, ""),
        ("а сколько стоит?", ASK, ""),
        ("приду в 15", ASK, ""),
        ("", ASK, ""),
        ("спасибо", ASK, ""),
        ("+77010000001", ASK, ""),
        ("²", ASK, ""),
    ],
)
def test_understand(text: str, choices: list[Choice], action: str) -> None:
    assert understand(text, choices) == action


@given(st.text(max_size=80))
def test_any_text_gives_an_offered_action_or_none(text: str) -> None:
    assert understand(text, ASK) in {"", "stop", "start", *(c.action for c in ASK)}


@given(st.integers(0, 10**9))
def test_only_offered_numbers_count(number: int) -> None:
    expected = ASK[number - 1].action if 1 <= number <= 3 else ""
    assert understand(str(number), ASK) == expected


def test_courtesies_need_no_answer() -> None:
    assert courtesy("Спасибо!")
    assert courtesy("рақмет")
    assert not courtesy("спасибо, а где парковка?")
    assert not courtesy("")
    assert not courtesy("?!")
