"""WhatsApp through IntellectDialog passes the contract's suite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.events import Event, Reported
from priyom.contracts.message import Message, Outgoing
from priyom.foundation.clock import now


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
    """The window is open in all of it. A dead number is told later, a block never; there are no buttons."""

    key = "intellectdialog"
    address = "+77011234567"
    other_address = "+77051234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """The stage that hears people only."""
        return await Talk.open(self.key, timeout=timeout)

    def outgoing(self, message: Message | str, address: str = "", key: str = "k1") -> Outgoing:
        """Inside the window."""
        return replace(super().outgoing(message, address, key), window_until=now() + timedelta(hours=20))

    def unsigned(self, request: Request) -> list[Request]:
        """Our secret stands in the query."""
        return [replace(request, query={}), replace(request, query={"key": "x" * 32})]
