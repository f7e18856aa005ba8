"""A fake SMS centre on a TCP port of its own: SMPP towards the clinic, a phone for everybody else.

Any well-formed number exists; one that has died takes the message and reports UNDELIV with the network's error 1. A
message in parts stands on the phone when all its parts are there. `habits` are what live gateways differ in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from priyom.channels.smpp import CARD, parts
from priyom.channels.smpp.centre import DELIVERED, ENROUTE, UNDELIVERABLE, Centre, Shown, Taken
from priyom.channels.smpp.gateway import CLINIC_NUMBER, PASSWORD, RATE, SYSTEM_ID, Line
from priyom.channels.smpp.link import Link
from priyom.channels.smpp.outbox import Outbox
from priyom.channels.smpp.parts import Place
from priyom.channels.smpp.pdu import Address, Command, Found, Pdu, Query, Sm, Tag
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.statuses import state_word
from priyom.contracts.emulator import Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.message import File
from priyom.foundation.phone import normalize

_LOOPBACK = "127.0.0.1"
_PLAIN = Settings("", "", "", "")


@dataclass(slots=True)
class Habits:
    """`hex_ids`: the answer gives the id in hex, the receipt's text in decimal. `tlvs`: receipts carry optional
    parameters. `early`: the receipt overtakes the answer. `lost`: numbers of parts that never arrive."""

    hex_ids: bool = False
    tlvs: bool = True
    early: bool = False
    lost: frozenset[int] = frozenset()


class SmppEmulator:
    """The SMS centre, its one client, and the phones it reaches."""

    channel = CARD.key
    contact_kind = CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.habits = Habits()
        self.lines: set[Line] = set()
        self.binds = 0
        self._mode = Mode.OK
        self._world = world
        self._outbox = Outbox(world, self._line)
        self._centre = Centre()
        self._server: asyncio.Server | None = None
        self._tcp_port = 0
        self._lately: deque[datetime] = deque()

    @property
    def mode(self) -> Mode:
        """How the gateway behaves. Going down breaks what is open."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        if mode is Mode.DOWN:
            self.drop_lines()

    def routes(self) -> list[web.AbstractRouteDef]:
        """None: SMPP is not HTTP."""
        return []

    async def start(self) -> None:
        """Listen on the port of last time, or on a free one."""
        try:
            self._server = await asyncio.start_server(self._serve, _LOOPBACK, self._tcp_port)
        except OSError:
            self._server = await asyncio.start_server(self._serve, _LOOPBACK, 0)
        self._tcp_port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_lines()
        while self.lines:  # noqa: ASYNC110 - each leaves the set in one of the loop's next turns
            await asyncio.sleep(0)

    def drop_lines(self) -> None:
        """Break every connection without a word."""
        for line in list(self.lines):
            line.link.drop()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one client; `base_url` is not needed, the port is known after `start`."""
        return {
            "host": _LOOPBACK,
            "port": str(self._tcp_port or 9),
            "system_id": SYSTEM_ID,
            "password": PASSWORD,
            "sender": CLINIC_NUMBER,
            "gone_errors": "1",
        }

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Nothing to note: the gateway calls nobody, its client comes by itself."""

    # -- people --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or rename a phone; any number can be written to, so `started` changes nothing."""
        number = normalize(address)
        phone = self._centre.phones.setdefault(number, Phone(number, name, True))
        phone.name = name
        return phone

    def phones(self) -> list[Phone]:
        """All phones, in the order they came up."""
        return list(self._centre.phones.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        """SMS from and to the clinic."""
        return self._centre.messages(address)

    async def press(self, address: str, message: str, button: str) -> None:
        """SMS has no buttons."""
        self._centre.phone(address)
        raise Impossible("в SMS нет кнопок: ответьте цифрой")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Answer the last SMS, or write to the clinic's number."""
        phone = self._centre.phone(address)
        if files:
            raise Impossible("в SMS нет файлов")
        if phone.blocked:
            raise Impossible("номер отключен")
        to = self._centre.last_sender(phone.address) or CLINIC_NUMBER
        if not to.isdecimal():
            raise Impossible("на имя отправителя ответить нельзя")
        number = self._centre.number()
        self._show(phone.address, "out", text, "", number)
        for part in parts.cut(text, str(number), _PLAIN):
            sm = Sm(Address(1, 1, phone.address.lstrip("+")), Address(1, 1, to), part.octets, part.data_coding)
            sm = Sm(sm.source, sm.to, sm.message, sm.data_coding, part.esm_class)
            self._outbox.put(phone.address, Pdu(Command.DELIVER_SM, sm, tlvs=part.tlvs))

    async def start_chat(self, address: str, payload: str) -> None:
        """SMS has no bots."""
        raise Impossible("в SMS нет ботов")

    async def share_phone(self, address: str, phone: str) -> None:
        """SMS has no contact button."""
        raise Impossible("в SMS нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """The number dies, or lives again."""
        phone = self._centre.phone(address)
        phone.blocked = blocked
        self._world.changed(self.contact_kind, phone.address)

    # -- memory --

    def dump(self) -> dict[str, Any]:
        """Phones, messages, the counter, what waits, and the port."""
        return {**self._centre.dump(), "outbox": self._outbox.dump(), "port": self._tcp_port}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        self._centre = Centre.load(state)
        self._outbox.load(state["outbox"])
        if self._server is None:
            self._tcp_port = state["port"]

    # -- what its lines ask (`gateway.Store`) --

    def too_fast(self) -> bool:
        """Count one submission of this second."""
        moment = self._world.now()
        while self._lately and self._lately[0] <= moment - timedelta(seconds=1):
            self._lately.popleft()
        if len(self._lately) >= RATE:
            return True
        self._lately.append(moment)
        return False

    async def accept(self, sm: Sm, where: Place | None, octets: bytes) -> str:
        """Take a part, show the message when it is whole, send its receipt when one is asked for."""
        number, place = self._centre.number(), where or Place(0, 1, 1)
        address = "+" + sm.to.number
        phone = self._centre.phones.setdefault(address, Phone(address, "", True))
        lost = self._mode is Mode.LOSE
        failed = phone.blocked or place.number in self.habits.lost
        taken = Taken(
            number, phone.address, sm.source.number, self._world.now().isoformat(),
            ENROUTE if lost else UNDELIVERABLE if failed else DELIVERED, 1 if phone.blocked else 0,
            place.reference, place.total, place.number, octets.hex(), sm.data_coding,
        )  # fmt: skip
        text = self._centre.keep(taken)
        if text is not None:
            self._show(phone.address, "in", text, taken.sender, number)
        if sm.registered & 0x03 and not lost:
            self._report(taken, sm)
            if self.habits.early:
                await asyncio.sleep(0.05)
        return f"{number:X}" if self.habits.hex_ids else str(number)

    def found(self, query: Query) -> Found | None:
        """A message by its id and sender."""
        for item in reversed(self._centre.taken):
            spelled = f"{item.number:X}" if self.habits.hex_ids else str(item.number)
            if (spelled, item.sender) == (query.message_id, query.source.number):
                return Found(query.message_id, f"{item.stamp}000+", item.state, item.error)
        return None

    def came(self, line: Line) -> None:
        """A line has been bound: what waited goes."""
        self.binds += 1
        self._outbox.again()

    # -- small parts --

    def _show(self, phone: str, direction: str, text: str, sender: str, number: int) -> None:
        at = self._world.now().isoformat()
        self._centre.shown.append(Shown(str(number), phone, at, direction, text, sender))
        self._world.changed(self.contact_kind, phone)

    def _report(self, taken: Taken, sm: Sm) -> None:
        stamp, word = taken.stamp[:10], state_word(taken.state)
        done = "001" if taken.state == DELIVERED else "000"
        text = (
            f"id:{taken.number:010} sub:001 dlvrd:{done} submit date:{stamp} done date:{stamp} stat:{word} "
            f"err:{taken.error:03} text:"
        )
        tlvs: dict[int, bytes] = {}
        if self.habits.tlvs:
            spelled = f"{taken.number:X}" if self.habits.hex_ids else str(taken.number)
            tlvs = {Tag.RECEIPTED_MESSAGE_ID: spelled.encode() + b"\0", Tag.MESSAGE_STATE: bytes((taken.state,))}
        receipt = Sm(sm.to, sm.source, text.encode(), 0, 0x04)
        self._outbox.put(taken.phone, Pdu(Command.DELIVER_SM, receipt, tlvs=tlvs))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self, reader, writer)
        self.lines.add(line)
        try:
            if self._mode is Mode.DOWN:
                line.link.drop()
            await line.link.run()
        finally:
            self.lines.discard(line)

    def _line(self) -> Link | None:
        return next((line.link for line in self.lines if line.receives), None)


def make(world: World) -> SmppEmulator:
    """The SMS centre in this world."""
    return SmppEmulator(world)
