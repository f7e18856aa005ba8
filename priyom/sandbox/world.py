"""What surrounds the emulators: the one clock, webhooks to the house over loopback, counted work in the background, and
the viewers of the page, who are told when a phone changes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from priyom.contracts.emulator import Hook
from priyom.foundation.clock import now

log = logging.getLogger(__name__)

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CALL_SECONDS = 10.0
BEHIND = 2000
"""So many events a viewer may be behind before it is dropped; its browser comes back and loads everything anew."""


class Viewers:
    """Open event streams of the page. An event is a name and what JSON can carry."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes | None]] = set()

    def join(self) -> asyncio.Queue[bytes | None]:
        """A queue of events as they go over the wire; None says: come back anew."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._queues.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[bytes | None]) -> None:
        """Stop following."""
        self._queues.discard(queue)

    @property
    def count(self) -> int:
        """How many look."""
        return len(self._queues)

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to everybody who looks."""
        if not self._queues:
            return
        line = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        for queue in list(self._queues):
            if queue.qsize() >= BEHIND:
                self.leave(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(line)

    def dismiss(self) -> None:
        """End every stream."""
        for queue in list(self._queues):
            queue.put_nowait(None)
        self._queues.clear()


class SandboxWorld:
    """A `contracts.emulator.World`. `on_change` is called for every changed phone (to keep its state)."""

    def __init__(self, viewers: Viewers, on_change: Callable[[], None]) -> None:
        self._viewers = viewers
        self._on_change = on_change
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.spawned = 0
        """How much work was ever started: two equal readings around a look at the database prove that nothing ran."""

    @property
    def pending(self) -> int:
        """Work under way."""
        return len(self._tasks)

    def now(self) -> datetime:
        """The present moment of the one clock."""
        return now()

    async def call(self, hook: Hook) -> int:
        """POST the hook; its HTTP status, 0 when no answer came or the address is not on this machine."""
        if urlsplit(hook.url).hostname not in LOOPBACK:
            log.warning("a hook outside this machine is not called: %s", urlsplit(hook.url).hostname)
            return 0
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        headers = {**hook.headers, "Content-Type": hook.content_type}
        try:
            async with self._session.post(hook.url, data=hook.body, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` in the background; what it raises is logged."""

        async def run() -> None:
            try:
                await work()
            except Exception:
                log.exception("work of an emulator failed")

        self.spawned += 1
        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def changed(self, kind: str, address: str) -> None:
        """A phone's picture has changed."""
        self._viewers.tell("phone", {"kind": kind, "address": address})
        self._on_change()

    async def close(self) -> None:
        """Stop the work under way and close the connections."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None


class StillWorld:
    """A world in which nothing moves: for asking an emulator about its demo account without running it."""

    def now(self) -> datetime:
        """The present moment of the one clock."""
        return now()

    async def call(self, hook: Hook) -> int:
        """Nobody is called."""
        return 0

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Nothing is run."""

    def changed(self, kind: str, address: str) -> None:
        """Nobody looks."""
