"""Sees to it that every enabled account is pumped by exactly one process. One connection holds the accounts' advisory
locks, listens for wakes and carries the heartbeat (`lease.py`); when it dies the server frees the locks, so we stop our
pumps and begin anew.

Three things keep two processes from sending at once: without a heartbeat nothing leaves (`delivery/fence.py`); what is
under way when the connection is lost is cut off after `GRACE` seconds; and a successor asks the gateway about what it
finds only later (`consequence.TAKEN_OVER`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from priyom.contracts import registry
from priyom.contracts.card import BadSettings
from priyom.delivery.accounts import LOCKED, wired
from priyom.delivery.claim import expired, next_expiry
from priyom.delivery.crew import Line, Recheck
from priyom.delivery.database import Database, cut
from priyom.delivery.facts import AccountHealthChanged
from priyom.delivery.fence import Fence
from priyom.delivery.pump import Pump
from priyom.delivery.settler import Settler
from priyom.delivery.tend import Tender
from priyom.foundation.clock import now
from priyom.foundation.encryption import WrongKey
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements
from priyom.journal.record import reactors
from priyom.workers.lease import LOCKS, Lease
from priyom.workers.spread import Spread
from priyom.workers.turned import Turns, turned_back
from priyom.workers.wake import CHANNEL, Wakes

log = logging.getLogger(__name__)
accounts_sql = Statements(Path(__file__).parent.parent / "delivery" / "sql")

GRACE = 1.5
STOP_GRACE = 5.0
HANDING_GRACE = 30.0
"""An account that is given back in peace waits so long for what is under way: nothing shall end as unknown by it."""
TAKE_OVER_EVERY = 2.0
"""Seconds between looks at accounts another process holds."""
REFRESH_AT_MOST_EVERY = 0.2
LONGEST_SLEEP = 600.0


class Deliver:
    """One process's pumps. `run` until cancelled, then `stop`."""

    def __init__(self, wakes: Wakes, recheck: Recheck, *, http: Http | None = None) -> None:
        self._wakes, self._recheck = wakes, recheck
        self._database = Database()
        self._http = http or Http()
        self._settler = Settler(self._database)
        self._fence = Fence()
        self._lease = Lease(self._fence)
        self._turns = Turns()
        self._spread = Spread()
        self._others = 0
        self._versions: dict[int, str] = {}
        self._pumps: dict[int, tuple[Pump, asyncio.Task[None]]] = {}
        self._tenders: dict[int, tuple[Tender, asyncio.Task[None]]] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._drops: set[asyncio.Task[None]] = set()
        self._leaving: dict[int, Pump] = {}
        self._guard: psycopg.AsyncConnection[Any] | None = None
        self._useless: dict[int, str] = {}
        self._look_again = True
        self._others_hold_some = False
        self._of_others: set[int] = set()
        self._expiry: datetime | None = None

    async def run(self) -> None:
        """Pump for ever; the loss of the database is waited out."""
        gc.collect()
        gc.freeze()  # the program itself never becomes garbage: the collector need not walk through it again
        settling = asyncio.create_task(self._settler.run())
        wait = 0.2
        try:
            while True:
                try:
                    await self._hold()
                except psycopg.OperationalError as error:
                    log.warning("the database is away: %s", str(error).strip())
                    await asyncio.sleep(wait)
                    wait = min(5.0, wait * 2)
                else:
                    wait = 0.2
        finally:
            settling.cancel()

    async def stop(self) -> None:
        """Finish what is under way within `STOP_GRACE`, write it down, close everything. Call after `run` has ended."""
        await self._stop_pumps(STOP_GRACE)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settler.flush(), STOP_GRACE)
        if self._guard is not None:
            await self._guard.close()  # only now: the locks outlive the pumps
        await self._http.close()
        await self._database.close()

    async def _hold(self) -> None:
        """Hold locks, beat and listen on one connection until it breaks."""
        guard = self._guard = await self._database.open()
        try:
            await self._lease.begin(guard)
            await guard.execute(f"LISTEN {CHANNEL}")
            await self._beat_and_watch(guard)
        except Exception:
            self._fence.shut()
            await self._stop_pumps(GRACE)
            await guard.close()
            raise

    async def _beat_and_watch(self, guard: psycopg.AsyncConnection[Any]) -> None:
        """Both until one fails: while messages wait to be written down nothing is taken, but the heart beats."""
        tasks = {asyncio.create_task(self._lease.keep(guard)), asyncio.create_task(self._watch(guard))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Exception:
            self._fence.shut()
            cut(guard)
            asyncio.get_running_loop().call_later(GRACE, self._database.cut)  # nobody waits for a dead server's answer
            for task in tasks:
                task.cancel()
            await asyncio.gather(self._stop_pumps(GRACE), *tasks, return_exceptions=True)
            raise
        finally:
            for task in tasks:
                task.cancel()

    async def _watch(self, guard: psycopg.AsyncConnection[Any]) -> None:
        loop = asyncio.get_running_loop()
        await self._settler.flush()
        await self._mind_clock()
        looked = 0.0
        while True:
            since = loop.time() - looked
            wanted, takeable = self._look_again, self._others_hold_some
            if (wanted and since >= REFRESH_AT_MOST_EVERY) or (takeable and since >= TAKE_OVER_EVERY):
                self._look_again = False
                await self._refresh(guard)
                await self._expire()
                looked = loop.time()
            rest = min(self._sleep(loop.time() - looked), self._lease.rest())
            async for notify in guard.notifies(timeout=rest, stop_after=1):
                if notify.payload in ("deliver", "clock"):
                    self._look_again = True
                self._wakes.hear(notify.payload)
            if self._others != self._lease.others:
                self._others, self._look_again = self._lease.others, True
            if turned := self._turns.look():
                await self._mind_clock(turned)
            if self._expiry is not None and self._expiry <= now():
                self._look_again = True

    async def _mind_clock(self, turned: float | None = None) -> None:
        """All times are to be looked at anew."""
        await turned_back(self._database, turned)
        self._look_again = True
        self._wakes.everybody()

    def _sleep(self, since: float) -> float:
        seconds = LONGEST_SLEEP
        if self._look_again:
            seconds = REFRESH_AT_MOST_EVERY - since
        elif self._others_hold_some:
            seconds = TAKE_OVER_EVERY - since
        if self._expiry is not None:
            seconds = min(seconds, (self._expiry - now()).total_seconds())
        return max(0.01, seconds)

    async def _expire(self) -> None:
        for end in await expired(self._database):
            self._settler.put(end)
        self._expiry = await next_expiry(self._database)

    async def _refresh(self, guard: psycopg.AsyncConnection[Any]) -> None:
        """Bring pumps in line with the accounts' rows, and try to take accounts nobody holds."""
        rows = await self._database.rows(accounts_sql["accounts"])
        found = {row[0] for row in rows}
        for gone in set(self._pumps) - found:
            self._give_back(guard, gone)
        free = found - await self._lease.held(guard)
        time = asyncio.get_running_loop().time()
        self._spread.look(1 + self._lease.others, free, time)
        if (extra := self._spread.too_many(self._pumps, len(rows), time)) is not None:
            self._give_back(guard, extra)
        self._others_hold_some = self._spread.uneven(len(self._pumps), len(rows))
        for row in rows:
            account_id, version = row[0], row[1]
            if account_id in self._pumps:
                if self._versions[account_id] != version and (line := self._line(row)) is not None:
                    self._versions[account_id] = version
                    self._pumps[account_id][0].change(line)
                    self._tenders[account_id][0].change(line)
                continue
            known, line = self._useless.get(account_id), self._line(row)
            if line is None and self._useless[account_id] == known:
                continue
            if account_id not in free:
                self._others_hold_some = self._others_hold_some or line is not None
                self._of_others.add(account_id)
            elif not self._spread.may_take(account_id, len(self._pumps), len(rows), time):
                self._others_hold_some = True
            else:
                await self._try_to_take(guard, row, line)

    async def _try_to_take(
        self, guard: psycopg.AsyncConnection[Any], row: tuple[Any, ...], line: Line | None
    ) -> None:  # fmt: skip
        account_id, version = row[0], row[1]
        cursor = await guard.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCKS, account_id))
        taken = await cursor.fetchone()
        if taken is None or not taken[0]:
            self._others_hold_some = self._others_hold_some or line is not None
            self._of_others.add(account_id)
        elif line is not None:
            self._versions[account_id] = version
            self._take(line)
        else:
            await self._tell_locked(row)
            await guard.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCKS, account_id))

    async def _tell_locked(self, row: tuple[Any, ...]) -> None:
        """Mark an account broken whose secrets do not open here, and that nobody else pumps."""
        if not self._useless[row[0]].startswith(WrongKey.__name__):
            return
        values = {
            "account": row[0],
            "health": "broken",
            "why": LOCKED,
            "paused_until": row[7],
            "now": now(),
            "reactors": list(reactors(AccountHealthChanged.__name__)),
        }
        await self._database.rows(accounts_sql["health"], values)

    def _take(self, line: Line) -> None:
        after = line.id in self._of_others
        self._of_others.discard(line.id)
        pump = Pump(self._database, self._http, self._settler, line, self._recheck, after=after, fence=self._fence.open)
        tender = Tender(self._database, self._http, line, pump.hold)
        self._wakes.add("deliver", pump.wake)
        self._wakes.add("recheck", pump.unsure)
        self._wakes.add("tend", tender.wake)
        self._pumps[line.id] = (pump, asyncio.create_task(pump.run()))
        self._tenders[line.id] = (tender, asyncio.create_task(tender.run()))
        log.info("pumping account %s", line.wire.key)

    def _give_back(self, guard: psycopg.AsyncConnection[Any], account_id: int) -> None:
        """Let an account go in peace; what is under way is waited for, beside everything else."""
        task = asyncio.create_task(self._drop(guard, account_id, self._ending(account_id, HANDING_GRACE)))
        self._drops.add(task)
        task.add_done_callback(self._drops.discard)

    async def _drop(
        self, guard: psycopg.AsyncConnection[Any], account_id: int, ending: asyncio.Task[None]
    ) -> None:  # fmt: skip
        with suppress(psycopg.Error):  # a lost connection has let go of it already
            await asyncio.shield(ending)
            await self._settler.flush()
            await guard.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCKS, account_id))

    def _ending(self, account_id: int, grace: float) -> asyncio.Task[None]:
        """An end once begun is carried through, whoever waits for it or does not."""
        task = asyncio.create_task(self._end(account_id, grace))
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        return task

    async def _end(self, account_id: int, grace: float) -> None:
        pump, task = self._pumps.pop(account_id)
        tender, tending = self._tenders.pop(account_id)
        self._leaving[account_id] = pump
        self._wakes.remove("deliver", pump.wake)
        self._wakes.remove("recheck", pump.unsure)
        self._wakes.remove("tend", tender.wake)
        # A claim under way is waited for: cut off, it would leave deliveries marked that never left.
        await asyncio.gather(pump.stop(grace), asyncio.wait({task}, timeout=grace))
        task.cancel()
        tending.cancel()  # only now: messages under way may need the line it holds
        await asyncio.gather(task, tending, return_exceptions=True)
        del self._leaving[account_id]

    async def _stop_pumps(self, grace: float) -> None:
        hurried = [pump.stop(grace) for pump in self._leaving.values()]
        for account_id in list(self._pumps):
            self._ending(account_id, grace)
        await asyncio.gather(*hurried, *self._endings)

    def _line(self, row: tuple[Any, ...]) -> Line | None:
        """The account of a row of `accounts.sql`; None, and one word in the log, when it cannot be used."""
        account_id, _version, key, channel_key, plain, hidden, pace, paused_until, health, warm_since = row
        try:
            channel = registry.channel(channel_key)
            wire = wired(channel, key, plain, bytes(hidden))
        except (registry.NoSuchChannel, WrongKey, BadSettings) as error:
            why = f"{type(error).__name__}: {error}"
            if self._useless.get(account_id) != why:
                self._useless[account_id] = why
                log.error("account %s cannot be used: %s", key, why)
            return None
        self._useless.pop(account_id, None)
        return Line(account_id, channel, wire, pace, paused_until, health, warm_since)
