"""The sandbox's one process: every channel's emulator, the phones' contract and page, the clock, on one loopback port.

It keeps working while the database is away and takes up the demo accounts as soon as they are there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from aiohttp import web
from django.conf import settings
from django.db import Error as DatabaseError

from priyom.contracts import registry
from priyom.contracts.card import Sort
from priyom.contracts.emulator import Emulator, Mode
from priyom.foundation.clock import clock
from priyom.sandbox.attach import attach, hand_in_templates, lay_out, learn_names, read_demo_phones, read_ties
from priyom.sandbox.clock import Turner
from priyom.sandbox.database import LiveHouse, ask, listen
from priyom.sandbox.keep import Keeper
from priyom.sandbox.page import Page
from priyom.sandbox.phones import Phones, gateway
from priyom.sandbox.problems import problems
from priyom.sandbox.routes import Contract
from priyom.sandbox.world import SandboxWorld, Viewers

log = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
TICK_SECONDS = 20.0
LARGEST_BODY = 60 * 1024 * 1024


class Sandbox:
    """All parts put together. `start` listens and returns; `stop` ends everything and saves the phones."""

    def __init__(self, folder: Path, base_url: str, public_url: str) -> None:
        self._base_url = base_url
        self.viewers = Viewers()
        self.world = SandboxWorld(self.viewers, self._touch)
        self.emulators: Mapping[str, Emulator] = {
            key: registry.emulator(key, self.world)
            for key in sorted(registry.names(), key=_place)
            if _has_emulator(key)
        }
        for emulator in self.emulators.values():
            # Ports of one's own are chosen by the system, and the accounts follow; the mail server's can be fixed.
            if emulator.contact_kind == "email" and hasattr(emulator, "port"):
                emulator.port = settings.SANDBOX_SMTP_PORT
        self.keeper = Keeper(folder, self.emulators)
        self.phones = Phones({key: gateway(emulator) for key, emulator in self.emulators.items()})
        self.house = LiveHouse(lambda: (self.world.pending, self.world.spawned), self._hanging)
        self.turner = Turner(self.house, clock, self._tell_clock)
        self.contract = Contract(self.phones, self.turner, self.viewers, self.keeper)
        self.page = Page(self.phones, self.contract, self.viewers, public_url)
        self._tasks: list[asyncio.Task[Any]] = []
        self._ties: object = None
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, port: int) -> None:
        """Load the phones and listen on 127.0.0.1; port 0 chooses a free one, see `port`."""
        self.keeper.load()
        # The phones lie ready before anything listens: a message to a phone not yet laid out would count as «gone».
        with suppress(DatabaseError, psycopg.Error):
            await lay_out(self.phones, await ask(read_demo_phones))
        for emulator in self.emulators.values():
            await emulator.start()
        with suppress(DatabaseError, psycopg.Error):
            await self.tie()
        app = web.Application(middlewares=[problems], client_max_size=LARGEST_BODY)
        app.add_routes(self.contract.routes())
        app.add_routes(self.page.routes())
        for emulator in self.emulators.values():
            app.add_routes(emulator.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        for work in (
            self.keeper.run(),
            self._keep_tied(),
            self._tick(),
            listen(self.page.heard),
            self.page.tell_news(),
        ):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """End everything."""
        self.viewers.dismiss()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for emulator in self.emulators.values():
            await emulator.stop()
        await self.world.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.house.close()

    async def tie(self) -> bool:
        """Connect the emulators to the demo accounts, if these have changed. False: there are none yet."""
        wanted = {key: emulator.demo_account(self._base_url) for key, emulator in self.emulators.items()}
        ties = await ask(read_ties, wanted)
        if ties and ties != self._ties:
            await lay_out(self.phones, await ask(read_demo_phones))
            attach(self.emulators, ties)
            self._ties = ties
            self.viewers.tell("people", {})
        return bool(ties)

    async def _keep_tied(self) -> None:
        handed_in: set[int] = set()
        while True:
            with suppress(DatabaseError, psycopg.Error):
                if await self.tie():
                    await ask(learn_names)
                    await ask(hand_in_templates, handed_in)
            await asyncio.sleep(CHECK_SECONDS)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._tell_clock()

    def _touch(self) -> None:
        self.keeper.touch()

    def _tell_clock(self) -> None:
        self.viewers.tell("clock", self.turner.picture())

    def _hanging(self) -> list[str]:
        return [key for key, emulator in self.emulators.items() if emulator.mode is Mode.HANG]


def _place(key: str) -> tuple[int, str]:
    """Messengers first, then as the card's sorts go."""
    card = registry.channel(key).card
    return list(Sort).index(card.sort), card.title


def _has_emulator(key: str) -> bool:
    found = find_spec(f"priyom.channels.{key}.emulator") is not None
    if not found:
        log.warning("the channel %s has no emulator", key)
    return found


async def run() -> None:
    """Serve until cancelled."""
    sandbox = Sandbox(settings.DATA / "sandbox", settings.SANDBOX_URL, settings.PUBLIC_URL)
    await sandbox.start(urlsplit(settings.SANDBOX_URL).port or 0)
    log.info("the phones are at %s", settings.SANDBOX_URL)
    try:
        await asyncio.Event().wait()
    finally:
        await sandbox.stop()
