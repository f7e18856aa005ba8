"""Events of the fake VK on their way out: to every server on the list of Callback API that wants them, and into the
queue of Bots Long Poll. VK repeats after 10 s, 3, 10, 30 and 60 minutes and then lets go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha1
from typing import Any

from priyom.channels.vk.emulator_state import GROUP, Server, State
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import HookPost, Parcel

LIFE = timedelta(minutes=104)
QUEUE = 1000
"""Events kept for Bots Long Poll; who asks for older ones is told that they are lost."""


class News:
    """The way out of one state."""

    def __init__(self, state: Callable[[], State], world: World) -> None:
        self._get, self._world = state, world
        self.post = HookPost(world, lambda status: status == 200, _count)
        self._fresh = asyncio.Event()
        self._stopped = False

    @property
    def _state(self) -> State:
        return self._get()

    def tell(self, kind: str, chat: str, content: Mapping[str, Any]) -> None:
        """An event of a dialog, to whoever wants its kind."""
        state = self._state
        number = sha1(f"event {state.next()}".encode(), usedforsecurity=False).hexdigest()
        event = {"group_id": GROUP, "type": kind, "event_id": number, "v": "5.199", "object": dict(content)}
        for server in state.servers.values():
            if server.status == "ok" and kind in server.events:
                self._call(server, chat, {**event, "v": server.version, "secret": server.secret})
        if state.polling and kind in state.polled:
            state.queue = [*state.queue, (state.place, {**event, "v": state.polling_version})][-QUEUE:]
            state.place += 1
            self._wake()

    def try_address(self, server: Server) -> None:
        """Ask the address for the code. A hook tells the status of an answer only, so any 200 will do here."""

        async def ask() -> None:
            body = {"type": "confirmation", "group_id": GROUP, "secret": server.secret}
            status = await self._world.call(Hook(server.url, {}, json.dumps(body).encode()))
            server.status = "ok" if status == 200 else "failed"

        server.status = "wait"
        self._world.spawn(ask)

    async def since(self, place: int, seconds: float) -> tuple[int, list[dict[str, Any]]]:
        """(the next place, events from `place` on), after at most so many real seconds if there are none."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self._stopped and not self._waiting(place) and (left := end - loop.time()) > 0:
            self._fresh.clear()
            try:
                await asyncio.wait_for(self._fresh.wait(), left)
            except TimeoutError:
                break
        return self._state.place, self._waiting(place)

    def oldest(self) -> int:
        """The place of the oldest event still kept."""
        return self._state.queue[0][0] if self._state.queue else self._state.place

    def start(self) -> None:
        """Hold questions open again, and try what nobody took."""
        self._stopped = False
        self.post.again()

    def stop(self) -> None:
        """Let go of those who wait."""
        self._stopped = True
        self._wake()

    def _waiting(self, place: int) -> list[dict[str, Any]]:
        return [event for at, event in self._state.queue if at >= place]

    def _wake(self) -> None:
        self._fresh.set()

    def _call(self, server: Server, chat: str, body: Mapping[str, Any]) -> None:
        hook = Hook(server.url, {}, json.dumps(body).encode())
        self.post.put(f"{server.id}:{chat}", Parcel(hook, self._world.now() + LIFE))


def _count(hook: Hook, taken: bool) -> None:
    """VK counts the failures in a header of the next try."""
    if not taken and isinstance(hook.headers, dict):
        hook.headers["X-Retry-Counter"] = str(int(hook.headers.get("X-Retry-Counter", "0")) + 1)
