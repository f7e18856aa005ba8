"""The suite's stage with a line held open, as the worker holds it, and what the line hands over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from priyom.channels.sip_voice.emulator import SipVoiceEmulator
from priyom.channels.sip_voice.listen import Line
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import ChannelError
from priyom.contracts.events import Event
from priyom.contracts.message import Outgoing, Receipt
from priyom.contracts.suite_world import HOOK_SECRET, KeptPost

PATIENCE = 20.0
"""Generous: the tests' machine may be busy with other things."""


@dataclass(slots=True)
class Held:
    """A line under way."""

    line: Line
    post: KeptPost
    running: asyncio.Task[None]


@dataclass(slots=True)
class VoiceStage(Stage):
    """`events` are kept over reads, so that a test can wait for one."""

    held: Held | None = None
    all_events: list[Event] = field(default_factory=list)

    @property
    def network(self) -> SipVoiceEmulator:
        """The emulator by its own type."""
        return cast(SipVoiceEmulator, self.emulator)

    def hold(self, account: Account) -> Held:
        """A line of this account."""
        post = self.post()
        assert self.channel.listener is not None
        line = self.channel.listener.open(self.http, account, post)
        assert isinstance(line, Line)
        return Held(line, post, asyncio.get_running_loop().create_task(line.run()))

    def with_line(self, **changed: str) -> Account:
        """The clinic's account with its line; the first call opens it, with these settings changed."""
        account = self.channel.account("suite", {**self.settings, **changed}, HOOK_SECRET)
        if self.held is None:
            self.held = self.hold(account)
        return replace(account, session=self.held.line)

    async def send(self, outgoing: Outgoing, **changed: str) -> Receipt:
        """Send over the line."""
        return await self.channel.sender.send(self.http, self.with_line(**changed), outgoing)

    async def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait for something."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not (found := true()):
            assert asyncio.get_running_loop().time() < deadline, what
            await asyncio.sleep(0.02)
        return found

    async def quiet(self, address: str) -> None:
        """End the call to this person, if there is one, and wait until both sides know."""
        await self.network.hang_up(address)
        number = address.lstrip("+")
        await self.until(lambda: self.held is None or number not in self.held.line.talking, "the end of the call")

    async def event(self, kind: type[Any], name: str = "") -> Any:
        """The first event of this kind, about the message `name`, that has come or still comes."""

        def find() -> Event | None:
            if self.held is not None:
                self.all_events += self.read(self.held.post)
            found = (e for e in self.all_events if isinstance(e, kind))
            return next((e for e in found if not name or getattr(e, "provider_id", name) == name), None)

        try:
            return await self.until(find, kind.__name__)
        except AssertionError:
            raise AssertionError(f"no {kind.__name__} among {self.all_events}") from None

    async def close(self) -> None:
        """End the line, then all else."""
        if self.held is not None:
            await end(self.held)
        await Stage.close(self)


async def end(held: Held) -> None:
    """Stop a line as the worker does."""
    held.running.cancel()
    with suppress(asyncio.CancelledError, ChannelError):
        await held.running


async def opened(*, timeout: float = 5.0) -> VoiceStage:
    """A stage with the emulator under way."""
    return cast(VoiceStage, await VoiceStage.open("sip_voice", timeout=timeout))
