"""What the fake gateway still has to bring to its client: receipts and people's messages, each phone's in order, over
any line bound to receive. What was not acknowledged stays, and goes again when a line comes or something new does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from priyom.channels.smpp.link import Link, NoAnswer, NotLeft
from priyom.channels.smpp.parcel import from_hex, to_hex
from priyom.channels.smpp.pdu import Command, Pdu
from priyom.contracts.emulator import World

TRIES = 3


class Outbox:
    """`line` gives a line bound to receive, None when there is none."""

    def __init__(self, world: World, line: Callable[[], Link | None]) -> None:
        self._world = world
        self._line = line
        self._waiting: dict[str, deque[Pdu]] = {}
        self._busy: set[str] = set()
        self.brought = 0
        """How many deliver_sm have been sent, acknowledged or not."""

    def put(self, phone: str, pdu: Pdu) -> None:
        """Queue one deliver_sm, and send all that this phone has."""
        self._waiting.setdefault(phone, deque()).append(pdu)
        self._wake(phone)

    def again(self) -> None:
        """Try everything that waits."""
        for phone in list(self._waiting):
            self._wake(phone)

    def waiting(self) -> int:
        """How many have not been acknowledged."""
        return sum(len(queue) for queue in self._waiting.values())

    def dump(self) -> list[list[str]]:
        """What waits, as JSON can carry it."""
        return [[phone, to_hex(pdu)] for phone, queue in self._waiting.items() for pdu in queue]

    def load(self, state: list[list[str]]) -> None:
        """Take up what waited."""
        self._waiting.clear()
        for phone, raw in state:
            self._waiting.setdefault(phone, deque()).append(from_hex(raw))

    def _wake(self, phone: str) -> None:
        if phone in self._busy:
            return
        self._busy.add(phone)

        async def drain() -> None:
            try:
                while (queue := self._waiting.get(phone)) and await self._bring(queue[0]):
                    queue.popleft()
                    if not queue:
                        del self._waiting[phone]
            finally:
                self._busy.discard(phone)

        self._world.spawn(drain)

    async def _bring(self, pdu: Pdu) -> bool:
        for _ in range(TRIES):
            line = self._line()
            if line is None:
                return False
            self.brought += 1
            try:
                answer = await line.request(Command.DELIVER_SM, pdu.body, pdu.tlvs)
            except (NoAnswer, NotLeft):
                continue
            if answer.status == 0:
                return True
        return False
