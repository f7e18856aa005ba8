"""Pumps one account: claims due deliveries in batches of about a second of its pace, sends them side by side at that
pace, hands the results to the settler. Never do two pumps run for one account (`workers/deliver.py` sees to that)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg

from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Account, Channel
from priyom.contracts.errors import ChannelError
from priyom.contracts.message import Signal
from priyom.delivery.attempt import Claimed, attempt, whence
from priyom.delivery.claim import CRASHED, TOO_LATE, claim, left, nearest, recovered, with_files
from priyom.delivery.consequence import Again, Outcome, Settled, Strain, storable
from priyom.delivery.database import Database
from priyom.delivery.facts import AccountHealthChanged
from priyom.delivery.health import Health
from priyom.delivery.pace import Pace
from priyom.delivery.queue import Queue
from priyom.delivery.settler import Settler
from priyom.delivery.warm import TOO_NEW, Warm
from priyom.foundation.clock import now
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements
from priyom.journal.record import reactors

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

MOST = 1000
LONGEST_SLEEP = 3600.0
SWEEP_EVERY = 60.0
"""Seconds between looks for what nobody has in hand: a claim may be carried out late, when the network gives back what
it swallowed, long after the connection it came by was given up."""
FRESH = 0.25
"""Seconds after which what was found still right is looked at once more before it leaves: visits move meanwhile."""
BREATH = 0.1
"""Seconds before asking again for what is due and could not be taken (a row somebody else holds)."""

Recheck = Callable[[psycopg.AsyncConnection[Any], list[int]], Awaitable[dict[int, str]]]
Fence = Callable[[], bool]
"""Whether this process may still let messages leave: False as soon as another may have been given its accounts."""


@dataclass(frozen=True, slots=True)
class Line:
    """An account as the pump needs it: opened secrets, its channel, its pace, what the database says of its health."""

    id: int
    channel: Channel
    wire: Account
    pace: float | None
    paused_until: datetime | None
    health: str
    warm_since: date | None = None

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.pace or self.channel.card.pace


class Pump:
    """Run it as a task; end it with `stop`."""

    def __init__(
        self, database: Database, http: Http, settler: Settler, line: Line, recheck: Recheck, *, after: bool = False,
        fence: Fence = lambda: True,
    ) -> None:  # fmt: skip
        """`after`: another process pumped the account until just now."""
        self._database, self._http, self._settler, self._recheck = database, http, settler, recheck
        self._line, self._fence = line, fence
        self._pace = Pace(line.rate)
        if after:
            self._pace.after_another(_time())
        self._health = Health(line.health, line.paused_until)
        self._warm = Warm()
        self._session: Any = None
        self._queue = Queue(line.channel.card.chat_every, line.channel.card.chat_burst)
        self._workers: set[asyncio.Task[None]] = set()
        self._asleep = 0
        """Workers that wait for their moment; each will take one."""
        self._opening: asyncio.TimerHandle | None = None
        self._looked = 0.0
        """When everything in the queue was last known to be right."""
        self._looking = asyncio.Lock()
        self._in_hand: set[int] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._to_note = False
        self._claim_lost = False

    def wake(self) -> None:
        """Something may be due: look."""
        self._wake.set()

    def change(self, line: Line) -> None:
        """The account's row has changed."""
        self._line = line
        self._pace.rate = line.rate
        if not self._to_note:
            self._health.paused_until = line.paused_until
            if line.health == "ok" and self._health.word != "ok":
                self._health.mended()
        self._wake.set()

    def hold(self, session: Any) -> None:
        """The line that the channel's listening session holds, or None: `send` speaks over it."""
        self._session = session
        self._wake.set()

    @property
    def _wire(self) -> Account:
        wire = self._line.wire
        return wire if self._session is None else replace(wire, session=self._session)

    async def run(self) -> None:
        """Take up what a dead process left, then pump until `stop`."""
        swept = -math.inf
        while not self._stopping:
            try:
                if not self._fence():  # what is marked as being sent may be in another's hands by now
                    self._wake.clear()
                    await self._sleep(1.0)
                    continue
                if not self._claim_lost and _time() - swept >= SWEEP_EVERY:
                    await self._recover(tried=True)
                    swept = _time()
                await self._round()
            except psycopg.OperationalError as error:
                log.warning("account %s waits for the database: %s", self._line.wire.key, str(error).strip())
                await self._sleep(1.0)
            except Exception:
                log.exception("account %s: unexpected; going on", self._line.wire.key)
                await self._sleep(1.0)

    async def stop(self, grace: float) -> None:
        """Claim no more, give back what has not left, give what is under way `grace` seconds. The results of what is
        cut off then stay unknown, and whoever pumps next treats them so."""
        self._stopping = True
        self._wake.set()
        self._release()
        if self._opening is not None:
            self._opening.cancel()
        if self._workers:
            _, late = await asyncio.wait(set(self._workers), timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _round(self) -> None:
        self._wake.clear()
        if self._claim_lost:
            await self._recover(tried=False)
            self._claim_lost = False
        if self._to_note:
            await self._note()
        wait = self._health.wait(now())
        if wait > 0:
            await self._sleep(wait)
            return
        if self._health.broken:
            await self._check()
            return
        most = self._room()
        if not self._fence():
            await self._sleep(1.0)
        elif most == 0:
            await self._sleep(LONGEST_SLEEP)
        elif not await self._claim(most):
            await self._sleep_till_due()

    def _room(self) -> int:
        """How many to claim now: about a second of the pace; one while probing; few where a crash loses them."""
        if self._health.probing:
            return 0 if self._in_hand else 1
        card = self._line.channel.card
        size = min(MOST, math.ceil(self._pace.current(_time())))
        if card.after_crash is AfterCrash.UNKNOWN:
            size = min(size, card.parallel, math.ceil(size / 4))
            return size if len(self._in_hand) + size <= card.parallel + math.ceil(size / 2) else 0
        if self._queue.ready > size // 2 or len(self._in_hand) > 4 * size + card.parallel:
            return 0
        return size

    async def _claim(self, most: int) -> bool:
        try:
            asks = self._line.channel.card.asks_status
            claimed = await claim(self._database, self._line.id, most, asks=asks)
        except psycopg.Error:
            self._claim_lost = True  # it may have been carried out all the same
            raise
        self._in_hand.update(item.id for item in claimed)
        if not len(self._queue):
            self._looked = _time()
        ends: dict[int, Settled] = {}
        letters = [item for item in claimed if item.op == "send"]
        if letters:
            try:
                ends = await self._look_again(letters)
                claimed = await with_files(self._database, claimed)
            except Exception:
                self._give_back(claimed)
                raise
        for end in ends.values():
            self._settle(end)
        time = _time()
        for item in claimed:
            if item.id in ends:
                continue
            if (wait := self._queue.held(item, time)) > 0:
                self._give_back([item], wait)
            else:
                self._queue.put(item)
        self._start()
        return bool(claimed)

    async def _look_again(self, letters: list[Claimed]) -> dict[int, Settled]:
        """What must not leave after all: it is stale, or a new number has written to enough people today."""
        async with self._database.connection() as connection:
            stale = await self._recheck(connection, [item.id for item in letters])
        ends = {item.id: _stale(item, stale[item.id]) for item in letters if item.id in stale}
        if self._line.warm_since is not None:
            left = [item for item in letters if item.id not in ends]
            ladder = self._line.channel.card.warm_up
            over = await self._warm.over(self._database, self._line.id, self._line.warm_since, ladder, left)
            ends |= {item.id: _too_new(item) for item in over}
        return ends

    def _start(self) -> None:
        self._opening = None
        if self._stopping:
            self._release()
        self._queue.look(_time())
        most = 1 if self._health.probing else self._line.channel.card.parallel
        for _ in range(min(self._queue.ready - self._asleep, most - len(self._workers))):
            task = asyncio.create_task(self._work())
            self._workers.add(task)
            task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._workers.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("account %s: a sender broke", self._line.wire.key, exc_info=error)
        if self._workers:
            return
        if self._queue.ready:
            self._release()
        elif self._opening is None and (wait := self._queue.wait(_time())) is not None:
            self._opening = asyncio.get_running_loop().call_later(wait, self._start)

    async def _work(self) -> None:
        low = min(MOST, math.ceil(self._pace.rate)) // 2
        while self._queue.ready > self._asleep:
            # The moment first, the message then: who waits for an answer goes before what was claimed earlier.
            wait = self._pace.take(_time()) or self._pace.gate(_time())
            if wait > 0:
                await self._moment(wait)
            if _time() - self._looked > FRESH and not await self._look_once_more():
                return
            claimed = self._queue.take(_time())
            if self._queue.ready <= low:
                self._wake.set()
            if claimed is not None and not await self._send(claimed):
                return

    async def _moment(self, wait: float) -> None:
        self._asleep += 1
        try:
            while wait > 0:
                await asyncio.sleep(wait)
                wait = self._pace.gate(_time())
        finally:
            self._asleep -= 1

    async def _look_once_more(self) -> bool:
        """Take out what has become wrong in the queue. False: that cannot be known, and all of it is given back."""
        async with self._looking:
            if (begun := _time()) - self._looked <= FRESH:
                return True
            letters = [item for item in self._queue.items() if item.op == "send"]
            try:
                async with self._database.connection() as connection:
                    stale = await self._recheck(connection, [item.id for item in letters])
            except psycopg.Error as error:
                log.warning("account %s cannot look again: %s", self._line.wire.key, str(error).strip())
                self._release()
                return False
            waiting = {item.id for item in self._queue.items()}
            for item in letters:
                if item.id in stale and item.id in waiting:
                    self._queue.remove(item)
                    self._settle(_stale(item, stale[item.id]))
            self._looked = begun
            return True

    async def _send(self, claimed: Claimed) -> bool:
        """Let one leave; False when nothing more may."""
        begun, moment = _time(), now()
        if self._stopping or self._health.wait(moment) > 0 or self._health.broken or not self._fence():
            self._queue.done(claimed, _time())
            self._give_back([claimed])
            self._release()
            return False
        if claimed.expires_at is not None and claimed.expires_at <= moment:
            outcome: Outcome = _expired(claimed)
        else:
            outcome = await attempt(self._http, self._line.channel, self._wire, claimed, self._fence)
            self._mind(outcome, begun)
        self._settle(outcome)
        self._queue.done(claimed, _time())
        if isinstance(outcome, Again):
            behind = self._queue.hold(claimed.address, claimed.rank, claimed.id, _time() + outcome.after)
            self._give_back(behind, outcome.after)
        return True

    def _mind(self, outcome: Outcome, begun: float) -> None:
        if outcome.strain is Strain.NONE:
            if self._health.good(_time()):
                self._pace.slow_down(_time())
                self._to_note = True
                self._wake.set()
            return
        after = outcome.after if isinstance(outcome, Again) else 0.0
        if self._health.strained(outcome.strain, outcome.evidence, after, now(), begun, _time()):
            if outcome.strain is Strain.SLOW:
                self._pace.slow_down(_time())
            self._to_note = True
        self._wake.set()

    def _settle(self, outcome: Outcome) -> None:
        pressing = self._line.channel.card.after_crash is AfterCrash.UNKNOWN
        self._settler.put(outcome, self._done, pressing=pressing)

    def _done(self, delivery_id: int) -> None:
        self._in_hand.discard(delivery_id)
        if not self._in_hand or self._line.channel.card.after_crash is AfterCrash.UNKNOWN:
            self._wake.set()

    def _release(self) -> None:
        self._give_back(self._queue.drain())

    def _give_back(self, items: Sequence[Claimed], after: float = 0.0) -> None:
        """These have not left: they wait again, for at least so many seconds."""
        for item in items:
            self._settle(Again(item.id, item.of_try, after, tried=False))

    async def _recover(self, *, tried: bool) -> None:
        ours = sorted(self._in_hand | self._settler.ids())
        for item in await left(self._database, self._line.id, ours):
            self._in_hand.add(item.id)
            outcome = recovered(item, self._line.channel.card.after_crash, tried=tried)
            self._settle(outcome)
            if isinstance(outcome, Again) and outcome.maybe_sent:
                self._queue.hold(item.address, item.rank, item.id, _time() + outcome.after)

    async def _check(self) -> None:
        try:
            await self._line.channel.sender.check(self._http, self._wire)
        except ChannelError as error:
            self._health.broke(storable(error.text, 300), now())
        except Exception as error:
            log.error("account %s cannot be checked: %s", self._line.wire.key, whence(error))
            self._health.broke(self._health.why, now())
        else:
            self._health.mended()
            self._to_note = True

    async def _note(self) -> None:
        self._to_note = False
        values = {
            "account": self._line.id,
            "health": self._health.word,
            "why": self._health.why,
            "paused_until": self._health.paused_until,
            "now": now(),
            "reactors": list(reactors(AccountHealthChanged.__name__)),
        }
        try:
            await self._database.rows(sql["health"], values)
        except psycopg.Error:
            self._to_note = True
            raise

    async def _sleep_till_due(self) -> None:
        due = await nearest(self._database, self._line.id)
        if due is None:
            await self._sleep(LONGEST_SLEEP)
        else:
            await self._sleep(max(BREATH, (due - now()).total_seconds()))

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), min(seconds, SWEEP_EVERY))


def _time() -> float:
    return asyncio.get_running_loop().time()


def _stale(item: Claimed, why: str) -> Settled:
    signal = Signal.UNCERTAIN if item.maybe_sent else Signal.FAILED
    return Settled(item.id, item.of_try, signal, storable(why, 300), "stale", state="cancelled")


def _too_new(item: Claimed) -> Settled:
    return Settled(item.id, item.of_try, Signal.FAILED, TOO_NEW, "warm_up")


def _expired(item: Claimed) -> Settled:
    if item.maybe_sent:
        return Settled(item.id, item.of_try, Signal.UNCERTAIN, CRASHED, "expired")
    return Settled(item.id, item.of_try, Signal.FAILED, TOO_LATE, "expired")
