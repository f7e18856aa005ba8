"""Fetches people's answers, where the clinic has no webhook at Exolve: the list of messages is read again and again
from a little before the last look. What was handed over before is known by its number and changes nothing."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

from priyom.channels.exolve.message import listed
from priyom.channels.exolve.send import MOST_PAGES, PAGE, between
from priyom.contracts.channel import Account, Post, Request
from priyom.contracts.errors import Malformed, Throttled, Unavailable
from priyom.foundation.clock import now
from priyom.foundation.http import Http

OVERLAP = timedelta(minutes=5)
"""A message may be listed a little later than its date says."""
FIRST_LOOK = timedelta(hours=1)
LONGEST_PAUSE = 300.0


class Polling:
    """The session of one account."""

    def __init__(self, http: Http, account: Account, post: Post) -> None:
        self._http, self._account, self._post = http, account, post
        self._seen: dict[str, datetime] = {}

    async def run(self) -> None:
        """Look until cancelled; wait longer and longer while the vendor cannot answer. Raises Misconfigured."""
        usual = float(self._account.settings.poll_seconds)
        pause = usual
        while True:
            try:
                await self.look()
                pause = usual
            except Throttled as slow:
                pause = max(usual, slow.after)
            except Unavailable:
                pause = min(LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause)

    async def look(self) -> None:
        """Hand over what has come since the last look."""
        until = now()
        since = await self._since(until)
        for page in range(MOST_PAGES):
            items = await between(self._http, self._account, since, until, page)
            for item in items:
                await self._take(json.dumps(item).encode(), until)
            if len(items) < PAGE:
                break
        await self._post.keep(until.isoformat())
        self._seen = {key: at for key, at in self._seen.items() if at > until - 2 * OVERLAP}

    async def _take(self, body: bytes, at: datetime) -> None:
        try:
            message = listed(json.loads(body))
        except Malformed:
            return
        if message.incoming and message.id not in self._seen:
            await self._post.take(Request({"content-type": "application/json"}, {}, body))
        if message.incoming:
            self._seen[message.id] = at

    async def _since(self, until: datetime) -> datetime:
        try:
            return datetime.fromisoformat(await self._post.cursor()) - OVERLAP
        except ValueError:
            return until - FIRST_LOOK


def open(http: Http, account: Account, post: Post) -> Polling | None:
    """A session; None where the settings want none."""
    return Polling(http, account, post) if account.settings.poll_seconds > 0 else None
