"""Reading actions and standings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.portal.rules import Action, Stand, read_action, stand

END = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
PLAIN = ("confirm", "keep", "cancel", "cancel_yes", "move", "other_time")


@given(st.sampled_from(PLAIN), st.integers(0, 10**18 - 1), st.integers(0, 10**9 - 1))
def test_a_plain_action_is_read_back(verb: str, visit_id: int, version: int) -> None:
    action = Action(verb, visit_id, version)
    assert read_action(str(action)) == action


@given(st.sampled_from(("slot", "rebook")), st.integers(0, 10**11 - 1))
def test_a_timed_action_is_read_back(verb: str, seconds: int) -> None:
    action = Action(verb, 12, 1, datetime.fromtimestamp(seconds, UTC))
    assert read_action(str(action)) == action


@given(st.text() | st.from_regex(r"[a-z_]{3,10}(:[0-9]{0,25}){0,5}"))
def test_nothing_typed_into_an_address_breaks_it(text: str) -> None:
    action = read_action(text)
    assert action is None or read_action(str(action)) == action


@pytest.mark.parametrize(
    "text",
    ["", "confirm", "confirm:12", "confirm:12:1:5", "slot:12:1", "fly:12:1", "confirm:-1:1", "confirm:١:1",
     " confirm:12:1", "confirm:12:1\n", "slot:12:1:999999999999"],
)  # fmt: skip
def test_what_is_no_action(text: str) -> None:
    assert read_action(text) is None


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        ("booked", Stand.OPEN, Stand.OVER),
        ("moved", Stand.OPEN, Stand.OVER),
        ("confirmed", Stand.CONFIRMED, Stand.OVER),
        ("cancelled", Stand.CANCELLED, Stand.CANCELLED),
        ("missed", Stand.MISSED, Stand.MISSED),
        ("arrived", Stand.OVER, Stand.OVER),
        ("completed", Stand.OVER, Stand.OVER),
    ],
)
def test_how_a_visit_stands(state: str, before: Stand, after: Stand) -> None:
    assert stand(state, END, END - timedelta(seconds=1)) == before
    assert stand(state, END, END) == after
