"""The fake gateway's side of one line, as strict as an operator's: nothing before a bind, the right password, its own
senders, texts that fit, not too many at once and not too fast.

Codes are those of the specification's 5.1.3; which of them a live gateway chooses differs from one to the next.
"""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

from priyom.channels.smpp.link import Link
from priyom.channels.smpp.parts import UDH_FLAG, Place, place
from priyom.channels.smpp.pdu import BINDS, Bind, Command, Found, Named, Pdu, Query, Sm, Tag
from priyom.channels.smpp.text import DEFAULT, UCS2
from priyom.contracts.emulator import Mode

SYSTEM_ID, PASSWORD, NAME = "priyom-demo", "demo-pw1", "PRIYOM-SMSC"
CLINIC_NUMBER, CLINIC_NAME = "79000000001", "PRIYOM"
WINDOW = 20
"""Submissions of one line that may wait for an answer."""
RATE = 60
"""Submissions a second, of all lines together."""
MOST_PARTS = 10
SLOW_SECONDS = 3.0
_TIME = re.compile(r"(\d{12}\d\d\d[-+]|\d{12}000R)?", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{6,14}", re.ASCII)

Accepted = tuple[str, Place | None, bytes]


class Store(Protocol):
    """What a line needs of the gateway behind it."""

    mode: Mode

    def too_fast(self) -> bool:
        """Count one submission; whether it is one too many in this second."""

    async def accept(self, sm: Sm, where: Place | None, octets: bytes) -> str:
        """Take a part; its id as submit_sm_resp gives it."""

    def found(self, query: Query) -> Found | None:
        """A message by its id and sender."""

    def came(self, line: Line) -> None:
        """A line has been bound."""


class Line:
    """One client's connection."""

    def __init__(self, store: Store, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._store = store
        self._bound: int | None = None
        self._unanswered = 0
        self.link = Link(reader, writer, self._asked, timeout=10.0)

    @property
    def receives(self) -> bool:
        """Whether receipts and messages may be brought over it."""
        return self._bound in (Command.BIND_RECEIVER, Command.BIND_TRANSCEIVER) and not self.link.down

    @property
    def _sends(self) -> bool:
        return self._bound in (Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER)

    async def _asked(self, pdu: Pdu) -> Pdu | None:
        match pdu.body:
            case Bind() if pdu.command in BINDS:
                return self._bind(pdu, pdu.body)
            case Query() if self._sends:
                found = self._store.found(pdu.body)
                return pdu.answer(0, found) if found else pdu.answer(0x67)
            case Sm() if pdu.command == Command.SUBMIT_SM and self._sends:
                return await self._submit(pdu, pdu.body)
        if pdu.command == Command.UNBIND and self._bound:
            self._bound = None
            return pdu.answer()
        return pdu.answer(0x04)

    def _bind(self, pdu: Pdu, bind: Bind) -> Pdu:
        if self._bound is not None:
            return pdu.answer(0x05)
        if bind.system_id != SYSTEM_ID:
            return pdu.answer(0x0F)
        if bind.password != PASSWORD:
            return pdu.answer(0x0E)
        self._bound = pdu.command
        asyncio.get_running_loop().call_soon(self._store.came, self)  # behind the answer
        return pdu.answer(0, Named(NAME))

    async def _submit(self, pdu: Pdu, sm: Sm) -> Pdu | None:
        if self._store.mode is Mode.THROTTLE or self._unanswered >= WINDOW or self._store.too_fast():
            return pdu.answer(0x58)
        status = refused(pdu, sm)
        if status:
            return pdu.answer(status)
        self._unanswered += 1
        if self._store.mode is Mode.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        where, octets = place(pdu)
        message_id = await self._store.accept(sm, where, octets)
        if self._store.mode is Mode.HANG:
            return None
        self._unanswered -= 1
        return pdu.answer(0, Named(message_id))


def refused(pdu: Pdu, sm: Sm) -> int:
    """The command_status by which a message is refused, 0 when it is fine."""
    name = not sm.source.number.isdecimal()
    if sm.source.number not in (CLINIC_NUMBER, CLINIC_NAME):
        return 0x0A
    if (sm.source.ton == 5) is not name:
        return 0x48
    if sm.to.ton != 1 or sm.to.npi != 1:
        return 0x50 if sm.to.ton != 1 else 0x51
    if not _NUMBER.fullmatch(sm.to.number):
        return 0x0B
    if sm.esm_class & ~(UDH_FLAG | 0x03):
        return 0x43
    if not _TIME.fullmatch(sm.validity):
        return 0x62
    if sm.data_coding not in (DEFAULT, UCS2):
        return 0x45
    return 0 if _fits(pdu, sm) else 0x01


def _fits(pdu: Pdu, sm: Sm) -> bool:
    payload = pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")
    where, octets = place(pdu)
    if not octets or (payload and sm.message) or (sm.esm_class & UDH_FLAG and where is None):
        return False
    if sm.data_coding == UCS2 and len(octets) % 2:
        return False
    if where and where.total > MOST_PARTS:
        return False
    one, many = (140, 134) if sm.data_coding == UCS2 else (160, 153)
    if payload:
        return len(octets) <= many * MOST_PARTS
    return len(octets) <= (many if where else one)
