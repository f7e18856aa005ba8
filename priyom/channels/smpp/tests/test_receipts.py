"""Receipts and message ids in all the spellings gateways use, and what a command_status leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smpp import ids, receipts, statuses
from priyom.channels.smpp.pdu import Address, Command, Pdu, Sm, Tag
from priyom.channels.smpp.receipts import Word
from priyom.channels.smpp.settings import Settings
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Throttled, Unavailable
from priyom.contracts.message import Signal

PLAIN = Settings("host", "id", "password", "CLINIC")
HEX = replace(PLAIN, message_ids="hex_then_dec")
DEC = replace(PLAIN, message_ids="dec_then_hex")
SPEC = "id:{} sub:001 dlvrd:001 submit date:2603200900 done date:2603200901 stat:{} err:{} text:stat:EXPIRED id:7"


def receipt(text: str, *, esm_class: int = 0x04, tlvs: dict[int, bytes] | None = None) -> Pdu:
    sm = Sm(Address(1, 1, "77011234567"), Address(5, 0, "CLINIC"), text.encode(), 0, esm_class)
    return Pdu(Command.DELIVER_SM, sm, tlvs=tlvs or {})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SPEC.format("0000001000", "DELIVRD", "000"), Word("1000", "DELIVRD", Signal.DELIVERED, "")),
        (SPEC.format("3E8", "EXPIRED", "045"), Word("3E8", "EXPIRED", Signal.FAILED, "45")),
        ("ID:abc-9 Stat:Delivrd ERR:0", Word("abc-9", "DELIVRD", Signal.DELIVERED, "")),
        ("stat: UNDELIV id: 5 err:001", Word("5", "UNDELIV", Signal.FAILED, "1")),
        ("id:5 stat:REJECTD err:0A1", Word("5", "REJECTD", Signal.FAILED, "A1")),
        ("id:5 stat:ENROUTE", Word("5", "ENROUTE", Signal.SENT, "")),
        ("id:5 stat:ACCEPTD", Word("5", "ACCEPTD", Signal.ACCEPTED, "")),
        ("id:5 stat:UNKNOWN", Word("5", "UNKNOWN", Signal.FAILED, "")),
        ("id:5 stat:DELETED", Word("5", "DELETED", Signal.FAILED, "")),
        ("id:5 stat:WHATEVER", Word("5", "WHATEVER", None, "")),
        ("stat:DELIVRD", None),
        ("id:5", None),
        ("text:id:5 stat:DELIVRD", None),
        ("", None),
    ],
)
def test_the_text_of_a_receipt(text: str, word: Word | None) -> None:
    assert receipts.read(receipt(text), PLAIN) == word


def test_parameters_are_believed_before_the_text() -> None:
    tlvs: dict[int, bytes] = {
        Tag.RECEIPTED_MESSAGE_ID: b"9\0",
        Tag.MESSAGE_STATE: b"\x05",
        Tag.NETWORK_ERROR_CODE: b"\x03\x00\x0b",
    }
    assert receipts.read(receipt("id:5 stat:DELIVRD", tlvs=tlvs), PLAIN) == Word("9", "UNDELIV", Signal.FAILED, "11")
    assert receipts.read(receipt("", tlvs=tlvs), PLAIN) == Word("9", "UNDELIV", Signal.FAILED, "11")


@pytest.mark.parametrize(
    ("esm_class", "tlvs", "is_receipt", "is_message"),
    [
        (0x04, {}, True, False),
        (0x44, {}, True, False),
        (0x20, {}, True, False),
        (0x00, {}, False, True),
        (0x40, {}, False, True),
        (0x03, {}, False, True),
        (0x08, {}, False, False),
        (0x10, {}, False, False),
        (0x00, {Tag.RECEIPTED_MESSAGE_ID: b"9\0", Tag.MESSAGE_STATE: b"\2"}, True, False),
        (0x00, {Tag.RECEIPTED_MESSAGE_ID: b"9\0"}, False, True),
    ],
)
def test_a_receipt_is_told_from_words(
    esm_class: int, tlvs: dict[int, bytes], is_receipt: bool, is_message: bool
) -> None:
    pdu = receipt("id:5 stat:DELIVRD", esm_class=esm_class, tlvs=tlvs)
    assert (receipts.is_receipt(pdu), receipts.is_message(pdu)) == (is_receipt, is_message)


@pytest.mark.parametrize(
    ("settings", "answered", "receipted", "asked"),
    [
        (PLAIN, "1000", "0000001000", "1000"),
        (PLAIN, "0b1c-77", "0b1c-77", "0b1c-77"),
        (HEX, "3E8", "0000001000", "3E8"),
        (HEX, "000003e8", "1000", "3E8"),
        (DEC, "1000", "3e8", "1000"),
        (DEC, "0001000", "000003E8", "1000"),
    ],
)
def test_both_spellings_of_an_id_are_one(settings: Settings, answered: str, receipted: str, asked: str) -> None:
    known = ids.answered(answered, settings)
    assert known == ids.receipted(receipted, settings)
    assert ids.asked(known, settings) == asked


def test_the_parameter_spells_as_the_answer_does() -> None:
    pdu = receipt("id:1000 stat:DELIVRD", tlvs={Tag.RECEIPTED_MESSAGE_ID: b"3E8\0"})
    word = receipts.read(pdu, HEX)
    assert word
    assert word.message_id == "1000"


@given(st.lists(st.from_regex(r"[0-9A-Za-z-]{1,64}", fullmatch=True), min_size=1, max_size=12))
def test_a_provider_id_is_never_too_long(given: list[str]) -> None:
    whole = ids.whole(given)
    assert len(whole) <= 200
    assert list(ids.parts(whole)) in (given, [])
    assert ids.whole([*given, "x"]) != whole


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0x01, Rejected), (0x04, Unavailable), (0x05, Unavailable), (0x08, Unavailable), (0x0A, Misconfigured),
        (0x0B, NotReachable), (0x0D, Misconfigured), (0x0E, Misconfigured), (0x0F, Misconfigured), (0x14, Throttled),
        (0x43, Rejected), (0x45, Rejected), (0x58, Throttled), (0x62, Rejected), (0x64, Unavailable), (0x66, Rejected),
        (0x400, Rejected), (0xFF, Rejected),
    ],
)  # fmt: skip
def test_refusals(status: int, kind: type[ChannelError]) -> None:
    made = statuses.refusal(status, PLAIN)
    assert type(made) is kind
    assert made.code == f"0x{status:02X}"


@pytest.mark.parametrize("listed", ["0x400", "1024", "0x401, 0x400", "x; 0x400"])
def test_the_gateway_s_own_codes_can_stop_the_account(listed: str) -> None:
    assert type(statuses.refusal(0x400, replace(PLAIN, stop_statuses=listed))) is Misconfigured
    assert type(statuses.refusal(0x402, replace(PLAIN, stop_statuses=listed))) is Rejected
