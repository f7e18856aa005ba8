"""PDUs to bytes and back: the specification's own layout, laws for any PDU, and what is no PDU."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smpp.pdu import Address, BadPdu, Bind, Command, Found, Named, Pdu, Query, Sm, Tag, decode, encode

LATIN = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=8)
OCTET = st.integers(0, 255)
ADDRESS = st.builds(Address, OCTET, OCTET, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
SM = st.builds(Sm, ADDRESS, ADDRESS, st.binary(max_size=254), OCTET, OCTET, OCTET, LATIN, st.text("abcXYZ", max_size=5))
NUMBER = st.integers(1, 0x7FFFFFFF)
TLVS = st.dictionaries(st.integers(1, 0xFFFF), st.binary(max_size=300), max_size=4)


def test_the_bytes_of_a_bind() -> None:
    pdu = Pdu(Command.BIND_TRANSCEIVER, Bind("clinic", "secret"), 0, 1)
    assert encode(pdu).hex() == (
        "00000023" "00000009" "00000000" "00000001" "636c696e696300" "73656372657400" "00" "34" "00" "00" "00"
    )  # fmt: skip
    assert "secret" not in repr(pdu)


def test_the_bytes_of_a_message() -> None:
    sm = Sm(Address(5, 0, "CLINIC"), Address(1, 1, "77011234567"), b"Hi", 0, 0, 1)
    assert encode(Pdu(Command.SUBMIT_SM, sm, 0, 7, {Tag.MESSAGE_STATE: b"\x02"})).hex() == (
        "00000039" "00000004" "00000000" "00000007" "00" "0500" "434c494e494300" "0101" "373730313132333435363700"
        "00" "00" "00" "00" "00" "01" "00" "00" "00" "02" "4869" "0427" "0001" "02"
    )  # fmt: skip


@given(SM, NUMBER, TLVS)
def test_messages_come_back_as_they_were(sm: Sm, number: int, tlvs: dict[int, bytes]) -> None:
    for command in (Command.SUBMIT_SM, Command.DELIVER_SM):
        pdu = Pdu(command, sm, 0, number, tlvs)
        assert decode(encode(pdu)) == pdu


@given(ADDRESS, ADDRESS, OCTET, OCTET, OCTET, NUMBER, st.binary(max_size=2000))
def test_data_sm_comes_back(a: Address, b: Address, coding: int, esm: int, reg: int, number: int, text: bytes) -> None:
    pdu = Pdu(Command.DATA_SM, Sm(a, b, b"", coding, esm, reg), 0, number, {Tag.MESSAGE_PAYLOAD: text})
    assert decode(encode(pdu)) == pdu


@pytest.mark.parametrize(
    "pdu",
    [
        Pdu(Command.BIND_TRANSMITTER, Bind("clinic", "secret", "type"), 0, 3),
        Pdu(Command.BIND_TRANSCEIVER | 0x80000000, Named("SMSC"), 0, 3),
        Pdu(Command.SUBMIT_SM | 0x80000000, Named("3E8"), 0, 3),
        Pdu(Command.QUERY_SM, Query("3E8", Address(5, 0, "CLINIC")), 0, 3),
        Pdu(Command.QUERY_SM | 0x80000000, Found("3E8", "260320090000000+", 2, 0), 0, 3),
        Pdu(Command.ENQUIRE_LINK, None, 0, 3),
        Pdu(Command.UNBIND | 0x80000000, None, 0, 3),
        Pdu(Command.GENERIC_NACK, None, 3, 3),
    ],
)
def test_other_kinds_come_back(pdu: Pdu) -> None:
    assert decode(encode(pdu)) == pdu


@pytest.mark.parametrize("command", [Command.SUBMIT_SM, Command.BIND_TRANSCEIVER, Command.DELIVER_SM])
def test_a_refusal_may_have_no_body(command: Command) -> None:
    assert decode(encode(Pdu(command | 0x80000000, None, 0x58, 9))) == Pdu(command | 0x80000000, Named(), 0x58, 9)


def test_an_unknown_command_keeps_its_number() -> None:
    raw = encode(Pdu(0x1234, None, 0, 9)) + b"abc"
    assert decode(len(raw).to_bytes(4) + raw[4:]).sequence == 9


@pytest.mark.parametrize("cut", range(16, 60))
def test_a_message_cut_short_is_no_pdu(cut: int) -> None:
    raw = encode(Pdu(Command.SUBMIT_SM, Sm(Address(1, 1, "79"), Address(1, 1, "77011234567"), b"Hi" * 9), 0, 7))
    assert len(raw) > 60
    with pytest.raises(BadPdu) as caught:
        decode(cut.to_bytes(4) + raw[4:cut])
    assert (caught.value.status, caught.value.sequence) == (0x02, 7)


def test_a_name_too_long_is_no_pdu() -> None:
    with pytest.raises(BadPdu):
        decode(encode(Pdu(Command.BIND_TRANSCEIVER, Bind("x" * 16, "p"), 0, 1)))
    assert decode(encode(Pdu(Command.BIND_TRANSCEIVER, Bind("x" * 15, "p"), 0, 1)))


@given(st.binary(max_size=80), st.sampled_from([*Command, 0x80000004, 0x80000003, 0x80000009]))
def test_anything_is_a_pdu_or_a_bad_one(junk: bytes, command: int) -> None:
    raw = (16 + len(junk)).to_bytes(4) + command.to_bytes(4) + bytes(4) + (5).to_bytes(4) + junk
    with suppress(BadPdu):
        assert decode(raw).sequence == 5
    with pytest.raises(BadPdu):
        decode(junk[:15])
