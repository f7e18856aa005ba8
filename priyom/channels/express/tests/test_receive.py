"""What each kind of call means, one row a body in `payloads/`; all bodies are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from priyom.channels.express import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Reported, Said, Started, Stopped
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
BOT = "24348246-6791-4ac0-9d86-b948cd6a0e46"
ACCOUNT = Account("a", Settings("https://cts.clinic.example", BOT.upper(), "secret"), "secret")
ME, DESK = "user:f16cdc5f-6366-4552-9ecd-c36290ab3d11", "chat:dea55ee4-7a9f-4da0-8c73-079f400ee517"
NUMBER, MESSAGE = "6f40a492-4b5f-44f3-87ee-77126d825b51", "21a9ec9e-f21f-4406-ac44-1a78d2ccf9e3"
PDF = IncomingFile("a.pdf", "application/pdf", "data:application/pdf;base64,JVBERg==")
VOICE = IncomingFile("голос.mp3", "audio/mp3", "data:audio/mp3;base64,SGVsbG8=")

TABLE: dict[str, tuple[Event, ...]] = {
    "said": (Said(ME, "Опоздаю", NUMBER, None, "Анна"),),
    "said_in_group": (),
    "answered_in_group": (Said(ME, "взяла", NUMBER, None, "Анна", MESSAGE),),
    "press": (Pressed(ME, "t:17:take", NUMBER, MESSAGE, None, "Анна"),),
    "press_of_another": (Said(ME, "/task", NUMBER, None, "Анна"),),
    "document": (Said(ME, "", NUMBER, None, "Анна", "", (PDF,)),),
    "voice": (Said(ME, "", NUMBER, None, "Анна", "", (VOICE,)),),
    "location": (Said(ME, "geo:55.75,37.61", NUMBER, None, "Анна"),),
    "sticker": (),
    "callback_ok": (Reported(MESSAGE, Signal.SENT, "eXpress: callback ok"),),
    "callback_error": (
        Reported(
            MESSAGE, Signal.FAILED, "eXpress: chat_not_found: Chat not found", None, "chat_not_found", True
        ),
    ),
    "chat_created": (Started(ME, "", None, "Анна"),),
    "group_created": (Started(DESK, "", None, "Регистратура"),),
    "chat_created_by_us": (),
    "chat_deleted": (Stopped(ME, "system:chat_deleted_by_user"),),
    "thrown_out": (Stopped(DESK, "system:deleted_from_chat"),),
    "somebody_left": (),
    "added": (Started(DESK),),
    "cts_logout": (),
    "event_edit": (),
}  # fmt: skip


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_call_means(name: str) -> None:
    request = Request({}, {}, (PAYLOADS / f"{name}.json").read_bytes())
    assert receive.parse(ACCOUNT, request).events == TABLE[name]
    key, _ = receive.identify(ACCOUNT, request)
    assert key.startswith((NUMBER, MESSAGE))


def test_an_outcome_is_not_its_message() -> None:
    callback, message = ((PAYLOADS / f"{name}.json").read_bytes() for name in ("callback_ok", "said"))
    keys = {receive.identify(ACCOUNT, Request({}, {}, body))[0] for body in (callback, message)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"command": []}', "command"),
        (b'{"sync_id": "x", "status": 5}', "status"),
        (b'{"sync_id": "x", "command": {"body": "a"}, "from": 5}', "from"),
        (
            b'{"sync_id": "x", "command": {"body": "", "command_type": "user"}, '
            b'"from": {"user_huid": "x", "chat_type": "chat"}, "attachments": [{"type": "image", "data": {}}]}',
            "content",
        ),
    ],
)
def test_malformed_says_where(body: bytes, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, body))
