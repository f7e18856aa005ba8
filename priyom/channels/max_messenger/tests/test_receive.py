"""What each kind of update means, one row a body in `payloads/`; all bodies are made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from priyom.channels.max_messenger import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Event, IncomingFile, Muted, Pressed, Said, SharedPhone, Started, Stopped

PAYLOADS = Path(__file__).parent / "payloads"
TOKEN = "1234567890:test-bot-token"
ACCOUNT = Account("a", Settings(token=TOKEN), "secret")
ME, NAME = "210045", "Анна К."
AT = datetime.fromtimestamp(1774000100, UTC) + timedelta(milliseconds=200)
PRESSED_AT = datetime.fromtimestamp(1774000200, UTC) + timedelta(milliseconds=300)
UNTIL = datetime.fromtimestamp(1774004200, UTC)


def said(number: int, text: str, *files: IncomingFile, reply_to: str = "") -> Said:
    """Words of the person in the payloads."""
    return Said(ME, text, f"mid.00{number}", AT, NAME, reply_to, files)


def card(number: int, proven: bool) -> SharedPhone:
    """The phone card in the payloads."""
    return SharedPhone(ME, "+79001234567", proven, f"mid.00{number}", AT, NAME)


TABLE: dict[str, Event | None] = {
    "text": said(2, "Здравствуйте"),
    "reply": said(3, "да", reply_to="mid.0001"),
    "forward": said(4, "чужие слова"),
    "edited": Said(ME, "Здравствуйте!", "mid.002:e1774000100200", AT, NAME, "mid.002"),
    "start_typed": Started(ME, "p-9f3kQ2", AT, NAME),
    "started_token": Started(ME, "p-9f3kQ2", AT, NAME),
    "started_bare": Started(ME, "", AT, NAME),
    "stopped": Stopped(ME, "bot_stopped", AT),
    "removed": Stopped(ME, "dialog_removed", AT),
    "removed_flat": Stopped(ME, "dialog_removed", AT),
    "muted": Muted(ME, UNTIL),
    "muted_forever": Muted(ME, receive.FOREVER),
    "unmuted": Muted(ME, None),
    "cleared": None,
    "press": Pressed(ME, "a:7Kd2:ok", "f9LH-made-up", "mid.0001", PRESSED_AT, NAME),
    "press_deleted": Pressed(ME, "a:7Kd2:ok", "f9LH-made-up", "", PRESSED_AT, NAME),
    "image": said(6, "", IncomingFile("photo.jpg", "image/jpeg", "https://i.oneme.ru/i?r=1")),
    "file": said(7, "анализ", IncomingFile("analiz.pdf", "application/pdf", "https://fd.oneme.ru/2", 80211)),
    "audio": said(8, "", IncomingFile("voice.ogg", "audio/ogg", "https://a.oneme.ru/3")),
    "location": said(9, "geo:55.75,37.61"),
    "contact_own": card(10, True),
    "contact_old_name": card(11, True),
    "contact_escaped": card(12, True),
    "contact_other": card(13, False),
    "contact_unsigned": card(14, False),
    "contact_wrong_sign": card(15, False),
    "contact_forwarded": card(16, False),
    "contact_no_phone": None,
    "no_message": None,
    "group": None,
    "unknown": None,
}


def body(name: str) -> bytes:
    """A body of `payloads/`."""
    return (PAYLOADS / f"{name}.json").read_bytes()


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_update_means(name: str) -> None:
    request = Request({}, {}, body(name))
    wanted = TABLE[name]
    assert receive.parse(ACCOUNT, request).events == ((wanted,) if wanted else ())
    key, chat = receive.identify(ACCOUNT, request)
    assert key
    assert chat == ("" if name == "no_message" else ME)


def test_every_update_has_a_key_of_its_own() -> None:
    keys = {receive.identify(ACCOUNT, Request({}, {}, body(name)))[0] for name in TABLE}
    same = {"press", "press_deleted"}, {"started_token", "started_bare"}, {"removed", "removed_flat"}
    assert len(keys) == len(TABLE) - len(same)


def test_one_keyboard_pressed_twice_is_two_updates() -> None:
    first = json.loads(body("press"))
    again = json.loads(body("press"))
    again["callback"]["timestamp"] += 1500
    other = json.loads(body("press"))
    other["callback"]["payload"] = "a:7Kd2:no"
    keys = {
        receive.identify(ACCOUNT, Request({}, {}, json.dumps(update).encode()))[0] for update in (first, again, other)
    }
    assert len(keys) == 3


def test_a_card_signed_for_another_bot_proves_nothing() -> None:
    other = Account("a", Settings(token="1234567890:other-bot-token"), "secret")
    [event] = receive.parse(other, Request({}, {}, body("contact_own"))).events
    assert isinstance(event, SharedPhone)
    assert not event.proven


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"timestamp": 1}', "update_type"),
        ('{"update_type": "bot_started", "timestamp": "x"}', "timestamp"),
        ('{"update_type": "bot_started", "timestamp": 1, "user": []}', "user"),
        ('{"update_type": "message_callback", "timestamp": 1, "callback": {"user": {"user_id": 1}}}', "callback_id"),
    ],
)
def test_malformed_says_where(text: str, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, text.encode()))
