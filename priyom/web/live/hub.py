"""Hears what has changed, once per process, and hands it to every open page. It lives as long as somebody listens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import psycopg

from priyom.delivery import primary
from priyom.delivery.database import ANSWER_WITHIN, Database, conninfo, cut
from priyom.inbox.news import places
from priyom.journal import bell
from priyom.web.live.lookers import Lookers
from priyom.web.live.page import Heard, Page

log = logging.getLogger(__name__)

GATHER = 0.03
"""Seconds between two looks: rings that come faster are heard together."""
LOOK = 30.0
"""Seconds after which one looks without a ring, so that the place does not grow old in a quiet hour."""
LONGEST_WAIT = 10.0
OVERLAP = 10.0
"""Seconds. A page was made within so many before it is sent: it shall be told of what happened since."""


class _Process:
    """The hub of each event loop (one in a server process; tests have a loop each), and where it lately was."""

    by_loop: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]] = WeakKeyDictionary()
    places: ClassVar[deque[tuple[float, str]]] = deque(maxlen=60)


def hub() -> Hub:
    """The hub of the running event loop."""
    return _Process.by_loop.setdefault(asyncio.get_running_loop(), Hub())


def recently() -> str:
    """A place from before the page now being made was begun, for it to follow on from; '' when none is known. May be
    called from any thread, and asks nobody."""
    limit = time.monotonic() - OVERLAP
    return next((place for moment, place in reversed(list(_Process.places)) if moment <= limit), "")


class Hub:
    """Listens on one connection, reads what is new, and wakes the pages it concerns."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._task: asyncio.Task[None] | None = None
        self._place: bell.Place | None = None
        self._ready = asyncio.Event()
        self._database = Database()
        self._lookers = Lookers(self._database)

    @property
    def place(self) -> str:
        """Up to where every page that has caught up was told."""
        return str(self._place) if self._place else ""

    def join(self, page: Page) -> None:
        """A page has come; the first one starts the listening."""
        self._pages.add(page)
        if page.looking:
            self._lookers.come(page.looking)
        if self._task is None or self._task.done():
            self._place = None
            self._ready.clear()
            self._task = asyncio.create_task(self._listen(), name="live")

    def leave(self, page: Page) -> None:
        """A page has gone; the last one ends the listening."""
        self._pages.discard(page)
        if page.looking:
            self._lookers.go(page.looking)
        if not self._pages and self._task is not None:
            self._task.cancel()
            self._task = None
            self._database.let_go()

    async def catch_up(self, page: Page, after: str) -> None:
        """Tell a page that has joined what happened since the place it names. Whatever is told to all from now on it
        hears anyway; so what is read here, later than that, leaves no gap."""
        await self._ready.wait()
        if after != self.place:
            page.take(Heard.of(await self._since(bell.Place.of(after), page)))
        page.caught_up = True

    async def _since(self, place: bell.Place | None, page: Page) -> AbstractSet[str] | None:
        """What has changed for this page since then; None: everything may have."""
        if place is None:
            return None
        try:
            (row,) = await self._database.rows(bell.sql["news"], bell.asked(place))
            words = bell.told(place, row).words
            return words if words is None else words | await self._placed(words, [page])
        except psycopg.Error:
            return None

    async def _listen(self) -> None:
        wait = 0.5
        while True:
            try:
                async with await primary.connect(conninfo()) as listening:
                    await listening.execute(f"LISTEN {bell.CHANNEL}")
                    while True:
                        await self._look(listening)
                        wait = 0.5
                        await asyncio.sleep(GATHER)
                        async for _ in listening.notifies(timeout=LOOK, stop_after=1):
                            pass
            except psycopg.Error as error:
                log.warning("the live stream has lost the database, trying again: %s", str(error).strip())
            except Exception:
                log.exception("the live stream has failed, trying again")
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    async def _look(self, listening: psycopg.AsyncConnection[Any]) -> None:
        alarm = asyncio.get_running_loop().call_later(ANSWER_WITHIN, cut, listening)
        try:
            cursor = await listening.execute(bell.sql["news"].encode(), bell.asked(self._place))
            row = await cursor.fetchone()
        finally:
            alarm.cancel()
        assert row is not None
        news = bell.told(self._place, row)
        first = self._place is None
        if news.words and not first:
            # Before the place moves on: a page that leaves meanwhile must not believe it was told.
            await self._tell(news.words)
        elif news.words is None and not first:
            self._spread(Heard.of(None))
        self._place = news.place
        _Process.places.append((time.monotonic(), str(news.place)))
        self._ready.set()

    async def _tell(self, words: AbstractSet[str]) -> None:
        self._lookers.heard(words)
        self._spread(Heard.of(words | await self._placed(words, self._pages)))

    def _spread(self, heard: Heard) -> None:
        for page in self._pages:
            page.take(heard)

    async def _placed(self, words: AbstractSet[str], pages: Iterable[Page]) -> frozenset[str]:
        """The open threads in which the messages and files stand that have changed: those bear no thread's number."""
        if not any(word.startswith(("delivery:", "file:")) for word in words):
            return frozenset()
        shown = {word for page in pages for word in page.interest}
        chats = {word for word in shown if word.startswith("chat:")}
        return await places(self._database, words, chats) if shown else frozenset()
