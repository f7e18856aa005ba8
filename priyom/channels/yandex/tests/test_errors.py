"""Which answer of the Bot API becomes which error."""

from __future__ import annotations

import pytest

from priyom.channels.yandex.errors import failure
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)


@pytest.mark.parametrize(
    ("status", "description", "wanted"),
    [
        (401, "Unauthorized", Misconfigured),
        (403, "Forbidden", Misconfigured),
        (403, "Sending is restricted by privacy settings", NotReachable),
        (400, "Message can not be sent: Restricted by privacy settings", NotReachable),
        (404, "User not found", NotReachable),
        (400, "User is not in the organization", NotReachable),
        (403, "Bot is not a member of the chat", NotReachable),
        (404, "Message not found", Rejected),
        (400, "Failed to get file", Rejected),
        (400, {"answers": ["Ensure this field has at least 2 elements."]}, Rejected),
        (409, "Conflict", Rejected),
        (404, "Invalid route", Rejected),
        (200, "anything", Rejected),
        (408, "", Uncertain),
        (500, "", Uncertain),
        (502, "", Unavailable),
        (503, "", Unavailable),
        (504, "", Uncertain),
    ],
)
def test_table(status: int, description: object, wanted: type[ChannelError]) -> None:
    error = failure(status, {"ok": False, "description": description}, {})
    assert type(error) is wanted
    assert error.code == str(status)


@pytest.mark.parametrize("body", [None, "x", [], {"error": "x"}])
@pytest.mark.parametrize("status", [200, 302, 401, 403, 404])
def test_a_stranger_s_answer_says_nothing_of_a_person(status: int, body: object) -> None:
    assert type(failure(status, body, {})) is Misconfigured


@pytest.mark.parametrize(("header", "after"), [("7", 7.0), ("0", 1.0), ("soon", 1.0)])
def test_the_pause_is_the_vendor_s(header: str, after: float) -> None:
    error = failure(429, None, {"retry-after": header})
    assert isinstance(error, Throttled)
    assert error.after == after
