"""What each kind of update means, one row a body in `payloads/`; all bodies are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from priyom.channels.telegram import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Said, SharedPhone, Started, Stopped

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("a", Settings(token="7000000001:x"), "secret")
ME, NAME = "500100200", "Анна К."
AT = datetime.fromtimestamp(1774000100, UTC)
CHANGED = datetime.fromtimestamp(1774000400, UTC)
EDITED = datetime.fromtimestamp(1774000130, UTC)


def said(number: int, text: str, *files: IncomingFile, reply_to: str = "") -> Said:
    """Words of the person in the payloads."""
    return Said(ME, text, f"{ME}:{number}", AT, NAME, reply_to, files)


TABLE: dict[str, Event | None] = {
    "text": said(55, "Здравствуйте"),
    "reply": said(56, "да", reply_to=f"{ME}:41"),
    "edited": Said(ME, "Здравствуйте!", f"{ME}:55:e1774000130", EDITED, NAME, f"{ME}:55"),
    "start_token": Started(ME, "p-9f3kQ2", AT, NAME),
    "start_bare": Started(ME, "", AT, NAME),
    "start_lookalike": said(62, "/started ok"),
    "write_access": Started(ME, "", AT, NAME),
    "press": Pressed(ME, "a:7Kd2:ok", "2147483648000000001", f"{ME}:8123", None, NAME),
    "press_stub": Pressed(ME, "a:7Kd2:no", "2147483648000000002", f"{ME}:8124", None, NAME),
    "photo": said(64, "снимок", IncomingFile("photo.jpg", "image/jpeg", "AgACy", 145000)),
    "document": said(65, "", IncomingFile("analiz.pdf", "application/pdf", "BQAC1", 80211)),
    "voice": said(66, "", IncomingFile("voice.ogg", "audio/ogg", "AwAC1", 30111)),
    "sticker": said(67, "👍", IncomingFile("sticker.webp", "image/webp", "CAAC1", 20000)),
    "location": said(68, "geo:43.25,76.95"),
    "contact_own": SharedPhone(ME, "+79001234567", True, f"{ME}:59", AT, NAME),
    "contact_own_plus": SharedPhone(ME, "+77011234567", True, f"{ME}:69", AT, NAME),
    "contact_other": SharedPhone(ME, "+79007654321", False, f"{ME}:70", AT, NAME),
    "contact_nobody": SharedPhone(ME, "+79007654321", False, f"{ME}:71", AT, NAME),
    "contact_forwarded": SharedPhone(ME, "+79001234567", False, f"{ME}:72", AT, NAME),
    "blocked": Stopped(ME, "kicked", CHANGED),
    "unblocked": Started(ME, "", CHANGED, NAME),
    "group_text": None,
    "group_joined": None,
    "poll": None,
    "dice": None,
}


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_update_means(name: str) -> None:
    request = Request({}, {}, (PAYLOADS / f"{name}.json").read_bytes())
    wanted = TABLE[name]
    assert receive.parse(ACCOUNT, request).events == ((wanted,) if wanted else ())
    key, chat = receive.identify(ACCOUNT, request)
    assert key.isdigit()
    assert chat == {"poll": "", "group_text": "-1001", "group_joined": "-1001"}.get(name, ME)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"message": {}}', "update_id"),
        (b'{"update_id": "7"}', "update_id"),
        (b'{"update_id": 7, "message": {"chat": 5}}', "message.chat"),
        (
            b'{"update_id": 7, "message": {"chat": {"id": 1.5, "type": "private"}, "from": {"id": 1}}}',
            "message.chat.id",
        ),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_malformed_says_where(body: bytes, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, body))


def test_what_cannot_be_stored_is_cleaned() -> None:
    chat = b'"chat": {"id": 1, "type": "private"}, "from": {"id": 1}, "message_id": 2'
    [event] = receive.parse(
        ACCOUNT, Request({}, {}, b'{"update_id": 7, "message": {' + chat + b', "text": "a\\u0000b\\ud800c"}}')
    ).events
    assert isinstance(event, Said)
    assert event.text == "ab?c"
