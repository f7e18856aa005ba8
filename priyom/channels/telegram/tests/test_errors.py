"""Which answer of the Bot API becomes which error."""

from __future__ import annotations

import pytest

from priyom.channels.telegram.errors import failure
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)


@pytest.mark.parametrize(
    ("status", "description", "wanted"),
    [
        (403, "Forbidden: bot was blocked by the user", OptedOut),
        (403, "Forbidden: user is deactivated", NotReachable),
        (403, "Forbidden: bot can't initiate conversation with a user", NotReachable),
        (400, "Bad Request: chat not found", NotReachable),
        (400, "Bad Request: private chat not found", NotReachable),
        (400, "Bad Request: user not found", NotReachable),
        (400, "Bad Request: PEER_ID_INVALID", NotReachable),
        (400, "Bad Request: message is too long", Rejected),
        (400, "Bad Request: BUTTON_DATA_INVALID", Rejected),
        (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook", Misconfigured),
        (401, "Unauthorized", Misconfigured),
        (404, "Not Found", Misconfigured),
        (409, "Conflict: terminated by other getUpdates request", Misconfigured),
        (413, "Request Entity Too Large", Rejected),
        (421, "Misdirected Request: unallowed token specified", Misconfigured),
        (418, "I'm a teapot", Rejected),
        (500, "Internal Server Error: restart", Uncertain),
        (502, "Bad Gateway", Unavailable),
        (503, "Service Unavailable", Unavailable),
        (504, "Gateway Timeout", Uncertain),
    ],
)
def test_table(status: int, description: str, wanted: type[ChannelError]) -> None:
    error = failure(status, {"ok": False, "error_code": status, "description": description}, {})
    assert type(error) is wanted
    assert error.code == str(status)


@pytest.mark.parametrize("body", [None, "nonsense", {"error": "x"}, {"ok": True}])
@pytest.mark.parametrize("status", [200, 302, 403, 404])
def test_a_stranger_s_answer_is_nobody_s_opt_out(status: int, body: object) -> None:
    assert type(failure(status, body, {})) is Misconfigured


@pytest.mark.parametrize(
    ("parameters", "headers", "after"),
    [
        ({"retry_after": 37}, {}, 37.0),
        ({}, {"retry-after": "5"}, 5.0),
        (None, {}, 1.0),
        ({"retry_after": "x"}, {}, 1.0),
        ({"retry_after": 0}, {}, 1.0),
    ],
)
def test_the_pause_is_the_vendor_s(parameters: object, headers: dict[str, str], after: float) -> None:
    error = failure(429, {"ok": False, "description": "Too Many Requests", "parameters": parameters}, headers)
    assert isinstance(error, Throttled)
    assert error.after == after


def test_too_large_is_so_whoever_says_it() -> None:
    assert type(failure(413, None, {})) is Rejected


def test_a_relay_may_throttle_too() -> None:
    error = failure(429, None, {"retry-after": "3"})
    assert isinstance(error, Throttled)
    assert error.after == 3.0
