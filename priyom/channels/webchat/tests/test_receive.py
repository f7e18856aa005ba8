"""Updates of pages: a table over the samples, other people's messages, numbers and files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from priyom.channels.webchat import Settings, receive, send
from priyom.channels.webchat.signing import is_message_of, message_id
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import (
    Event,
    IncomingFile,
    Pressed,
    ReadUpTo,
    Reported,
    Said,
    SharedPhone,
    Started,
    Stopped,
    Typing,
)
from priyom.contracts.message import Signal
from priyom.foundation.http import Http

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "s" * 32
ACCOUNT = Account("site", Settings("https://clinic.example/"), SECRET)
ANNA, BEK = "visitor_Anna-000000001", "visitor_Bek-0000000002"
MINE, FOREIGN = message_id(SECRET, ANNA, "d7"), message_id(SECRET, BEK, "d8")


def parsed(**update: Any) -> tuple[Event, ...]:
    body = {"id": "update-1", "visitor": ANNA, **update}
    return receive.parse(ACCOUNT, Request({}, {}, json.dumps(body).encode())).events


SAID = f"{ANNA}.update-1"
TABLE: list[tuple[str, tuple[Event, ...]]] = [
    ("opened", (Started(ANNA, "p-9f3kQ2_x", name="Анна"),)),
    ("said", (Said(ANNA, "Можно записаться?", SAID, name="Анна", reply_to=MINE),)),
    ("said_files", (Said(ANNA, "", SAID, files=(
        IncomingFile("снимок.jpg", "image/jpeg", "data:AAEC", 3),
        IncomingFile("МРТ.zip", "application/zip", f"stored:{ANNA}/0123456789abcdef", 5000000),
    )),)),
    ("pressed", (Pressed(ANNA, "7:ok", SAID, MINE),)),
    ("got", (Reported(MINE, Signal.DELIVERED, "показано на странице"),)),
    ("seen", (ReadUpTo(ANNA, MINE, "стояло перед глазами в открытом чате"),)),
    ("typing", (Typing(ANNA),)),
    ("phone", (SharedPhone(ANNA, "+77011234567", False, SAID),)),
    ("left", (Stopped(ANNA, "завершил чат"),)),
    ("something_new", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "events"), TABLE)
def test_payloads(name: str, events: tuple[Event, ...]) -> None:
    request = Request({}, {}, (PAYLOADS / f"{name}.json").read_bytes())
    assert receive.parse(ACCOUNT, request).events == events
    assert receive.identify(ACCOUNT, request) == (f"{ANNA}:update-1", ANNA)


def test_every_payload_stands_in_the_table() -> None:
    assert {path.stem for path in PAYLOADS.iterdir()} == {name for name, _ in TABLE}


@pytest.mark.parametrize("name", [FOREIGN, "d7", "d7.0123456789abcdef", "", MINE + "0", MINE.upper()])
def test_nobody_speaks_of_anothers_message(name: str) -> None:
    assert parsed(kind="got", messages=[name]) == ()
    assert parsed(kind="seen", message=name) == ()
    assert parsed(kind="said", text="да", reply_to=name) == (Said(ANNA, "да", SAID),)
    assert parsed(kind="pressed", payload="7:ok", message=name) == (Pressed(ANNA, "7:ok", SAID),)


def test_marks_are_of_one_visitor_and_one_secret() -> None:
    assert is_message_of(SECRET, ANNA, MINE)
    assert is_message_of(SECRET, ANNA, message_id(SECRET, ANNA, "a key:with/anything"))
    assert not is_message_of(SECRET, BEK, MINE)
    assert not is_message_of("x" * 32, ANNA, MINE)


def test_got_names_many_and_not_without_end() -> None:
    names = [message_id(SECRET, ANNA, f"d{number}") for number in range(150)]
    assert len(parsed(kind="got", messages=[names[0], FOREIGN, names[1]])) == 2
    assert len(parsed(kind="got", messages=names)) == receive.MOST_GOT


@pytest.mark.parametrize(
    ("number", "phone"),
    [("8 (701) 123-45-67", "+77011234567"), ("+7 922 123 45 67", "+79221234567"), ("позвоните мне", ""), ("12", "")],
)
def test_a_number_typed_by_hand_is_never_proven(number: str, phone: str) -> None:
    [event] = parsed(kind="phone", number=number)
    if phone:
        assert event == SharedPhone(ANNA, phone, False, SAID)
    else:
        assert event == Said(ANNA, number, SAID), "a person shall see what was typed"


@pytest.mark.parametrize(
    "update",
    [
        {"kind": "said"},
        {"kind": "said", "text": " \n"},
        {"kind": "said", "text": 7},
        {"kind": "said", "files": [{"name": "a"}]},
        {"kind": "said", "files": [{"name": "a", "content": "***"}]},
        {"kind": "said", "files": [{"name": "a", "ref": "../../../../etc/passwd"}]},
        {"kind": "pressed"},
        {"kind": "got"},
        {"kind": "got", "messages": [7]},
        {"kind": "seen"},
        {"kind": "phone"},
        {},
        {"kind": "typing", "visitor": "short"},
        {"kind": "typing", "visitor": "a b c d e f g h i j"},
        {"kind": "typing", "id": "x"},
    ],
)
def test_broken_updates_are_kept_and_shown(update: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parsed(**update)


def test_long_words_and_many_files_are_cut() -> None:
    file = {"name": "../a/" + "б" * 300, "mime": "Nonsense", "content": base64.b64encode(b"x").decode()}
    [said] = parsed(kind="said", text="ы" * 9000, files=[file] * 30, name="Я" * 300)
    assert isinstance(said, Said)
    assert (len(said.text), len(said.files), len(said.name)) == (8000, 10, 100)
    assert said.files[0].name.startswith("a_б")
    assert len(said.files[0].name) == 200
    assert said.files[0].mime == "application/octet-stream"


async def test_the_content_comes_out_of_the_reference() -> None:
    content = bytes(range(256))
    file = {"name": "a", "mime": "image/png", "content": base64.b64encode(content).decode()}
    [said] = parsed(kind="said", files=[file])
    assert isinstance(said, Said)
    async with Http() as http:
        assert await send.fetch(http, ACCOUNT, said.files[0].ref) == content


@pytest.mark.parametrize("shown", ["", "x", f"{ANNA}.", f"{ANNA}.{'0' * 64}", f"{ANNA}.{'я' * 64}", f".{'0' * 64}"])
def test_forged(shown: str) -> None:
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, Request({"x-priyom-visitor": shown}, {}, b"{}"))
