"""What the session hands over, read: tables over `payloads/`, and anything at all."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smpp import receive
from priyom.channels.smpp.parcel import Parcel, to_hex
from priyom.channels.smpp.pdu import Address, Command, Named, Pdu, Sm
from priyom.channels.smpp.settings import Settings
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Signal
from priyom.contracts.suite_receiving import JSON, _bent, _storable

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("main", Settings("host", "id", "password", "79000000001", gone_errors="1, 11"), "s" * 32)
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
PHONE = "+77011234567"

TABLE: list[tuple[str, Event]] = [
    ("delivered", Reported("1000001", Signal.DELIVERED, "SMPP: DELIVRD", AT)),
    ("delivered_whole", Reported("1000001,1000002", Signal.DELIVERED, "SMPP: DELIVRD", AT)),
    ("dead_number", Reported("1000003", Signal.FAILED, "SMPP: UNDELIV, err 1", AT, "1", True)),
    ("expired", Reported("1000004", Signal.FAILED, "SMPP: EXPIRED, err 27", AT, "27")),
    ("plain_words", Said(PHONE, "Yes [1]", "in-plain_words", AT)),
    (
        "parts",
        Said(PHONE, "Иә, келемін. Қайда келуім керек? Мекенжайы қандай? Ертең сағат 10:30 👍 ма?", "in-parts", AT),
    ),
    ("middle_missing", Said(PHONE, "раз […] три", "in-middle_missing", AT)),
]


def payload(name: str) -> Request:
    return Request({}, {}, (PAYLOADS / f"{name}.json").read_bytes())


@pytest.mark.parametrize(("name", "event"), TABLE)
def test_payloads(name: str, event: Event) -> None:
    assert receive.parse(ACCOUNT, payload(name)).events == (event,)
    key, chat = receive.identify(ACCOUNT, payload(name))
    assert key == json.loads(payload(name).body)["key"]
    assert chat == PHONE


def test_every_payload_is_in_the_table() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {name for name, _ in TABLE}


def parcel(source: Address, text: bytes = b"1", esm_class: int = 0, coding: int = 0) -> Request:
    sm = Sm(source, Address(1, 1, "79000000001"), text, coding, esm_class)
    return Parcel("k", (Pdu(Command.DELIVER_SM, sm),), AT).request()


@pytest.mark.parametrize(
    "request_",
    [
        parcel(Address(5, 0, "Operator")),
        parcel(Address(0, 0, "")),
        parcel(Address(1, 1, "77011234567"), b"id:5 stat:STRANGE", 0x04),
        parcel(Address(1, 1, "77011234567"), b"hello", 0x04),
        parcel(Address(1, 1, "77011234567"), b"ack", 0x08),
        Parcel("k", (Pdu(Command.ENQUIRE_LINK),), None).request(),
        Parcel("k", (Pdu(Command.DELIVER_SM | 0x80000000, Named("x")),), None).request(),
    ],
)
def test_not_for_us(request_: Request) -> None:
    assert receive.parse(ACCOUNT, request_).events == ()


@pytest.mark.parametrize("number", ["77011234567", "+77011234567", " 77011234567"])
def test_a_number_in_any_spelling(number: str) -> None:
    [event] = receive.parse(ACCOUNT, parcel(Address(1, 1, number))).events
    assert isinstance(event, Said)
    assert event.address == PHONE


def test_what_cannot_be_stored_is_cleaned() -> None:
    [event] = receive.parse(ACCOUNT, parcel(Address(1, 1, "77011234567"), b"\x00a\x00\x00\xd8\x00", 0, 8)).events
    assert isinstance(event, Said)
    assert "\0" not in event.text
    assert event.text.encode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": "k", "pdus": []},
        {"key": "k", "pdus": ["zz"]},
        {"key": "k", "pdus": ["00"]},
        {"key": "k", "pdus": [7]},
        {"pdus": ["0000001000000015000000000000000b"]},
        {"key": "k", "pdus": ["0000001000000015000000000000000b"], "total": "2"},
    ],
)
def test_malformed(body: dict[str, object]) -> None:
    request = Request({}, {}, json.dumps(body).encode())
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, request)
    assert receive.identify(ACCOUNT, request)[0].startswith("sha256:")


def test_a_part_without_its_place_is_malformed() -> None:
    lone = Parcel.of(parcel(Address(1, 1, "77011234567")))
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, replace(lone, total=2).request())


def test_the_public_door_is_shut() -> None:
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, payload("delivered"))


SAMPLES = [json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("*.json"))]
NUMBERS = st.from_regex(r"\+?7701123456[0-9]", fullmatch=True)
SM = st.builds(
    Sm,
    st.builds(Address, st.integers(0, 255), st.integers(0, 255), NUMBERS | st.text("abc1", max_size=20)),
    st.just(Address(1, 1, "79000000001")),
    st.binary(max_size=200),
    st.integers(0, 255),
    st.integers(0, 255),
)
TLVS = st.dictionaries(st.sampled_from([0x1E, 0x20C, 0x20E, 0x20F, 0x423, 0x424, 0x427]), st.binary(max_size=9))


@given(
    st.lists(st.builds(Pdu, st.just(5), SM, st.just(0), st.just(1), TLVS), min_size=1, max_size=3), st.integers(-3, 400)
)
def test_any_message_can_be_read_and_stored(pdus: list[Pdu], total: int) -> None:
    body = {"key": "k", "pdus": [to_hex(pdu) for pdu in pdus], "at": 0, "whole": "", "total": total}
    check(Request({}, {}, json.dumps(body).encode()))


@given(st.one_of(JSON, _bent(SAMPLES)))
def test_any_body_can_be_read_or_is_malformed(body: object) -> None:
    check(Request({}, {}, json.dumps(body).encode()))


def check(request: Request) -> None:
    assert all(map(_storable, receive.identify(ACCOUNT, request)))
    with suppress(Malformed):
        for event in receive.parse(ACCOUNT, request).events:
            assert _storable(event)
