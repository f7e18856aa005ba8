"""Which answer of Pachca becomes which error, and what the markup makes of plain text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.pachca.emulator_state import shown_text, ulid
from priyom.channels.pachca.errors import failure
from priyom.channels.pachca.markup import escaped
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)


def api(code: str) -> dict[str, Any]:
    """An ApiError."""
    return {"errors": [{"key": "x", "value": None, "message": "сказано", "code": code, "payload": None}]}


SCOPE = {"error": "insufficient_scope", "error_description": "scope"}


@pytest.mark.parametrize(
    ("status", "body", "message", "otherwise"),
    [
        (401, {"error": "invalid_token", "error_description": "x"}, Misconfigured, Misconfigured),
        (402, api("payment_required"), Misconfigured, Misconfigured),
        (403, SCOPE, Misconfigured, Misconfigured),
        (403, api("forbidden"), NotReachable, Misconfigured),
        (404, api("not_found"), NotReachable, Rejected),
        (422, api("personal_chat"), NotReachable, Rejected),
        (400, api("invalid"), Rejected, Rejected),
        (422, api("too_long"), Rejected, Rejected),
        (409, api("taken"), Rejected, Rejected),
        (410, {"errors": [{"key": "x", "message": "old sample without a code"}]}, Rejected, Rejected),
        (429, api("rate_limit"), Throttled, Throttled),
        (500, None, Uncertain, Uncertain),
        (502, None, Unavailable, Unavailable),
        (503, None, Unavailable, Unavailable),
        (504, None, Uncertain, Uncertain),
    ],
)
def test_table(status: int, body: object, message: type[ChannelError], otherwise: type[ChannelError]) -> None:
    assert type(failure(status, body, {}, to_somebody=True)) is message
    assert type(failure(status, body, {}, to_somebody=False)) is otherwise


@pytest.mark.parametrize("body", [None, "x", [], {"ok": False}])
@pytest.mark.parametrize("status", [200, 302, 403, 404])
def test_a_stranger_s_answer_says_nothing_of_a_person(status: int, body: object) -> None:
    assert type(failure(status, body, {}, to_somebody=True)) is Misconfigured


@pytest.mark.parametrize(("header", "after"), [("7", 7.0), ("0", 1.0), ("soon", 1.0)])
def test_the_pause_is_the_vendor_s(header: str, after: float) -> None:
    error = failure(429, None, {"retry-after": header}, to_somebody=True)
    assert isinstance(error, Throttled)
    assert error.after == after


SIGNS = st.text(st.sampled_from("*_~`[]()\\a 1\n"), max_size=12)


@given(SIGNS)
def test_plain_text_stays_plain(text: str) -> None:
    assert shown_text(escaped(text)) == text


@pytest.mark.parametrize("text", ["Задача 17: 2*2, snake_case? Нет: 10:30", "anna@mail.ru", "5 < 6", "C:\\a"])
def test_ordinary_texts_leave_as_they_are(text: str) -> None:
    assert escaped(text) == text


def test_links_stay_whole() -> None:
    text = "*Задача* https://clinic.example/t/a_b_c?x=*1* и *ещё*"
    assert "https://clinic.example/t/a_b_c?x=*1*" in escaped(text)
    assert shown_text(escaped(text)) == text


def test_nobody_is_called() -> None:
    assert "@all" not in escaped("срочно @all")
    assert "<@45>" not in escaped("<@45>")


def test_markup_is_seen_by_the_phone() -> None:
    assert shown_text("**да** _нет_ `код` [сюда](https://c.example)") == "да нет код сюда"


def test_ulids_grow() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    made = [ulid(at, 1), ulid(at, 2), ulid(at + timedelta(milliseconds=1), 0)]
    assert made == sorted(made)
    assert {len(one) for one in made} == {26}
