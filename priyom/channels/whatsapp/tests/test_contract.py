"""WhatsApp passes the contract's suite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from priyom.channels.whatsapp.receive import SIGNATURE_HEADER
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.events import AlsoKnownAs, Event, Reported
from priyom.contracts.message import Message, Outgoing
from priyom.foundation.clock import now


@dataclass(slots=True)
class Talk(Stage):
    """Hears only what people do: statuses and second names come along with everything and have tests of their own."""

    async def heard(self) -> list[Event]:
        """Everything but reports and second names."""
        await self.world.settled()
        found: list[Event] = [event for event in self.events() if not isinstance(event, Reported | AlsoKnownAs)]
        self.received.clear()
        return found


class TestContract(ChannelSuite):
    """The window is open in all of it. Meta tells of a dead number and of a closed window only by a later status, and
    of a block never."""

    key = "whatsapp"
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

    def unsigned(self, request: Request) -> list[Request]:
        """Signed with another secret, changed after signing, not signed."""
        headers = dict(request.headers)
        signature = headers.pop(SIGNATURE_HEADER)
        forged = signature[:-1] + ("0" if signature[-1] != "0" else "1")
        return [
            replace(request, headers={**headers, SIGNATURE_HEADER: forged}),
            replace(request, body=request.body + b" "),
            replace(request, headers=headers),
        ]
