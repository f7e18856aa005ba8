"""Reports: tables over `payloads/`, both formats, and the secret in the address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from priyom.channels.smsaero import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("main", Settings(email="me@clinic.example", api_key="k"), "s" * 32)


def request(body: bytes | str, **query: str) -> Request:
    return Request({}, query, body if isinstance(body, bytes) else body.encode())


@pytest.mark.parametrize(
    ("name", "report", "key"),
    [
        ("delivered.json", Reported("12345", Signal.DELIVERED, "SMS Aero 1: delivery"), "status:12345:1"),
        (
            "wrapped_failure.json",
            Reported("12346", Signal.FAILED, "SMS Aero 2: not delivery", None, "2"),
            "status:12346:2",
        ),
        ("sent.form", Reported("12347", Signal.SENT, "SMS Aero 3: delivery smsc"), "status:12347:3"),
    ],
)
def test_payloads(name: str, report: Reported, key: str) -> None:
    asked = request((PAYLOADS / name).read_bytes())
    assert receive.parse(ACCOUNT, asked).events == (report,)
    assert receive.identify(ACCOUNT, asked) == (key, report.provider_id)


@pytest.mark.parametrize(
    ("status", "signal"),
    [(0, Signal.ACCEPTED), (4, Signal.SENT), (6, Signal.FAILED), (8, Signal.ACCEPTED), (5, None), (99, None)],
)
def test_states(status: int, signal: Signal | None) -> None:
    events = receive.parse(ACCOUNT, request(json.dumps({"id": 1, "status": status}))).events
    assert [event.signal for event in events if isinstance(event, Reported)] == ([signal] if signal else [])


@pytest.mark.parametrize(
    "body",
    [
        '{"id": 1}', '{"status": 1}', '{"id": "a", "status": 1}', '{"id": 1, "status": true}',
        '{"id": -1, "status": 1}',
        '{"id": 1, "status": 1.5}', "id=1", "id=1&status=x", "id=²&status=1", '{"id": "1", "status": "99999"}', "[]",
    ],
)  # fmt: skip
def test_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, request(body))


def test_repeats_are_known_and_states_are_told_apart() -> None:
    one, again, other = (
        receive.identify(ACCOUNT, request(body))
        for body in ('{"id": 1, "status": 3}', "id=1&status=3", '{"id": 1, "status": 1}')
    )
    assert one == again != other


@pytest.mark.parametrize("query", [{}, {"secret": ""}, {"secret": "x" * 32}, {"secret": "\udcff"}])
def test_the_secret_stands_in_the_address(query: dict[str, Any]) -> None:
    receive.verify(ACCOUNT, request("", secret="s" * 32))
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, request("", **query))
