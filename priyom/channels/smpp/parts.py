"""One message as several short messages, and back: user data headers (UDH), sar_ parameters, or one message_payload.

A text is cut by `foundation.sms`, which never cuts a character in two. The reference number that binds the parts is
made of our own key, so that a part sent once more completes the same message on the phone and begins no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from priyom.channels.smpp import text as alphabets
from priyom.channels.smpp.pdu import Pdu, Sm, Tag
from priyom.channels.smpp.settings import Settings
from priyom.foundation import sms

UDH_FLAG = 0x40
_CONCATENATED_8, _CONCATENATED_16 = 0x00, 0x08


@dataclass(frozen=True, slots=True)
class Part:
    """One submit_sm's worth: its octets, their alphabet, the flag for a header inside them, optional parameters."""

    octets: bytes
    data_coding: int
    esm_class: int
    tlvs: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an incoming part belongs: 1 <= number <= total."""

    reference: int
    total: int
    number: int


def cut(text: str, key: str, settings: Settings) -> list[Part]:
    """The parts of a message, in order."""
    in_ucs2 = _in_ucs2(text, settings)
    texts = _cut_plain(text) if in_ucs2 and sms.is_gsm(text) else sms.cut(text).parts
    coding = alphabets.UCS2 if in_ucs2 else alphabets.DEFAULT
    if len(texts) > 1 and settings.long_messages == "payload":
        return [Part(b"", coding, 0, {Tag.MESSAGE_PAYLOAD: _octets(text, in_ucs2, settings)})]
    made = [_octets(part, in_ucs2, settings) for part in texts]
    if len(made) == 1:
        return [Part(made[0], coding, 0, {})]
    reference = crc32(key.encode())
    if settings.long_messages == "sar":
        return [Part(octets, coding, 0, _sar(reference, len(made), at)) for at, octets in enumerate(made, 1)]
    return [Part(_udh(reference, len(made), at) + octets, coding, UDH_FLAG, {}) for at, octets in enumerate(made, 1)]


def count(text: str, settings: Settings) -> int:
    """How many SMS the gateway bills."""
    return len(_cut_plain(text)) if _in_ucs2(text, settings) and sms.is_gsm(text) else sms.segments(text)


def place(pdu: Pdu) -> tuple[Place | None, bytes]:
    """(where this part belongs, None for a whole message; its octets without the header)."""
    assert isinstance(pdu.body, Sm)
    octets = pdu.body.message or pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")
    if pdu.body.esm_class & UDH_FLAG and octets:
        header, octets = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
        return _checked(_in_header(header)), octets
    sar = [pdu.tlvs.get(tag, b"") for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)]
    if all(sar):
        return _checked(Place(*(int.from_bytes(value) for value in sar))), octets
    return None, octets


def _in_ucs2(text: str, settings: Settings) -> bool:
    if settings.alphabet == "latin1":
        return not sms.is_gsm(text) or any(ord(char) > 0xFF for char in text)
    return settings.alphabet == "ucs2" or not sms.is_gsm(text)


def _cut_plain(text: str) -> Sequence[str]:
    """A text of the basic alphabet, cut as UCS-2: every character is one unit."""
    if len(text) <= sms.UCS2_ONE:
        return [text]
    return [text[at : at + sms.UCS2_MANY] for at in range(0, len(text), sms.UCS2_MANY)]


def _octets(text: str, in_ucs2: bool, settings: Settings) -> bytes:
    if in_ucs2:
        return alphabets.to_ucs2(text)
    return text.encode("latin-1", "replace") if settings.alphabet == "latin1" else alphabets.to_gsm(text)


def _udh(reference: int, total: int, number: int) -> bytes:
    return bytes((5, _CONCATENATED_8, 3, reference & 0xFF, total, number))


def _sar(reference: int, total: int, number: int) -> dict[int, bytes]:
    return {
        Tag.SAR_MSG_REF_NUM: (reference & 0xFFFF).to_bytes(2),
        Tag.SAR_TOTAL_SEGMENTS: bytes((total,)),
        Tag.SAR_SEGMENT_SEQNUM: bytes((number,)),
    }


def _in_header(header: bytes) -> Place | None:
    """The concatenation element among the header's elements."""
    at = 0
    while at + 2 <= len(header):
        kind, size = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + size]
        if (kind, len(value)) == (_CONCATENATED_8, 3):
            return Place(value[0], value[1], value[2])
        if (kind, len(value)) == (_CONCATENATED_16, 4):
            return Place(int.from_bytes(value[:2]), value[2], value[3])
        at += 2 + size
    return None


def _checked(found: Place | None) -> Place | None:
    return found if found and found.total > 1 and 1 <= found.number <= found.total else None
