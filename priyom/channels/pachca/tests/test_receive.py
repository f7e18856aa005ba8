"""What each kind of webhook means, one row a body in `payloads/`; all bodies are made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from priyom.channels.pachca import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Said, Started, Stopped

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("a", Settings(token="t", bot_id="1738816"), "secret")
AT = datetime(2026, 3, 1, 8, 18, 54, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 8, 20, tzinfo=UTC)
FILE = IncomingFile("вложение", "application/octet-stream", "56434")

TABLE: dict[str, tuple[Event, ...]] = {
    "said": (Said("user:70511", "Опоздаю", "56431", AT),),
    "said_edited": (Said("user:70511", "Приду", "56431:e2026-03-01T08:20:00.000Z", LATER, reply_to="56431"),),
    "said_deleted": (),
    "said_in_group": (),
    "answered_in_group": (Said("user:70511", "Взяла", "56432", AT, reply_to="194275"),),
    "answered_in_thread": (Said("user:70511", "Придёт", "56433", AT, reply_to="194275"),),
    "file_alone": (Said("user:70511", "", "56434", AT, files=(FILE,)),),
    "own": (),
    "press": (
        Pressed(
            "user:70511", "t:17:take", "6d1b7c1e-0000-4000-8000-000000000001", "194275",
            datetime.fromtimestamp(1772353201, UTC),
        ),
    ),
    "suspended": (Stopped("user:70511", "suspend", AT), Stopped("user:70512", "suspend", AT)),
    "confirmed": (Started("user:70511", "", AT),),
    "thrown_out": (Stopped("chat:334", "removed", AT),),
    "somebody_left_a_chat": (),
    "reaction": (),
    "link_shared": (),
    "form": (),
}  # fmt: skip


def test_every_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_webhook_means(name: str) -> None:
    body = (PAYLOADS / f"{name}.json").read_bytes()
    assert receive.parse(ACCOUNT, Request({}, {}, body)).events == TABLE[name]
    again = json.dumps({**json.loads(body), "webhook_timestamp": 1}).encode()
    assert receive.identify(ACCOUNT, Request({}, {}, again)) == receive.identify(
        ACCOUNT, Request({}, {}, json.dumps(json.loads(body)).encode())
    )


def test_all_keys_differ() -> None:
    keys = [receive.identify(ACCOUNT, Request({}, {}, path.read_bytes()))[0] for path in PAYLOADS.glob("*.json")]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"type": "button", "event": "click", "user_id": "x"}', "user_id"),
        (b'{"type": "message", "event": "new", "user_id": 1}', "id"),
        (b'{"type": "company_member", "event": "delete", "user_ids": [true]}', "user_ids"),
        (b'{"type": "company_member", "event": "delete", "user_ids": [1], "created_at": "soon"}', "created_at"),
    ],
)
def test_malformed_says_where(body: bytes, place: str) -> None:
    with pytest.raises(Malformed, match=place):
        receive.parse(ACCOUNT, Request({}, {}, body))
