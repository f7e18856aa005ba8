"""Bots Long Poll, for a clinic that has no address in the open: VK keeps a queue of events, and we ask for what follows
the place we have come to (https://dev.vk.com/ru/api/bots-long-poll/getting-started)."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import urlencode

from priyom.channels.vk.api import call
from priyom.channels.vk.community import LONG_POLL, group_id, subscribe
from priyom.contracts.channel import Account, Post, Request
from priyom.contracts.errors import Misconfigured, Rejected, Throttled, Unavailable
from priyom.foundation.http import Http, HttpError

log = logging.getLogger(__name__)

WAIT = 25
"""Seconds VK holds a question open; it advises 25, because some proxies cut at 30."""
LONGEST_PAUSE = 30.0
OFF = "Bots Long Poll выключен: включите его в управлении сообществом или дайте ключу право на управление"


class Trouble(Exception):
    """The line broke; it will be tried again."""


def open(http: Http, account: Account, post: Post) -> Line | None:
    """A line of this account, None where events come by webhook."""
    return Line(http, account, post) if account.settings.receive == LONG_POLL else None


class Line:
    """One community's queue. `pause` is the first wait in seconds after a trouble; it doubles up to half a minute."""

    def __init__(self, http: Http, account: Account, post: Post, *, pause: float = 1.0, wait: int = WAIT) -> None:
        self._http, self._account, self._post = http, account, post
        self._pause, self._wait = pause, wait
        self._group = self._key = self._server = self._ts = ""

    async def run(self) -> None:
        """Ask until cancelled. Raises Misconfigured when the key or the community's settings are at fault."""
        troubles = 0
        while True:
            try:
                if not self._server:
                    await self._begin()
                await self._ask()
                troubles = 0
            except (Trouble, Unavailable, Throttled) as error:
                troubles += 1
                after = error.after if isinstance(error, Throttled) else 0.0
                await asyncio.sleep(max(after, min(LONGEST_PAUSE, self._pause * 2 ** min(troubles - 1, 10))))

    async def _begin(self) -> None:
        """Where to ask and from which place on: from the one kept, for a restart must lose nothing."""
        self._group = await group_id(self._http, self._account)
        try:
            await subscribe(self._http, self._account, self._group)
        except (Misconfigured, Rejected):
            log.info("VK: the key may not switch Bots Long Poll on; it must be on in the community's settings")
        await self._locate(anew=False)
        group, _, ts = (await self._post.cursor()).rpartition(":")
        if group == self._group and ts:
            self._ts = ts

    async def _locate(self, *, anew: bool) -> None:
        """A new key; with `anew`, or when there is none yet, the place is VK's newest."""
        try:
            said = await call(self._http, self._account, "groups.getLongPollServer", {"group_id": self._group})
        except Rejected as error:
            raise Misconfigured(OFF, error.code) from None
        try:
            key, server, ts = str(said["key"]), str(said["server"]), str(said["ts"])
        except (KeyError, TypeError):
            raise Misconfigured("По этому адресу отвечает не VK") from None
        self._key, self._server = key, server
        if anew or not self._ts:
            self._ts = ts

    async def _ask(self) -> None:
        query = urlencode({"act": "a_check", "key": self._key, "ts": self._ts, "wait": self._wait})
        try:
            answer = await self._http.request("GET", f"{self._server}?{query}", timeout=self._wait + 15.0)
            said = answer.json()
        except (HttpError, ValueError, RecursionError):
            raise Trouble from None
        if answer.status != 200 or not isinstance(said, dict):
            raise Trouble
        if "failed" in said:
            await self._recover(said)
            raise Trouble  # with a wait, so that a queue that fails and fails is not asked without end
        await self._hand_over(said)

    async def _recover(self, said: dict[str, Any]) -> None:
        """1: part of the queue is lost, go on from the place told. 2: the key is old. 3: key and place are lost."""
        if said["failed"] == 1 and said.get("ts"):
            log.warning("VK: some events are lost: the queue of community %s was not read for too long", self._group)
            await self._move(str(said["ts"]))
        elif said["failed"] == 2:
            await self._locate(anew=False)
        else:
            log.warning("VK: the place in the queue of community %s is lost", self._group)
            await self._locate(anew=True)
            await self._move(self._ts)

    async def _hand_over(self, said: dict[str, Any]) -> None:
        """First the events, then the place: what was handed over twice is recognized, what was skipped is gone."""
        updates, ts = said.get("updates"), said.get("ts")
        if not isinstance(updates, list) or not isinstance(ts, str | int):
            raise Trouble
        for update in updates:
            await self._post.take(Request({}, {}, json.dumps(update).encode()))
        if updates or str(ts) != self._ts:
            await self._move(str(ts))

    async def _move(self, ts: str) -> None:
        self._ts = ts
        await self._post.keep(f"{self._group}:{ts}")
