"""Watches the clinic's mailbox: patients' answers, bounces and reports come out of it as if they had been posted.

New letters are told by the server (IDLE) or looked for (`imap_poll`). Nothing in the mailbox is changed or marked: how
far it was read is our own note, `<UIDVALIDITY>:<UID>`. A mailbox seen for the first time is taken from its present end
on; one whose numbers began anew is read again from three days ago: what was taken already is known by its Message-ID.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

from priyom.channels.smtp import Settings
from priyom.channels.smtp.attachments import PLACE_HEADER, slim
from priyom.channels.smtp.imap import Imap
from priyom.channels.smtp.mailbox import mailbox
from priyom.contracts.channel import Account, Post, Request
from priyom.contracts.errors import Unavailable
from priyom.foundation.clock import now
from priyom.foundation.http import Http

IDLE_SECONDS = 9 * 60.0
"""RFC 2177 asks for less than 29 minutes; routers forget a silent connection earlier."""
PAUSES = (1.0, 5.0, 15.0)
"""Seconds before each new connection after a broken one; then the worker is told."""
OVERLAP = timedelta(days=3)
_CURSOR = re.compile(r"(\d{1,10}):(\d{1,10})", re.ASCII)


def open(http: Http, account: Account, post: Post) -> Watch | None:
    """A watch over the account's mailbox; None when it has none."""
    settings: Settings = account.settings
    return Watch(settings, post, http.timeout) if settings.imap_host else None


class Watch:
    """One mailbox, one connection at a time."""

    def __init__(self, settings: Settings, post: Post, timeout: float) -> None:
        self._settings = settings
        self._post = post
        self._timeout = timeout
        self._failures = 0

    async def run(self) -> None:
        """Watch until cancelled. Raises Misconfigured at once, Unavailable after a few broken connections in a row."""
        while True:
            try:
                async with mailbox(self._settings, self._timeout) as box:
                    await self._hold(box)
            except Unavailable:
                if self._failures >= len(PAUSES):
                    raise
                await asyncio.sleep(PAUSES[self._failures])
                self._failures += 1

    async def _hold(self, box: Imap) -> None:
        while True:
            box.news = False
            await self._read(box)
            self._failures = 0
            if box.news:
                continue
            if box.can_idle:
                await box.idle(IDLE_SECONDS)
            else:
                await asyncio.sleep(max(1, self._settings.imap_poll))
                await box.ask()

    async def _read(self, box: Imap) -> None:
        """Hand over every new letter, and note each only then: after a crash it is handed over once more."""
        for uid in await self._new(box):
            raw = await box.letter(uid)
            if raw is not None:
                stands = {"content-type": "message/rfc822", PLACE_HEADER: f"{box.validity}:{uid}"}
                await self._post.take(Request(stands, {}, slim(raw)))
            await self._post.keep(f"{box.validity}:{uid}")

    async def _new(self, box: Imap) -> list[int]:
        known = _CURSOR.fullmatch(await self._post.cursor())
        if known and int(known[1]) == box.validity:
            return await box.after(int(known[2]))
        if known:
            return await box.since((now() - OVERLAP).date())
        end = box.next - 1 if box.next else max(await box.after(0), default=0)
        await self._post.keep(f"{box.validity}:{end}")
        return await box.after(end)
