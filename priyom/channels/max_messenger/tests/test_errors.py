"""Which answer of the MAX Bot API becomes which error, and which addresses of files are followed."""

from __future__ import annotations

import pytest

from priyom.channels.max_messenger import Settings
from priyom.channels.max_messenger.errors import failure
from priyom.channels.max_messenger.send import fetch
from priyom.contracts.channel import Account
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
from priyom.foundation.http import Http


@pytest.mark.parametrize(
    ("status", "code", "message", "wanted"),
    [
        (403, "chat.denied", "Key: error.dialog.suspended, args: [470111222,].", OptedOut),
        (403, "chat.denied", "Invalid chatId: 0", Rejected),
        (403, "access.denied", "no rights", Misconfigured),
        (404, "dialog.not.found", "Key: error.dialog.notfound", NotReachable),
        (404, "chat.not.found", "Chat 5 not found", NotReachable),
        (404, "not.found", "Message mid.1 not found", Rejected),
        (401, "verify.token", "Malformed access token", Misconfigured),
        (400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed", Unavailable),
        (400, "proto.payload", "text: size must be between 0 and 4000", Rejected),
        (405, "method.not.allowed", "", Rejected),
        (429, "too.many.requests", "", Throttled),
        (500, "internal.error", "", Uncertain),
        (502, "", "", Unavailable),
        (503, "", "", Unavailable),
        (504, "", "", Uncertain),
    ],
)
def test_table(status: int, code: str, message: str, wanted: type[ChannelError]) -> None:
    assert type(failure(status, {"code": code, "message": message}, {})) is wanted


def test_success_false_is_a_refusal() -> None:
    error = failure(200, {"success": False, "message": "Message is too old"}, {})
    assert type(error) is Rejected
    assert error.text == "Message is too old"


@pytest.mark.parametrize("status", [200, 302, 403, 404])
def test_a_stranger_s_answer_is_nobody_s_opt_out(status: int) -> None:
    assert type(failure(status, None, {})) is Misconfigured


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "nonsense",
        "http://i.oneme.ru/1",
        "https://127.0.0.1/1",
        "https://[::1]/",
        "https://localhost/",
        "file:///etc",
        "https://[x",
    ],
)
async def test_an_address_into_our_network_is_not_followed(ref: str) -> None:
    async with Http() as http:
        with pytest.raises(Rejected, match="не похож"):
            await fetch(http, Account("a", Settings(token="t"), "s"), ref)
