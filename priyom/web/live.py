"""The one live stream: tells the pages that something has changed, and lets them ask for what they show.

One connection to the database per process listens for `fact` and wakes every open page; a page gets at most four events
a second, however many facts there are. The hub lives as long as somebody listens to it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import ClassVar
from weakref import WeakKeyDictionary

import psycopg
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from priyom.clinic.models import Staff
from priyom.delivery.database import conninfo

log = logging.getLogger(__name__)

CHANNEL = "priyom"
PAYLOAD = "fact"
PAUSE = 0.25  # seconds between two events of a page
BEAT = 15.0  # seconds between comments that keep proxies from closing a quiet stream
LIFE = 600.0  # seconds; then the page connects again, and it is looked up anew who is asking
LONGEST_WAIT = 10.0

OPENING = b"retry: 2000\n\n"
EVENT = b"event: fact\ndata: 1\n\n"
HEARTBEAT = b": beat\n\n"


class Hub:
    """Listens on one connection and wakes all clients of one event loop."""

    def __init__(self) -> None:
        self._clients: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Event:
        """A new client's bell; the first client starts the listening."""
        bell = asyncio.Event()
        self._clients.add(bell)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="live")
        return bell

    def leave(self, bell: asyncio.Event) -> None:
        """A client has gone; the last one ends the listening."""
        self._clients.discard(bell)
        if not self._clients and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _listen(self) -> None:
        wait = 0.5
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self._ring()  # whatever happened while nobody listened
                    wait = 0.5
                    async for note in listening.notifies():
                        if note.payload == PAYLOAD:
                            self._ring()
            except psycopg.OperationalError as error:
                log.warning("the live stream has lost the database, trying again: %s", str(error).strip())
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    def _ring(self) -> None:
        for bell in self._clients:
            bell.set()


class _Hubs:
    """The hub of each event loop: one in a server process; tests have a loop each."""

    by_loop: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _Hubs.by_loop.setdefault(asyncio.get_running_loop(), Hub())


async def events(life: float = LIFE, beat: float = BEAT, pause: float = PAUSE) -> AsyncIterator[bytes]:
    """The bytes of one client's stream, from its joining to its leaving; times are seconds."""
    ours = hub()
    bell = ours.join()
    loop = asyncio.get_running_loop()
    end = loop.time() + life
    try:
        yield OPENING
        while (rest := end - loop.time()) > 0:
            try:
                await asyncio.wait_for(bell.wait(), min(beat, rest))
            except TimeoutError:
                yield HEARTBEAT
                continue
            bell.clear()
            yield EVENT
            await asyncio.sleep(pause)
    finally:
        ours.leave(bell)


async def stream(request: HttpRequest) -> HttpResponseBase:
    """`/live`: server-sent events; `fact` means that something a screen may show has changed."""
    staff = await request.auser()
    # Django would keep the connection that has looked the person up as long as the stream lasts: one per open page.
    await sync_to_async(connections.close_all)()
    if not isinstance(staff, Staff) or not staff.is_active:
        # 204 tells the browser not to connect again by itself.
        return HttpResponse(status=204)
    response = StreamingHttpResponse(events(), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
