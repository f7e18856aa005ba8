"""Messages as they come by webhook or from the list: tables over `payloads/`, states, the secret in the address."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.exolve import Settings, receive, states
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("main", Settings(api_key="k", sender="PRIYOM", statuses="2=sent, 3=delivered; 4=failed"), "s" * 32)
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
PHONE = "+79031234567"


def request(body: bytes | dict[str, Any], **query: str) -> Request:
    return Request({}, query, body if isinstance(body, bytes) else json.dumps(body).encode())


TABLE: list[tuple[str, Event, tuple[str, str]]] = [
    ("incoming.json", Said(PHONE, "Иә", "in:439000009", AT), ("in:439000009", PHONE)),
    (
        "delivered.json",
        Reported("439000001", Signal.DELIVERED, "Exolve: 3"),
        ("out:439000001:3", PHONE),
    ),
    (
        "wrapped_failure.json",
        Reported(
            "439000002", Signal.FAILED, "Exolve: DELIVERY_STATUS_UNDELIVERED", None, "DELIVERY_STATUS_UNDELIVERED"
        ),
        ("out:439000002:DELIVERY_STATUS_UNDELIVERED", PHONE),
    ),
]


@pytest.mark.parametrize(("name", "event", "keys"), TABLE)
def test_payloads(name: str, event: Event, keys: tuple[str, str]) -> None:
    asked = request((PAYLOADS / name).read_bytes())
    assert receive.parse(ACCOUNT, asked).events == (event,)
    assert receive.identify(ACCOUNT, asked) == keys


@pytest.mark.parametrize(
    ("state", "signal"),
    [
        ("DELIVERY_STATUS_SENT", Signal.SENT), ("DELIVERY_STATUS_DELIVERED", Signal.DELIVERED),
        ("Queued", Signal.ACCEPTED), ("not delivered", Signal.FAILED), ("undelivered", Signal.FAILED),
        ("DELIVERY_STATUS_UNSPECIFIED", None),
        ("not_sent", None), ("", None), ("3", Signal.DELIVERED), ("4", Signal.FAILED), ("5", None), ("²", None),
    ],
)  # fmt: skip
def test_states(state: str, signal: Signal | None) -> None:
    assert states.signal(ACCOUNT.settings.statuses, state) is signal


def test_without_the_setting_numbers_say_nothing() -> None:
    bare = replace(ACCOUNT, settings=Settings(api_key="k", sender="PRIYOM"))
    asked = request((PAYLOADS / "delivered.json").read_bytes())
    assert receive.parse(bare, asked).events == ()
    broken = replace(ACCOUNT, settings=Settings(api_key="k", sender="PRIYOM", statuses="3"))
    assert receive.parse(broken, asked).events == ()


@pytest.mark.parametrize("setting", ["3", "3=", "=sent", "x=sent", "3=read", "3=delivered,4"])
def test_settings_that_cannot_be_read(setting: str) -> None:
    with pytest.raises(states.BadStates):
        states.meanings(setting)


@given(st.dictionaries(st.integers(0, 99).map(str), st.sampled_from(["accepted", "sent", "delivered", "failed"])))
def test_settings_mean_what_they_say(table: dict[str, str]) -> None:
    setting = ", ".join(f"{number} = {word}" for number, word in table.items())
    assert {number: meant.value for number, meant in states.meanings(setting).items()} == table


@pytest.mark.parametrize(
    "body",
    [
        {"event": "call"},
        {"message_id": "1", "direction": 1, "sender": "MTS", "text": "Ваш баланс"},
        {"message_id": "1", "direction": "DIRECTION_INCOMING", "text": "nobody"},
        {"message_id": "1", "direction": 2, "receiver": "79031234567"},
        {"data": {"data": {"data": {"data": {"message_id": "1"}}}}},
    ],
)
def test_not_for_us(body: dict[str, Any]) -> None:
    assert receive.parse(ACCOUNT, request(body)).events == ()


@pytest.mark.parametrize("number", [None, "", "a b", 1.5, True, {}, "9" * 61])
def test_a_message_without_its_number_is_malformed(number: object) -> None:
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, request({"message_id": number, "direction": 2, "delivery_status": 3}))


@pytest.mark.parametrize(
    "query", [{}, {"secret": ""}, {"secret": "x" * 32}, {"secret": "\udcff"}, {"secret": "S" * 32}]
)
def test_the_secret_stands_in_the_address(query: dict[str, str]) -> None:
    receive.verify(ACCOUNT, request({}, secret="s" * 32))
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, request({}, **query))
