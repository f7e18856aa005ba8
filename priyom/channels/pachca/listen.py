"""Polling instead of a webhook: the bot's history of events (https://dev.pachca.com/guides/webhook/polling), for a
clinic without an address that the internet sees."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

from priyom.channels.pachca import POLLING
from priyom.channels.pachca.api import call
from priyom.contracts.channel import Account, Post, Request, Session
from priyom.contracts.errors import Throttled, Unavailable
from priyom.foundation.http import Http

PAUSE = 3.0  # seconds; about five requests in two seconds are allowed
OVERLAP = timedelta(minutes=1)
"""How far back each round reads again: an event may be listed a little later than its time says. Repeats are dropped by
the post."""


def open(http: Http, account: Account, post: Post) -> Session | None:
    """A session for accounts that poll; None for those with a webhook."""
    return Polling(http, account, post) if account.settings.mode == POLLING else None


class Polling:
    """Reads the history again and again, oldest event first. The position kept is the newest event's time."""

    def __init__(self, http: Http, account: Account, post: Post, pause: float = PAUSE) -> None:
        self._http, self._account, self._post, self._pause = http, account, post, pause

    async def run(self) -> None:
        """Poll until cancelled. Raises Misconfigured (and the like) for the worker to tell."""
        while True:
            pause = self._pause
            try:
                await self.round()
            except Throttled as error:
                pause = max(pause, error.after)
            except Unavailable:
                pause = max(pause, PAUSE)
            await asyncio.sleep(pause)

    async def round(self) -> None:
        """Take everything that is new. Raises the errors of `contracts.errors`."""
        cursor = await self._post.cursor()
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        fresh = await self._fresh(since)
        for event in reversed(fresh):
            await self._post.take(Request({}, {}, json.dumps(event["payload"]).encode()))
        if fresh and (newest := max(_at(event) for event in fresh)).isoformat() > cursor:
            await self._post.keep(newest.isoformat())

    async def _fresh(self, since: datetime | None) -> list[dict[str, Any]]:
        """Events from `since` on, newest first, as the vendor lists them; at our very first look one page of them."""
        found: list[dict[str, Any]] = []
        path = "/webhooks/events?limit=50"
        while True:
            said = await call(self._http, self._account, "GET", path)
            page = [event for event in said.get("data") or () if "payload" in event and "created_at" in event]
            found += [event for event in page if since is None or _at(event) >= since]
            ahead = (said.get("meta") or {}).get("paginate") or {}
            if since is None or not page or not ahead.get("has_next") or _at(page[-1]) < since:
                return found
            path = f"/webhooks/events?limit=50&cursor={ahead.get('next_page', '')}"


def _at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["created_at"])
