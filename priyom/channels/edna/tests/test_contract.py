"""WhatsApp through edna passes the contract's suite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.events import Event, Reported
from priyom.contracts.message import Message, Outgoing, Receipt
from priyom.foundation.clock import now

KEYS = count(1)


@dataclass(slots=True)
class Talk(Stage):
    """Hears only people: reports come along with everything and have tests of their own."""

    async def heard(self) -> list[Event]:
        """Everything but reports."""
        await self.world.settled()
        found: list[Event] = [event for event in self.events() if not isinstance(event, Reported)]
        self.received.clear()
        return found


class TestContract(ChannelSuite):
    """The window is open in all of it. A dead number is told by a later report, a block never."""

    key = "edna"
    address = "+77011234567"
    other_address = "+77051234567"
    has_unknown = False
    has_blocking = False

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """The stage that hears people only."""
        return await Talk.open(self.key, timeout=timeout)

    def outgoing(self, message: Message | str, address: str = "", key: str = "k1") -> Outgoing:
        """Inside the window."""
        return replace(super().outgoing(message, address, key), window_until=now() + timedelta(hours=20))

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Every message under a key of its own."""
        outgoing = self.outgoing(message, address, f"e{next(KEYS)}")
        return await stage.channel.sender.send(stage.http, stage.account, outgoing)

    async def test_the_same_key_twice_is_one_message(self, stage: Stage) -> None:
        """What the card promises with SAME_KEY."""
        twice = self.outgoing("Ждём вас", key="e-twice")
        receipts = [await stage.channel.sender.send(stage.http, stage.account, twice) for _ in range(2)]
        assert receipts[0] == receipts[1] == Receipt("e-twice")
        assert len(stage.emulator.messages(self.address)) == 1

    def unsigned(self, request: Request) -> list[Request]:
        """Our secret stands in the query."""
        return [replace(request, query={}), replace(request, query={"key": "x" * 32})]
