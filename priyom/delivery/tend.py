"""Tends one account beside its pump: holds the line its channel listens on, asks after deliveries whose reports are
lost and after those nobody waits for that may have left, fetches files people sent, and learns how the account stands
at the vendor. One per account, like the pump."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import connections
from psycopg.types.json import Jsonb

from priyom.contracts.card import AfterCrash
from priyom.contracts.errors import ChannelError, NotReachable, Rejected
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked
from priyom.delivery.accounts import as_json
from priyom.delivery.ask_back import ask_back, doubtful
from priyom.delivery.attempt import whence
from priyom.delivery.consequence import pause, storable
from priyom.delivery.crew import Line
from priyom.delivery.database import Database
from priyom.delivery.listening import Letterbox
from priyom.delivery.settle import NotYetKnown, report, settle
from priyom.foundation.clock import now
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

ROUND = 30.0
"""Seconds between looks for what is to be asked or fetched, where there may be something."""
VITALS_EVERY = timedelta(hours=1)
MOST_ASKS = 11
"""With the usual time doubled at each ask: SMS is asked after for some three days."""
MOST_FETCHES = 8
FILE_LIMIT = 50 * 1024 * 1024
LINE_STANDS = 5.0
"""A line that has held so many seconds counts as up."""


class Tender:
    """Run it as a task; end it by cancelling. `hand_over` is given the session whenever it is made or lost."""

    def __init__(self, database: Database, http: Http, line: Line, hand_over: Callable[[Any], None]) -> None:
        self._database, self._http, self._line = database, http, line
        self._hand_over = hand_over
        self._wake = asyncio.Event()
        self._anew = asyncio.Event()
        self._vitals_at = now() - VITALS_EVERY
        self._vitals_due = True
        self._vain: set[int] = set()
        """Messages the vendor will not be asked after."""

    def wake(self) -> None:
        """There may be a file to fetch."""
        self._wake.set()

    def change(self, line: Line) -> None:
        """The account's row has changed; with new settings the line is opened anew."""
        changed = line.wire != self._line.wire
        self._line = line
        if changed:
            self._vitals_due = True
            self._anew.set()
            self._wake.set()

    async def run(self) -> None:
        """Hold the line and go the rounds until cancelled."""
        await asyncio.gather(self._hold(), self._rounds())

    # -- the line --

    async def _hold(self) -> None:
        tries = 0
        while self._line.channel.listener is not None:
            self._anew.clear()
            began = asyncio.get_running_loop().time()
            why = await self._session()
            tries = 0 if asyncio.get_running_loop().time() - began > LINE_STANDS else tries + 1
            if why is None:
                await self._anew.wait()
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._anew.wait(), pause(tries))

    async def _session(self) -> str | None:
        """Hold one session to its end: why it ended; None when the settings want none."""
        listener, wire = self._line.channel.listener, self._line.wire
        assert listener is not None
        box = Letterbox(self._database, self._line.id, self._line.channel, wire)
        try:
            session = listener.open(self._http, wire, box)
        except ChannelError as error:
            await self._note_line("down", error.text)
            return error.text
        if session is None:
            await self._note_line("", "")
            return None
        self._hand_over(session)
        running = asyncio.create_task(session.run())
        changed = asyncio.create_task(self._anew.wait())
        try:
            await asyncio.wait({running, changed}, timeout=LINE_STANDS, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await self._note_line("up", "")
            await asyncio.wait({running, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hand_over(None)
            changed.cancel()
            running.cancel()
            ended = (await asyncio.gather(running, return_exceptions=True))[0]
        why = self._ended(ended)
        await self._note_line("down" if why else "", why)
        return why

    def _ended(self, ended: object) -> str:
        if isinstance(ended, ChannelError):
            return storable(ended.text, 300)
        if isinstance(ended, Exception) and not isinstance(ended, psycopg.Error):
            log.error("account %s: its line broke: %s", self._line.wire.key, whence(ended))
            return type(ended).__name__
        return "" if ended is None or isinstance(ended, asyncio.CancelledError) else "база данных была недоступна"

    async def _note_line(self, line: str, why: str) -> None:
        with suppress(psycopg.Error):
            values = {"account": self._line.id, "line": line, "why": why[:300], "now": now()}
            await self._database.rows(sql["line"], values)

    # -- the rounds --

    async def _rounds(self) -> None:
        works: list[Callable[[], Awaitable[None]]] = [self._fetch]
        card = self._line.channel.card
        works += [self._ask_back] if card.after_crash is AfterCrash.ASK else []
        works += [self._ask] if card.asks_status else []
        works += [self._learn] if card.tells_vitals else []
        idle = len(works) == 1
        while True:
            self._wake.clear()
            for work in works:
                try:
                    await work()
                except (ChannelError, psycopg.OperationalError) as error:
                    log.info("account %s: %s: %s", self._line.wire.key, work.__name__.strip("_"), error)
                except Exception as error:
                    log.error("account %s: %s: %s", self._line.wire.key, work.__name__.strip("_"), whence(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), None if idle and not self._more else ROUND)

    _more = False
    """A file waits for another try."""

    async def _ask_back(self) -> None:
        for item, never in await doubtful(self._database, self._line.id, self._vain):
            end = await ask_back(self._http, self._line, item, never)
            if end is None:
                self._vain.add(item.id)
            else:
                await settle(self._database, [end])

    async def _ask(self) -> None:
        card = self._line.channel.card
        usual = card.usual_delivery.total_seconds()
        values = {"account": self._line.id, "usual": usual, "now": now()}
        rows = await self._database.rows(sql["to_ask"], values)
        if not rows:
            return
        asked = [Asked(provider_id, f"d{number}", address, at) for number, provider_id, address, at, _ in rows]
        answers = await self._line.channel.sender.ask(self._http, self._line.wire, asked)
        await sync_to_async(_report_all)(self._line.id, answers)
        await self._database.rows(sql["asked"], {"ids": [row[0] for row in rows], "most": MOST_ASKS})

    async def _learn(self) -> None:
        if not self._vitals_due and now() - self._vitals_at < VITALS_EVERY:
            return
        found = await self._line.channel.sender.vitals(self._http, self._line.wire)
        self._vitals_due, self._vitals_at = False, now()
        values = {"account": self._line.id, "vitals": Jsonb(as_json(found)), "now": now()}
        await self._database.rows(sql["vitals"], values)

    async def _fetch(self) -> None:
        rows = await self._database.rows(sql["file_wanted"], {"account": self._line.id, "now": now()})
        for number, ref, tries in rows:
            await self._fetch_one(number, ref, tries)
        statement = "SELECT 1 FROM delivery_storedfile WHERE account_id = %(account)s AND state = 'wanted' LIMIT 1"
        self._more = bool(await self._database.rows(statement, {"account": self._line.id}))

    async def _fetch_one(self, number: int, ref: str, tries: int) -> None:
        try:
            content = await self._line.channel.sender.fetch(self._http, self._line.wire, ref)
            if len(content) > FILE_LIMIT:
                raise Rejected("файл слишком большой")
        except ChannelError as error:
            final = isinstance(error, Rejected | NotReachable) or tries + 1 >= MOST_FETCHES
            again = None if final else now() + timedelta(seconds=pause(tries + 1) * 5)
            values = {"id": number, "error": storable(error.text, 300), "again": again}
            await self._database.rows(sql["file_failed"], values)
        else:
            await self._database.rows(sql["file_came"], {"id": number, "content": content})


def _report_all(account_id: int, answers: Sequence[Reported]) -> None:
    try:
        for item in answers:
            with suppress(NotYetKnown):
                report(account_id, item.provider_id, item.signal, item.evidence, item.at, item.code, item.gone)
    finally:
        connections.close_all()
