"""Holds the line by which MAX's updates come: asks for them (GET /updates), or keeps watch over the webhook, which MAX
deletes after eight hours of failures. https://dev.max.ru/docs-api/methods/GET/updates

While a webhook stands, asking brings nothing; so all webhooks go first. MAX keeps updates for a day, takes two
questions a second, and counts as taken what lies before the `marker` of the next question.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from priyom.channels.max_messenger.call import call
from priyom.channels.max_messenger.send import UPDATES, connect, hooks
from priyom.contracts.channel import Account, Post, Request, Session
from priyom.contracts.errors import Misconfigured, Rejected, Throttled, Unavailable
from priyom.foundation.http import Http

POLL_SECONDS = 25
MARGIN = 15.0
BREATH = 0.5
TROUBLES = 5
"""So many failures in a row, with growing pauses, are borne in silence (half a minute); then the clinic is told."""
RIVALS = 3
WATCH_SECONDS = 300.0
OTHER_PROGRAM = "Ответы этого бота забирает вебхук другой программы: отключите её или заведите отдельного бота"


def open(http: Http, account: Account, post: Post) -> Session | None:
    """Polling, or a watch over the webhook, as the account's settings say."""
    return Polling(http, account, post) if account.settings.updates == "polling" else Watch(http, account, post)


class Polling:
    """Asks for updates. The cursor kept is the `marker` of the next question."""

    def __init__(self, http: Http, account: Account, post: Post) -> None:
        self._http, self._account, self._post = http, account, post
        self.pause = 1.0
        """Seconds after the first failure; each further one waits twice as long."""
        self.every = WATCH_SECONDS
        """Seconds after which webhooks are looked for again: one set by somebody starves us without a word."""
        self._looked: float | None = None

    async def run(self) -> None:
        """Until cancelled. Raises Misconfigured (a wrong token, another program's webhook), Unavailable."""
        troubles = rivals = 0
        while True:
            try:
                if self._looked is None or time.monotonic() - self._looked >= self.every:
                    await connect(self._http, self._account, "")
                    self._looked = time.monotonic()
                await self._once()
                troubles = rivals = 0
                await asyncio.sleep(min(BREATH, self.pause))
            except Throttled as throttled:
                await asyncio.sleep(throttled.after)
            except Unavailable:
                troubles += 1
                if troubles > TROUBLES:
                    raise
                await asyncio.sleep(self.pause * 2 ** (troubles - 1))
            except Rejected:
                rivals += 1
                if rivals > RIVALS:
                    raise Misconfigured(OTHER_PROGRAM, "405") from None
                self._looked = None
                await asyncio.sleep(self.pause * rivals)

    async def _once(self) -> None:
        cursor = await self._post.cursor()
        path = f"/updates?timeout={POLL_SECONDS}&limit=100&types={','.join(UPDATES)}"
        if cursor:
            path += f"&marker={cursor}"
        said = await call(self._http, self._account, "GET", path, timeout=POLL_SECONDS + MARGIN)
        updates: Any = said.get("updates")
        for update in updates if isinstance(updates, list) else ():
            raw = Request({"content-type": "application/json"}, {}, json.dumps(update).encode())
            await self._post.take(raw)
        marker = said.get("marker")
        if isinstance(marker, int) and str(marker) != cursor:
            await self._post.keep(str(marker))


class Watch:
    """Registers the webhook where it is missing, so that nobody must press «connect»; looks again every five
    minutes."""

    def __init__(self, http: Http, account: Account, post: Post) -> None:
        self._http, self._account, self._post = http, account, post
        self.every = WATCH_SECONDS

    async def run(self) -> None:
        """Until cancelled. Raises Misconfigured when MAX does not take our address."""
        while True:
            try:
                known = await hooks(self._http, self._account)
                if known.count(self._post.hook_url) != 1:
                    await connect(self._http, self._account, self._post.hook_url)
            except Throttled as throttled:
                await asyncio.sleep(throttled.after)
                continue
            except Unavailable:
                pass  # sending tells of it; the watch is in no hurry
            await asyncio.sleep(self.every)
