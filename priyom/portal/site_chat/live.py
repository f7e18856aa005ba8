"""The stream that tells an open page that something has changed; the page then asks what. Nothing a person wrote goes
over it, so its address (which stands in logs) gives nothing away.

One connection per process listens for facts, and one look at the database finds which of the open pages they concern.
Whoever listens has the page open: that is noted too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import ClassVar
from weakref import WeakKeyDictionary

import psycopg
from asgiref.sync import sync_to_async
from django.core import signing
from django.db import DatabaseError, connections
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from priyom.contracts.message import LADDER
from priyom.delivery.database import conninfo
from priyom.delivery.models import Delivery, DeliveryState, Op
from priyom.inbox.models import Incoming
from priyom.inbox.visitors import Place, here, left
from priyom.portal.site_chat.entrance import Caller

log = logging.getLogger(__name__)

CHANNEL = "priyom"
SALT = "priyom.chat.live"
TICKET_LIVES = 3600  # seconds
LIFE = 600.0  # seconds; then the page connects again
BEAT = 15.0  # seconds between comments, and between notes that the pages are open
PAUSE = 0.25  # seconds between two looks at the database
MOST_PAGES = 2000  # per process; more have to poll
MOST_OF_ONE = 4  # tabs of one visitor
LONGEST_WAIT = 10.0

OPENING = b"retry: 3000\n\n"
HEARTBEAT = b": beat\n\n"
NEWS, TYPING = b"event: news\ndata: 1\n\n", b"event: typing\ndata: 1\n\n"

Mark = tuple[int, int]
"""How many words, messages and edits stand there; the newest sign that the clinic is writing."""


def ticket(caller: Caller) -> str:
    """What opens the stream for this visitor for an hour."""
    return signing.dumps([caller.account.pk, caller.visitor], salt=SALT)


def marks(places: Iterable[Place]) -> dict[Place, Mark]:
    """What each of the pages would find now. Sync."""
    wanted = set(places)
    rows = Delivery.objects.filter(
        account__in={account for account, _ in wanted}, address__in={address for _, address in wanted},
        state=DeliveryState.SETTLED,
    )  # fmt: skip
    stands = Count("pk", filter=Q(op__in=(Op.SEND, Op.EDIT), signal__in=LADDER))
    writes = Max("pk", filter=Q(op=Op.PRESS, body__typing=True), default=0)
    found = rows.values("account_id", "address").annotate(stands=stands, writes=writes)
    made = {(row["account_id"], row["address"]): (row["stands"], row["writes"]) for row in found}
    said = Incoming.objects.filter(
        account__in={account for account, _ in wanted}, address__in={address for _, address in wanted}
    )
    for row in said.values("account_id", "address").annotate(count=Count("pk")):
        stands_now, writes_now = made.get(place := (row["account_id"], row["address"]), (0, 0))
        made[place] = (stands_now + row["count"], writes_now)
    return made


class Page:
    """One open page: what has happened since it was last told."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.bell = asyncio.Event()
        self.mark: Mark | None = None
        self.said: list[bytes] = []

    def look(self, mark: Mark) -> None:
        """Ring when something is new; the first look tells that the stream is up: what came before it is not lost."""
        before, self.mark = self.mark, mark
        news = [NEWS] if before is None or before[0] != mark[0] else []
        news += [TYPING] if before is not None and before[1] != mark[1] and not news else []
        if news:
            self.said += news
            self.bell.set()


class Hub:
    """Follows the database for all pages of one event loop, for as long as there are any."""

    def __init__(self) -> None:
        self.pages: set[Page] = set()
        self._gone: set[Place] = set()
        self._stir = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, place: Place) -> Page | None:
        """A new page; None when there are too many."""
        if len(self.pages) >= MOST_PAGES or sum(page.place == place for page in self.pages) >= MOST_OF_ONE:
            return None
        page = Page(place)
        self.pages.add(page)
        if not self._tasks or any(task.done() for task in self._tasks):
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look())]
        self._stir.set()
        return page

    def leave(self, page: Page) -> None:
        """A page was closed."""
        self.pages.discard(page)
        if not any(other.place == page.place for other in self.pages):
            self._gone.add(page.place)
            self._stir.set()

    async def _listen(self) -> None:
        wait = 0.5
        while self.pages or self._gone:
            try:
                async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self._stir.set()  # whatever happened while nobody listened
                    wait = 0.5
                    async for note in listening.notifies():
                        if note.payload in ("fact", "clock"):
                            self._stir.set()
            except psycopg.OperationalError as error:
                log.warning("the site chat has lost the database, trying again: %s", str(error).strip())
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    async def _look(self) -> None:
        while self.pages or self._gone:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stir.wait(), BEAT)
            self._stir.clear()
            gone, self._gone = self._gone, set()
            places = {page.place for page in self.pages}
            try:
                # A thread of its own: that of the request in which this task began ends with the request.
                found = await sync_to_async(_round, thread_sensitive=False)(places, gone - places)
            except DatabaseError as error:  # the next beat tries again
                log.warning("the site chat has lost the database, trying again: %s", str(error).strip())
                self._gone |= gone
            else:
                for page in list(self.pages):
                    if page.place in places:
                        page.look(found.get(page.place, (0, 0)))
            await asyncio.sleep(PAUSE)
        self._tasks[0].cancel()


def _round(open_ones: set[Place], gone: set[Place]) -> dict[Place, Mark]:
    try:
        left(gone)
        here(open_ones)
        return marks(open_ones)
    finally:
        connections.close_all()


class _Hubs:
    """The hub of each event loop: one in a server process; tests have a loop each."""

    by_loop: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _Hubs.by_loop.setdefault(asyncio.get_running_loop(), Hub())


async def events(page: Page, life: float = LIFE, beat: float = BEAT) -> AsyncIterator[bytes]:
    """The bytes of one page's stream, until it goes; times are seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + life
    ours = hub()
    try:
        yield OPENING
        while (rest := end - loop.time()) > 0:
            try:
                await asyncio.wait_for(page.bell.wait(), min(beat, rest))
            except TimeoutError:
                yield HEARTBEAT
                continue
            page.bell.clear()
            said, page.said = page.said, []
            yield b"".join(dict.fromkeys(said))
    finally:
        ours.leave(page)


async def stream(request: HttpRequest, key: str) -> HttpResponseBase:
    """`GET /chat/<key>/live?ticket=`: server-sent events `news` and `typing`. 204 for a ticket that is not ours or is
    too old (the browser then does not come again by itself), 503 when the house is full."""
    try:
        account_id, visitor = signing.loads(request.GET.get("ticket", ""), salt=SALT, max_age=TICKET_LIVES)
    except (signing.BadSignature, ValueError, TypeError):
        return HttpResponse(status=204)
    page = hub().join((account_id, visitor))
    if page is None:
        return HttpResponse(status=503)
    response = StreamingHttpResponse(events(page), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
