"""What each kind of update means, one row a body in `payloads/`; all bodies are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from priyom.channels.yandex import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Said

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("a", Settings(token="t"), "secret")
ME, NAME, DESK = "ivanova", "Анна", "0/0/5f0c1111-2222-4333-8444-555566667777"
AT = datetime.fromtimestamp(1774000100, UTC)
PDF = IncomingFile("a.pdf", "application/pdf", "disk/5f0c", 20480)
PHOTO = IncomingFile("a.jpeg", "image/jpeg", "disk/5f0d", 20362)

TABLE: dict[str, tuple[Event, ...]] = {
    "said": (Said(ME, "Привет", f"{ME}:1702323240544005", AT, NAME),),
    "said_bare": (Said(ME, "Привет", f"{ME}:1702323240544005", AT, NAME),),
    "two": (Said(ME, "раз", f"{ME}:1", AT, NAME), Said(ME, "два", f"{ME}:2", AT, NAME)),
    "press": (Pressed(ME, "t:17:take", "1571240", f"{ME}:1702323240544005", AT, NAME),),
    "press_as_text": (Pressed(ME, "t:17:take", "1571241", f"{DESK}:1702323240544005", AT, NAME),),
    "press_of_another": (),
    "group": (),
    "group_answer": (Said(ME, "взяла", f"{DESK}:7", AT, NAME, f"{DESK}:5"),),
    "group_thread": (Said(ME, "взяла", f"{DESK}:8", AT, NAME, f"{DESK}:6"),),
    "file": (Said(ME, "", f"{ME}:9", AT, NAME, files=(PDF,)),),
    "images": (Said(ME, "вот", f"{ME}:10", AT, NAME, files=(PHOTO,)),),
    "images_flat": (Said(ME, "", f"{ME}:11", AT, NAME, files=(PHOTO,)),),
    "sticker": (),
    "robot": (),
    "channel": (),
    "members": (),
}


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_update_means(name: str) -> None:
    request = Request({}, {}, (PAYLOADS / f"{name}.json").read_bytes())
    assert receive.parse(ACCOUNT, request).events == TABLE[name]
    key, chat = receive.identify(ACCOUNT, request)
    assert key.replace("-", "").isdigit()
    if TABLE[name]:
        assert chat in (ME, DESK)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"updates": {}}', "updates"),
        (b'{"updates": [{"update_id": "7"}]}', "update_id"),
        (b'{"update_id": 1, "from": {"login": 5}, "chat": {"type": "private"}, "message_id": 1, "text": "x"}', "login"),
        (
            b'{"update_id": 1, "from": {"login": "a"}, "chat": {"type": "private"}, "message_id": 1, '
            b'"bot_request": {"server_action": {"name": "priyom", "payload": "[]"}}}',
            "payload",
        ),
        (b'{"update_id": 1, "from": {"login": "a"}, "chat": {"type": "private"}, "images": [[]]}', "images"),
    ],
)
def test_malformed_says_where(body: bytes, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, body))
