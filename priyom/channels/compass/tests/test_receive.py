"""What each webhook means, one row a body in `payloads/` (all made up), and which error number becomes which error."""

from __future__ import annotations

from pathlib import Path

import pytest

from priyom.channels.compass import Settings, receive
from priyom.channels.compass.errors import failure
from priyom.channels.compass.send import send
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import (
    ChannelError,
    Malformed,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Event, Pressed, Said
from priyom.contracts.message import Message, Outgoing
from priyom.contracts.suite_wire import Wire
from priyom.foundation.http import Answer

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("a", Settings("made-up-token"), "secret")
ME, KEY = "user:160001", "oDT9FLRWjDOX0+4smgkCn0"

TABLE: dict[str, tuple[Event, ...]] = {
    "choice": (Pressed(ME, "t:17:take", KEY),),
    "choice_in_group": (Pressed(ME, "t:17:take", KEY),),
    "words": (Said(ME, "дозвонилась", KEY),),
    "words_in_group": (),
    "plain": (),
    "bare_command": (),
}


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_webhook_means(name: str) -> None:
    request = Request({}, {}, (PAYLOADS / f"{name}.json").read_bytes())
    assert receive.parse(ACCOUNT, request).events == TABLE[name]
    key, chat = receive.identify(ACCOUNT, request)
    assert key == KEY
    assert chat == ("b0RU" if "group" in name else ME)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"payload=x&signature=y", "JSON"),
        (b'{"text": "/do x", "user_id": "User-160001", "type": "single"}', "setVersion"),
        (b'{"text": "/do x", "user_id": 1.5}', "user_id"),
        (b'{"text": "/do x", "user_id": 1}', "message_id"),
    ],
)
def test_malformed_says_where(body: bytes, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, body))


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (1, Misconfigured), (2, Misconfigured), (3, Misconfigured), (5, Throttled), (6, Throttled), (8, Rejected),
        (9, Rejected), (1000, Rejected), (1001, NotReachable), (1002, NotReachable), (1003, NotReachable),
        (1004, NotReachable), (1005, Rejected), (1007, Rejected), (1010, Unavailable), (None, Rejected),
        ("x", Rejected),
    ],
)  # fmt: skip
def test_error_numbers(code: object, wanted: type[ChannelError]) -> None:
    error = failure(code, "said")
    assert type(error) is wanted
    assert "said" in error.text


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ({"status": "ok", "response": {}}, Uncertain),
        ({"status": "ok"}, Uncertain),
        ({"something": "else"}, Misconfigured),
        (b"<html>", Uncertain),
        (Answer(403, {}, b"<html>"), Misconfigured),
        (Answer(500, {}, b""), Uncertain),
        (Answer(503, {}, b""), Unavailable),
    ],
)
async def test_answers_that_are_no_success(answer: object, wanted: type[ChannelError]) -> None:
    wire = Wire(answer)
    with pytest.raises(wanted) as caught:
        await send(wire, ACCOUNT, Outgoing("k", ME, Message("да")))
    assert type(caught.value) is wanted
    assert "made-up-token" not in caught.value.text
    [asked] = wire.asked
    assert asked.headers["authorization"] == "bearer=made-up-token"
    assert asked.page == "/api/v3/user/send"
    assert asked.sent == {"user_id": 160001, "type": "text", "text": "да"}
