"""SMPP 3.4 on the wire: what stands in each protocol data unit, to bytes and back. Knows no sockets and no texts.

Source: SMPP Protocol Specification v3.4, chapters 4 (PDUs) and 5 (parameters). Numbers are big-endian, texts end in NUL
and are read as Latin-1, so that nothing in them can fail.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

HEADER = 16
LONGEST = 64 * 1024
"""Longer announcements are not SMPP: `message_payload` itself holds at most 64 KB."""
RESPONSE = 0x80000000


class Command(IntEnum):
    """`command_id` of requests; a response has the same with the highest bit set."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    QUERY_SM = 0x03
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    DATA_SM = 0x103
    GENERIC_NACK = 0x80000000


BINDS = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})
_BODILESS = frozenset({Command.UNBIND, Command.ENQUIRE_LINK})


class Tag(IntEnum):
    """Optional parameters used here."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class BadPdu(ValueError):
    """Bytes that are no PDU; `status` is what the sender is told, `sequence` is its number (0 when unknown)."""

    def __init__(self, text: str, status: int, sequence: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.sequence = sequence


@dataclass(frozen=True, slots=True)
class Address:
    """Type of number, numbering plan, and the number or name."""

    ton: int = 0
    npi: int = 0
    number: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Bind:
    """The body of all three binds; never printed, for its password."""

    system_id: str
    password: str
    system_type: str = ""
    version: int = 0x34


@dataclass(frozen=True, slots=True)
class Sm:
    """A short message: the body of submit_sm, deliver_sm and (without the times) data_sm."""

    source: Address
    to: Address
    message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    registered: int = 0
    validity: str = ""
    service_type: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A response of one text: who the gateway is (bind), or the message's number (submit, deliver, data)."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """query_sm: the message's number and the sender it was sent under."""

    message_id: str
    source: Address


@dataclass(frozen=True, slots=True)
class Found:
    """query_sm_resp: `state` as in MESSAGE_STATE, `error` the network's."""

    message_id: str
    final_date: str = ""
    state: int = 0
    error: int = 0


Body = Bind | Sm | Named | Query | Found | None


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit. `command` is the bare number, with the response bit."""

    command: int
    body: Body = None
    status: int = 0
    sequence: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def is_response(self) -> bool:
        """Whether it answers one of ours."""
        return bool(self.command & RESPONSE)

    def answer(self, status: int = 0, body: Body = None) -> Pdu:
        """The response to this request."""
        return Pdu(self.command | RESPONSE, body, status, self.sequence)


def encode(pdu: Pdu) -> bytes:
    """The bytes of a PDU. Raises ValueError for what no PDU can hold."""
    body = _written(pdu) + b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in pdu.tlvs.items())
    return struct.pack(">IIII", HEADER + len(body), pdu.command, pdu.status, pdu.sequence) + body


def decode(raw: bytes) -> Pdu:
    """The PDU in these bytes: exactly one. Raises BadPdu."""
    if len(raw) < HEADER:
        raise BadPdu("shorter than a header", 0x02)
    length, command, status, sequence = struct.unpack(">IIII", raw[:HEADER])
    if length != len(raw):
        raise BadPdu("command_length differs from the length", 0x02, sequence)
    scan = _Scan(raw, sequence)
    body = _read(scan, command, status)
    return Pdu(command, body, status, sequence, scan.tlvs())


def _text(text: str) -> bytes:
    return text.encode("latin-1", "replace").replace(b"\0", b"") + b"\0"


def _address(address: Address) -> bytes:
    return bytes((address.ton, address.npi)) + _text(address.number)


def _written(pdu: Pdu) -> bytes:
    match pdu.body:
        case None:
            return b""
        case Named(name):
            return _text(name)
        case Bind(system_id, password, system_type, version):
            return _text(system_id) + _text(password) + _text(system_type) + bytes((version, 0, 0)) + b"\0"
        case Query(message_id, source):
            return _text(message_id) + _address(source)
        case Found(message_id, final_date, state, error):
            return _text(message_id) + _text(final_date) + bytes((state, error))
        case Sm() as sm:
            head = _text(sm.service_type) + _address(sm.source) + _address(sm.to)
            if pdu.command == Command.DATA_SM:
                return head + bytes((sm.esm_class, sm.registered, sm.data_coding))
            times = bytes((sm.esm_class, 0, 0)) + b"\0" + _text(sm.validity)
            return head + times + bytes((sm.registered, 0, sm.data_coding, 0, len(sm.message))) + sm.message


class _Scan:
    """Reads a body from left to right."""

    def __init__(self, raw: bytes, sequence: int) -> None:
        self._raw = raw
        self._at = HEADER
        self._sequence = sequence

    def over(self) -> bool:
        return self._at >= len(self._raw)

    def octet(self) -> int:
        return self.octets(1)[0]

    def octets(self, count: int) -> bytes:
        found = self._raw[self._at : self._at + count]
        if len(found) < count:
            raise BadPdu("the body ends too early", 0x02, self._sequence)
        self._at += count
        return found

    def rest(self) -> bytes:
        return self.octets(len(self._raw) - self._at)

    def text(self, most: int) -> str:
        """Up to NUL; `most` counts it too."""
        end = self._raw.find(b"\0", self._at, self._at + most)
        if end < 0:
            raise BadPdu(f"a text without an end within {most} octets", 0x02, self._sequence)
        found = self._raw[self._at : end].decode("latin-1")
        self._at = end + 1
        return found

    def address(self) -> Address:
        return Address(self.octet(), self.octet(), self.text(21))

    def tlvs(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while not self.over():
            tag, size = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(size)
        return found


def _read(scan: _Scan, command: int, status: int) -> Body:
    bare = command & ~RESPONSE
    if command == Command.GENERIC_NACK or bare in _BODILESS:
        return None
    if command & RESPONSE:
        if scan.over():  # a refusal may come without a body, and some gateways leave it out of a success too
            return Named() if bare != Command.QUERY_SM else None
        if bare == Command.QUERY_SM:
            return Found(scan.text(65), scan.text(17), scan.octet(), scan.octet())
        return (
            Named(scan.text(65)) if bare in (*BINDS, Command.SUBMIT_SM, Command.DELIVER_SM, Command.DATA_SM) else None
        )
    if bare in BINDS:
        bind = Bind(scan.text(16), scan.text(9), scan.text(13), scan.octet())
        scan.octets(2)
        scan.text(41)
        return bind
    if bare == Command.QUERY_SM:
        return Query(scan.text(65), scan.address())
    if bare in (Command.SUBMIT_SM, Command.DELIVER_SM, Command.DATA_SM):
        return _read_sm(scan, bare)
    scan.rest()  # a kind unknown to us: it is answered by its number alone
    return None


def _read_sm(scan: _Scan, command: int) -> Sm:
    service_type, source, to = scan.text(6), scan.address(), scan.address()
    esm_class = scan.octet()
    if command == Command.DATA_SM:
        registered, coding = scan.octet(), scan.octet()
        return Sm(source, to, b"", coding, esm_class, registered, "", service_type)
    scan.octets(2)
    scan.text(17)
    validity = scan.text(17)
    registered, _, coding, _ = scan.octets(4)
    return Sm(source, to, scan.octets(scan.octet()), coding, esm_class, registered, validity, service_type)
