"""Asks IntellectDialog for people's messages every few seconds: `GET messages` with a date to begin from. The position
kept is the newest date seen; the last minute is asked for again, and the house drops the repeats."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

from priyom.channels.intellectdialog.call import call
from priyom.channels.intellectdialog.messages import FORMAT
from priyom.contracts.channel import Account, Post, Request
from priyom.contracts.errors import Throttled, Unavailable
from priyom.foundation.http import Http

PAGE = 100
OVERLAP = timedelta(minutes=1)
"""Whether «after» means «from», and in which order messages appear, is not documented."""
SHORTEST = 3
"""Seconds; nobody needs to ask more often."""


class Polling:
    """One account's questions."""

    def __init__(self, http: Http, account: Account, post: Post) -> None:
        self._http, self._account, self._post = http, account, post
        self._pause = float(max(SHORTEST, account.settings.poll_seconds))

    async def run(self) -> None:
        """Ask until cancelled. Short troubles are waited out; the others are raised for the clinic to see."""
        while True:
            try:
                await self.once()
            except Unavailable:
                pass
            except Throttled as throttled:
                await asyncio.sleep(throttled.after)
            await asyncio.sleep(self._pause)

    async def once(self) -> None:
        """Take what is new, oldest first; the very first time only remember where to begin."""
        since = await self._post.cursor()
        if not since:
            said = await self._ask("", 0, 1)
            await self._post.keep(str(said.get("date") or ""))
            return
        found = await self._since(since)
        for message in sorted(found, key=lambda item: (str(item.get("created_at")), str(item.get("id")))):
            body = json.dumps({"event": "new_message", "data": message}, ensure_ascii=False)
            await self._post.take(Request({}, {}, body.encode("utf-8", "replace")))
        newest = max([since, *(str(item.get("created_at") or "") for item in found)])
        if newest != since:
            await self._post.keep(newest)

    async def _since(self, since: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            said = await self._ask(since, len(found), PAGE)
            page = said.get("data")
            items = [item for item in page if isinstance(item, dict)] if isinstance(page, list) else []
            found += items
            if len(items) < PAGE:
                return found

    async def _ask(self, since: str, offset: int, limit: int) -> dict[str, Any]:
        query = {"type": "from_client", "provider_id": self._account.settings.provider_id.strip()}
        query |= {"limit": str(limit), "offset": str(offset)}
        if since:
            query["created_after"] = _before(since)
        return await call(self._http, self._account, "GET", "messages", query=query)


def _before(since: str) -> str:
    """A little earlier; a date that cannot be read stays as it is."""
    try:
        return (datetime.strptime(since, FORMAT) - OVERLAP).strftime(FORMAT)  # noqa: DTZ007 - the zone does not matter
    except (ValueError, OverflowError):
        return since


def open(http: Http, account: Account, post: Post) -> Polling | None:
    """Polling, unless the settings rely on webhooks alone."""
    return Polling(http, account, post) if account.settings.poll_seconds > 0 else None
