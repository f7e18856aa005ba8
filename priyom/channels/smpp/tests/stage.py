"""A stage with the clinic's session under way, as a worker would hold it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from priyom.channels.smpp.emulator import SmppEmulator
from priyom.channels.smpp.listen import open as open_session
from priyom.channels.smpp.session import SmppSession
from priyom.contracts.channel import Account
from priyom.contracts.emulator import Mode
from priyom.contracts.events import Event
from priyom.contracts.suite_world import HOOK_SECRET, KeptPost, Stage


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it holds; a slow machine has `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition may be anything
            await asyncio.sleep(0.005)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Held:
    """A session being run, and what it has handed over."""

    session: SmppSession
    post: KeptPost
    task: asyncio.Task[None]

    async def end(self) -> None:
        """Cancel it, as the worker does."""
        self.task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self.task


@dataclass(slots=True)
class SmppStage(Stage):
    """The emulator, and a session over it that is opened with `hold`."""

    held: list[Held] = field(default_factory=list)

    @property
    def smsc(self) -> SmppEmulator:
        """The emulator by its own type."""
        assert isinstance(self.emulator, SmppEmulator)
        return self.emulator

    @property
    def bare(self) -> Account:
        """The account as every process but the worker's has it."""
        return self.channel.account("suite", self.settings, HOOK_SECRET)

    @property
    def account(self) -> Account:
        """The clinic's account, with the newest session."""
        return replace(self.bare, session=self.held[-1].session) if self.held else self.bare

    @property
    def now(self) -> Held:
        """The newest session."""
        return self.held[-1]

    def hold(self, post: KeptPost | None = None, /, **changes: Any) -> Held:
        """Run a session of the account, with other settings where they are given."""
        self.settings = {**self.settings, **{name: str(value) for name, value in changes.items()}}
        post = post or self.post()
        session = open_session(self.http, self.bare, post)
        self.held.append(Held(session, post, asyncio.create_task(session.run())))
        return self.held[-1]

    async def ready(self) -> None:
        """Wait until the session has noticed how the gateway behaves."""
        down = self.emulator.mode is Mode.DOWN
        await until(lambda: self.now.session.bound is not down)

    async def heard(self) -> list[Event]:
        """Wait for the background, and hand out what the session has kept since."""
        await self.world.settled()
        return self.read(self.now.post)

    async def close(self) -> None:
        """End the sessions, then everything."""
        for held in self.held:
            await held.end()
        await super(SmppStage, self).close()
