"""Texts into parts and back: known sizes, and laws for any text, alphabet and way of binding parts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smpp import parts
from priyom.channels.smpp.pdu import Address, Command, Pdu, Sm, Tag
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.text import ASCII, CYRILLIC, LATIN, UCS2, decoded, from_gsm, to_gsm
from priyom.foundation import sms

PLAIN = Settings("host", "id", "password", "CLINIC")
WAYS = ["udh", "sar", "payload"]
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
TRICKY = st.text(st.sampled_from("яәa👍€[{ "), max_size=700)


def test_the_alphabet_is_the_one_texts_are_cut_by() -> None:
    assert {char for code in range(128) if (char := from_gsm(bytes((code,)))) != "?"} - {""} == sms.GSM - {"?"}
    assert all(from_gsm(to_gsm(char)) == char for char in sms.GSM | sms.EXTENDED)
    assert to_gsm("@$_[€") == b"\x00\x02\x11\x1b\x3c\x1b\x65"


@pytest.mark.parametrize(
    ("octets", "coding", "text"),
    [
        (b"\x00", 0, "@"),
        (b"\x00", 0xF0, "@"),
        (b"\x1b", 0, ""),
        (b"\x1bA", 0, "A"),
        (b"\xff", 0, "?"),
        (b"Caf\xe9", LATIN, "Café"),
        (b"a@", ASCII, "a@"),
        ("Да".encode("iso8859-5"), CYRILLIC, "Да"),
        ("Да 👍".encode("utf-16-be"), UCS2, "Да 👍"),
        ("Да".encode("utf-16-be"), 0x18, "Да"),
        (b"\x04", UCS2, "�"),
        (b"\x00\x01", 4, ""),
        (b"\x00\x01", 0xF4, ""),
    ],
)
def test_incoming_alphabets(octets: bytes, coding: int, text: str) -> None:
    assert decoded(octets, coding) == text


def test_a_gateway_whose_default_is_latin() -> None:
    assert decoded(b"@_\xe9", 0, latin=True) == "@_é"
    latin = replace(PLAIN, alphabet="latin1")
    [part] = parts.cut("@_é", "d1", latin)
    assert (part.octets, part.data_coding) == (b"@_\xe9", 0)
    [part] = parts.cut("10 €", "d1", latin)
    assert (part.octets, part.data_coding) == ("10 €".encode("utf-16-be"), UCS2)


def test_a_gateway_that_wants_ucs2_only() -> None:
    always = replace(PLAIN, alphabet="ucs2")
    assert [len(part.octets) for part in parts.cut("a" * 71, "d1", always)] == [6 + 134, 6 + 8]
    assert (parts.count("a" * 71, always), parts.count("a" * 71, PLAIN)) == (2, 1)


def back(cut: list[parts.Part], settings: Settings) -> str:
    """As the other end reads it."""
    found = {}
    for part in reversed(cut):
        sm = Sm(Address(), Address(), part.octets, part.data_coding, part.esm_class)
        where, octets = parts.place(Pdu(Command.DELIVER_SM, sm, tlvs=part.tlvs))
        assert (where is None) == (len(cut) == 1)
        found[where.number if where else 1] = octets
        if where:
            assert where.total == len(cut)
    # Each part alone must be readable: nothing is cut in two.
    latin = settings.alphabet == "latin1"
    return "".join(decoded(found[number], cut[0].data_coding, latin=latin) for number in sorted(found))


@given(st.one_of(ANY, TRICKY), st.sampled_from(WAYS), st.sampled_from(["gsm", "latin1", "ucs2"]))
def test_nothing_is_lost_or_cut_in_two(text: str, way: str, alphabet: str) -> None:
    settings = replace(PLAIN, long_messages=way, alphabet=alphabet)
    cut = parts.cut(text, "d1", settings)
    assert back(cut, settings) == text
    for part in cut:
        # 140 octets travel over the air, or 160 characters that the gateway packs seven bits each.
        most = 140 if part.data_coding == UCS2 else 160
        assert len(part.octets) <= most or way == "payload" or alphabet == "latin1"
    if way != "payload":
        assert len(cut) == parts.count(text, settings)


@given(TRICKY)
def test_the_count_is_the_foundation_s(text: str) -> None:
    assert parts.count(text, PLAIN) == sms.segments(text) == len(parts.cut(text, "d1", PLAIN))


def test_the_headers_of_each_way() -> None:
    text = "я" * 71
    udh = parts.cut(text, "d1", PLAIN)
    assert [part.octets[:3].hex() + part.octets[4:6].hex() for part in udh] == ["0500030201", "0500030202"]
    assert {part.esm_class for part in udh} == {0x40}
    assert udh[0].octets[3] == udh[1].octets[3]
    sar = parts.cut(text, "d1", replace(PLAIN, long_messages="sar"))
    assert [part.tlvs[Tag.SAR_SEGMENT_SEQNUM] for part in sar] == [b"\1", b"\2"]
    assert {part.esm_class for part in sar} == {0}
    [whole] = parts.cut(text, "d1", replace(PLAIN, long_messages="payload"))
    assert (whole.octets, whole.tlvs[Tag.MESSAGE_PAYLOAD]) == (b"", text.encode("utf-16-be"))


def test_the_same_key_binds_the_same_message() -> None:
    def reference(key: str) -> int:
        return parts.cut("я" * 71, key, PLAIN)[0].octets[3]

    assert reference("d1") == reference("d1")
    assert len({reference(f"d{number}") for number in range(50)}) > 25


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        ("050003070201", parts.Place(7, 2, 1)),
        ("0608040107 0302".replace(" ", ""), parts.Place(0x0107, 3, 2)),
        ("0905040b8423f0 000307".replace(" ", "") + "0201", None),
        ("0b05040b8423f00003070201", parts.Place(7, 2, 1)),
        ("050003070200", None),
        ("050003070203", None),
        ("050003070101", None),
        ("05000307", None),
        ("ff", None),
    ],
)
def test_headers_of_others(octets: str, found: parts.Place | None) -> None:
    sm = Sm(Address(), Address(), bytes.fromhex(octets), UCS2, 0x40)
    assert parts.place(Pdu(Command.DELIVER_SM, sm))[0] == found
