"""Polling by getUpdates: good for a clinic without an address that the internet sees, and for servers that cannot
promise the one second a webhook is given. One consumer only: asking with an offset deletes everything before it."""

from __future__ import annotations

import asyncio
import json

from priyom.channels.yandex import POLLING
from priyom.channels.yandex.send import check, connect, updates
from priyom.contracts.channel import Account, Post, Request, Session
from priyom.contracts.errors import Throttled, Unavailable
from priyom.foundation.http import Http

PAUSE = 2.0  # seconds between empty answers; the method does not wait by itself


def open(http: Http, account: Account, post: Post) -> Session | None:
    """A session for accounts that poll; None for those with a webhook."""
    return Polling(http, account, post) if account.settings.mode == POLLING else None


class Polling:
    """Asks again and again; an update is deleted at the vendor only after the post has kept it."""

    def __init__(self, http: Http, account: Account, post: Post, pause: float = PAUSE) -> None:
        self._http, self._account, self._post, self._pause = http, account, post, pause
        self._cleared = False

    async def run(self) -> None:
        """Poll until cancelled. Raises Misconfigured (and the like) for the worker to tell."""
        while True:
            try:
                pause = 0.0 if await self.round() else self._pause
            except Throttled as error:
                pause = max(self._pause, error.after)
            except Unavailable:
                pause = max(self._pause, 1.0)
            await asyncio.sleep(pause)

    async def round(self) -> int:
        """Take what waits; how many updates there were. Raises the errors of `contracts.errors`."""
        await self._clear()
        offset = int(await self._post.cursor() or "0")
        found = await updates(self._http, self._account, offset)
        for update in found:
            body = json.dumps({"updates": [update]}).encode()
            await self._post.take(Request({}, {}, body))
        numbers = [update["update_id"] for update in found if isinstance(update.get("update_id"), int)]
        if numbers:
            await self._post.keep(str(max(numbers) + 1))
        return len(numbers)

    async def _clear(self) -> None:
        """While a webhook stands, getUpdates gives nothing: take it down once, as the clinic's choice of mode says."""
        if not self._cleared and (await check(self._http, self._account)).webhook:
            await connect(self._http, self._account, "")
        self._cleared = True
