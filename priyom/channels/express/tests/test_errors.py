"""Which answer of BotX becomes which error."""

from __future__ import annotations

import pytest

from priyom.channels.express.errors import failure
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
    ("status", "reason", "wanted"),
    [
        (200, "chat_not_found", NotReachable),
        (404, "chat_not_found", NotReachable),
        (403, "bot_is_not_a_chat_member", NotReachable),
        (200, "event_recipients_list_is_empty", NotReachable),
        (404, "user_not_found", NotReachable),
        (403, "chat_creation_is_prohibited", Misconfigured),
        (403, "no_permission_for_operation", Misconfigured),
        (500, "error_from_messaging_service", Unavailable),
        (200, "stealth_mode_disabled", Rejected),
        (422, "malformed_request", Rejected),
        (404, "event_not_found", Rejected),
        (429, "too_many_requests", Throttled),
        (429, "", Throttled),
        (401, "", Misconfigured),
        (500, "", Uncertain),
        (502, "", Unavailable),
        (503, "", Unavailable),
        (504, "", Uncertain),
    ],
)
def test_table(status: int, reason: str, wanted: type[ChannelError]) -> None:
    error = failure(status, {"status": "error", "reason": reason, "errors": [], "error_data": {}})
    assert type(error) is wanted
    assert error.code == (reason or str(status))


@pytest.mark.parametrize("body", [None, "x", [], {"error": "x"}])
@pytest.mark.parametrize("status", [200, 302, 403, 404])
def test_a_stranger_s_answer_says_nothing_of_a_person(status: int, body: object) -> None:
    assert type(failure(status, body)) is Misconfigured
