"""What each kind of event means, one row a body in `payloads/`; all bodies are made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from priyom.channels.vk import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, ReadUpTo, Said, Started, Stopped, Typing

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("a", Settings(token="vk1.a.x", confirmation="12ab34cd"), "made-up-secret")
ME = "500100200"
AT, MENDED = datetime.fromtimestamp(1774000100, UTC), datetime.fromtimestamp(1774000130, UTC)
TOKEN = "p-9f3kQ2_x"


def said(text: str, *files: IncomingFile, number: int | str = 32, reply_to: str = "") -> Said:
    """Words of the person in the payloads."""
    return Said(ME, text, f"{ME}:{number}", AT, "", reply_to, files)


PHOTO = IncomingFile("photo.jpg", "image/jpeg", "https://sun1.userapi.example/z.jpg")
PAPER = IncomingFile("mrt.pdf", "application/pdf", "https://vk.example/doc500100200_901?hash=h&dl=d", 20480)
SCAN = IncomingFile("Снимок.dcm", "application/dicom", "https://vk.example/doc500100200_902", 7)
VOICE = IncomingFile("voice.ogg", "audio/ogg", "https://psv.example/v.ogg")
STICKER = IncomingFile("sticker.png", "image/png", "https://vk.example/sticker/512")
PRESS = "9b2e41d0c7a{}:" + f"{ME}:{ME}"

TABLE: dict[str, tuple[Event, ...]] = {
    "text": (said("Доброе утро"),),
    "reply": (said("да", number=33, reply_to=f"{ME}:31"),),
    "photo": (said("снимок", PHOTO),),
    "documents": (said("", PAPER, SCAN),),
    "voice": (said("", VOICE),),
    "sticker": (said("", STICKER),),
    "link": (said("https://clinic.example/price\nhttps://vk.com/wall-222000001_7"),),
    "geo": (said("geo:43.25,76.95"),),
    "forwarded": (said("Номер кабинета 12"),),
    "start": (Started(ME, "", AT),),
    "start_token": (Started(ME, TOKEN, AT),),
    "words_with_token": (Started(ME, TOKEN, AT), said("Здравствуйте")),
    "text_button": (Pressed(ME, "7:ok", "", "", AT),),
    "old_app_button": (Pressed(ME, "7:ok", "", "", AT),),
    "foreign_button": (said("Меню"),),
    "press": (Pressed(ME, "7:no", PRESS.format("a"), f"{ME}:31"),),
    "press_text_payload": (Pressed(ME, "7:no", PRESS.format("b")),),
    "press_foreign": (),
    "allow": (Started(ME, ""),),
    "allow_key": (Started(ME, TOKEN),),
    "deny": (Stopped(ME, "message_deny"),),
    "read": (ReadUpTo(ME, f"{ME}:31", "VK: message_read"),),
    "read_by_staff": (),
    "read_without_number": (),
    "typing": (Typing(ME),),
    "edited": (Said(ME, "Доброе утро!", f"{ME}:32:e1774000130", MENDED, "", f"{ME}:32"),),
    "edited_by_us": (),
    "ours": (),
    "chat": (),
    "kicked_from_chat": (),
    "wall_post": (),
    "gift": (said("[gift]"),),
    "reaction": (),
    "confirmation": (),
    "unnumbered": (said("старый вид", number="m5020"),),
}
ELSEWHERE = {"chat": "2000000001", "kicked_from_chat": "2000000001", "confirmation": "", "wall_post": "-222000001"}
"""The dialog of what is not from the one person."""


def request_of(name: str) -> Request:
    """The payload as it comes."""
    return Request({"content-type": "application/json"}, {}, (PAYLOADS / f"{name}.json").read_bytes())


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_event_means(name: str) -> None:
    request = request_of(name)
    receive.verify(ACCOUNT, request)
    assert receive.parse(ACCOUNT, request).events == TABLE[name]
    key, dialog = receive.identify(ACCOUNT, request)
    assert len(key) == 40 or name == "confirmation"
    assert dialog == ELSEWHERE.get(name, ME)


def test_events_are_told_apart_by_their_ids() -> None:
    keys = {receive.identify(ACCOUNT, request_of(name))[0] for name in TABLE}
    assert len(keys) == len(TABLE)
    body = json.loads(request_of("text").body)
    assert receive.identify(ACCOUNT, Request({}, {}, json.dumps({**body, "event_id": 7}).encode()))[0] == "7"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"type": "message_new"}', "object"),
        (b'{"type": 5}', "type"),
        (b'{"type": "message_new", "object": {"message": {"from_id": 1}}}', "object.message.peer_id"),
        (b'{"type": "message_deny", "object": {"user_id": "1"}}', "object.user_id"),
        (
            b'{"type": "message_event", "object": {"peer_id": 1, "user_id": 1, "payload": {"p": "x"}}}',
            "object.event_id",
        ),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_malformed_says_where(body: bytes, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, body))


def test_what_cannot_be_stored_is_cleaned() -> None:
    message = b'{"from_id": 1, "peer_id": 1, "id": 2, "text": "a\\u0000b\\ud800"}'
    body = b'{"type": "message_new", "object": {"message": ' + message + b"}}"
    [event] = receive.parse(ACCOUNT, Request({}, {}, body)).events
    assert isinstance(event, Said)
    assert event.text == "ab?"


TRIAL = b'{"type": "confirmation", "group_id": 222000001}'


def test_a_trial_of_the_address_is_answered_with_the_code() -> None:
    assert receive.reply(ACCOUNT, Request({}, {}, TRIAL)) == (200, "text/plain", b"12ab34cd")
    assert receive.reply(ACCOUNT, Request({}, {"confirm": "99ff00aa"}, TRIAL))[2] == b"99ff00aa"
    assert receive.reply(ACCOUNT, request_of("text")) == (200, "text/plain", b"ok")
    assert receive.reply(ACCOUNT, Request({}, {"confirm": "99ff00aa"}, b"{"))[2] == b"ok"


@pytest.mark.parametrize("code", ["remove", "removed", "version 5.131", "a b", "", "<b>bold</b>"])
def test_nothing_dangerous_is_ever_said(code: str) -> None:
    bare = Account("a", Settings(token="vk1.a.x"), "made-up-secret")
    status, _, body = receive.reply(bare, Request({}, {"confirm": code}, TRIAL))
    assert status == 503
    assert code not in body.decode() or not code


def test_only_a_trial_may_come_without_the_secret() -> None:
    receive.verify(ACCOUNT, Request({}, {}, TRIAL))
    for body in (b'{"type": "confirmation", "secret": "x"}', b'{"type": "message_new"}', b'"confirmation"', b"{"):
        with pytest.raises(Forged):
            receive.verify(ACCOUNT, Request({}, {}, body))


@pytest.mark.parametrize("more", [{"from_id": -222000001}, {"out": 1}, {"from_id": 7}, {"peer_id": -1, "from_id": -1}])
def test_only_the_person_of_the_dialog_is_heard(more: dict[str, int]) -> None:
    body = json.loads(request_of("text").body)
    body["object"]["message"] |= more
    assert receive.parse(ACCOUNT, Request({}, {}, json.dumps(body).encode())).events == ()
