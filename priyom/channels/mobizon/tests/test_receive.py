"""Webhooks: tables over `payloads/`, the signature, and what is not for us."""

from __future__ import annotations

import json
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

from priyom.channels.mobizon import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("main", Settings(api_key="k"), "s" * 32)
PHONE = "+77011234567"


def request(body: bytes | dict[str, Any]) -> Request:
    return Request({}, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def sample(name: str, **more: Any) -> dict[str, Any]:
    return {**json.loads((PAYLOADS / name).read_text()), **more}


def signed(body: dict[str, Any], word: str = "s" * 32) -> Request:
    digest = sha1(f"{body['eventId']}|{body['attempt']}|{body['eventCreateTs']}|{word}".encode(), usedforsecurity=False)
    return request({**body, "sign": digest.hexdigest()})


@pytest.mark.parametrize(
    ("name", "events", "keys"),
    [
        (
            "delivered.json",
            (Reported("169275418", Signal.DELIVERED, "Mobizon DELIVRD: доставлено"),),
            ("event:26", PHONE),
        ),
        (
            "expired.json",
            (Reported("2", Signal.FAILED, "Mobizon EXPIRED: не доставлено в срок", None, "EXPIRED"),),
            ("event:27", PHONE),
        ),
        ("form.json", (), ("event:42", "")),
    ],
)
def test_payloads(name: str, events: tuple[Event, ...], keys: tuple[str, str]) -> None:
    asked = request((PAYLOADS / name).read_bytes())
    assert receive.parse(ACCOUNT, asked).events == events
    assert receive.identify(ACCOUNT, asked) == keys


def test_every_attempt_is_signed_anew_and_is_the_same_event() -> None:
    first, second = signed(sample("delivered.json")), signed(sample("delivered.json", attempt=2))
    for asked in (first, second):
        receive.verify(ACCOUNT, asked)
    assert first.body != second.body
    assert receive.identify(ACCOUNT, first) == receive.identify(ACCOUNT, second)


def test_a_word_of_the_clinics_own_replaces_the_hook_secret() -> None:
    account = Account("main", Settings(api_key="k", webhook_secret="сезам"), "s" * 32)
    receive.verify(account, signed(sample("delivered.json"), "сезам"))
    for forged in (signed(sample("delivered.json")), request(sample("delivered.json", sign="\udcff"))):
        with pytest.raises(Forged):
            receive.verify(account, forged)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"eventId": {}, "attempt": 1, "eventCreateTs": "x", "sign": "y"}'],
)
def test_forged(body: bytes) -> None:
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, request(body))


@pytest.mark.parametrize(
    "data", [None, {}, {"messageId": 1}, {"messageId": "", "status": "DELIVRD"}, {"messageId": True, "status": "NEW"}]
)
def test_a_report_without_its_parts_is_malformed(data: object) -> None:
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, request(sample("delivered.json", data=data)))


@pytest.mark.parametrize(
    ("state", "signal"),
    [
        ("NEW", Signal.ACCEPTED), ("ENQUEUD", Signal.ACCEPTED), ("ACCEPTD", Signal.SENT), ("PDLIVRD", Signal.SENT),
        ("DELIVRD", Signal.DELIVERED), ("UNDELIV", Signal.FAILED), ("REJECTD", Signal.FAILED),
        ("EXPIRED", Signal.FAILED), ("DELETED", Signal.FAILED), ("NOVEL", None),
    ],
)  # fmt: skip
def test_states(state: str, signal: Signal | None) -> None:
    body = sample("delivered.json", data={"messageId": 1, "status": state, "to": "77011234567"})
    events = receive.parse(ACCOUNT, request(body)).events
    assert [event.signal for event in events if isinstance(event, Reported)] == ([signal] if signal else [])
