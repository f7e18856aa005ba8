"""The outgoing post of an emulator: webhooks leave chat by chat, each chat strictly in order, with a few quick tries.
What nobody took stays and goes first when the chat has something new, or when the emulator is asked to try again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from priyom.contracts.emulator import Hook, World

PAUSES = (0.0, 0.0, 0.1)
"""Real seconds before each try: the vendors' own waits (minutes) would hold up the sandbox's clock."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A webhook and the moment after which the vendor drops it (None: never)."""

    hook: Hook
    expires: datetime | None = None


class HookPost:
    """`taken` says whether the vendor counts this HTTP status as accepted; `noted` hears of each try's outcome."""

    def __init__(
        self, world: World, taken: Callable[[int], bool], noted: Callable[[Hook, bool], None] | None = None
    ) -> None:
        self._world = world
        self._taken = taken
        self._noted = noted
        self._waiting: dict[str, deque[Parcel]] = {}
        self._busy: set[str] = set()
        self.last_failure: tuple[datetime, int] | None = None

    def put(self, chat: str, parcel: Parcel) -> None:
        """Queue a webhook of that chat and send all the chat has."""
        self._waiting.setdefault(chat, deque()).append(parcel)
        self._wake(chat)

    def again(self) -> None:
        """Try everything that waits."""
        for chat in list(self._waiting):
            self._wake(chat)

    def waiting(self) -> int:
        """How many webhooks nobody has taken yet."""
        return sum(len(queue) for queue in self._waiting.values())

    def drop(self) -> None:
        """Forget everything that waits."""
        self._waiting.clear()

    def dump(self) -> list[dict[str, Any]]:
        """What waits, as JSON can carry it."""
        return [
            {
                "chat": chat,
                "url": parcel.hook.url,
                "headers": dict(parcel.hook.headers),
                "body": parcel.hook.body.decode(),
                "type": parcel.hook.content_type,
                "expires": parcel.expires and parcel.expires.isoformat(),
            }
            for chat, queue in self._waiting.items()
            for parcel in queue
        ]

    def load(self, state: list[Mapping[str, Any]]) -> None:
        """Take up what waited; it leaves with `again` or behind it."""
        self._waiting.clear()
        for item in state:
            expires = datetime.fromisoformat(item["expires"]) if item["expires"] else None
            kind = item.get("type", "application/json")  # absent in what was dumped before it was kept
            hook = Hook(item["url"], dict(item["headers"]), item["body"].encode(), kind)
            self._waiting.setdefault(item["chat"], deque()).append(Parcel(hook, expires))

    def _wake(self, chat: str) -> None:
        if chat in self._busy:
            return
        self._busy.add(chat)

        async def drain() -> None:
            try:
                await self._drain(chat)
            finally:
                self._busy.discard(chat)

        self._world.spawn(drain)

    async def _drain(self, chat: str) -> None:
        while queue := self._waiting.get(chat):
            parcel, before = queue[0], len(queue)
            live = parcel.expires is None or self._world.now() <= parcel.expires
            if live and not await self._try(parcel):
                if len(queue) == before:
                    return
                continue  # something new came for the chat while we tried: one more reason to try
            if queue and queue[0] is parcel:
                queue.popleft()
            if not queue and self._waiting.get(chat) is queue:
                del self._waiting[chat]

    async def _try(self, parcel: Parcel) -> bool:
        for pause in PAUSES:
            if pause:
                await asyncio.sleep(pause)
            status = await self._world.call(parcel.hook)
            taken = self._taken(status)
            if self._noted is not None:
                self._noted(parcel.hook, taken)
            if taken:
                return True
            self.last_failure = (self._world.now(), status)
        return False
