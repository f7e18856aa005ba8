"""The senders of one account: so many at once as its card allows, each message at its moment, the one that is most
waited for first, and none that has become wrong since it was claimed."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import psycopg

from priyom.contracts.channel import Account, Channel
from priyom.contracts.message import Signal
from priyom.delivery.attempt import Claimed, attempt
from priyom.delivery.claim import CRASHED, TOO_LATE
from priyom.delivery.consequence import Again, Outcome, Settled, Strain, storable
from priyom.delivery.database import Database
from priyom.delivery.fresh import Fresh
from priyom.delivery.health import Health
from priyom.delivery.pace import Pace
from priyom.delivery.queue import Queue
from priyom.foundation.clock import now
from priyom.foundation.http import Http

log = logging.getLogger(__name__)

MOST = 1000
FRESH = 0.25
"""Seconds after which what was found still right is looked at once more before it leaves, though nobody has said that a
visit moved, an address was lost or a consent withdrawn (then it is looked at at once): that word may be late."""
LOOKS = 3
"""So many one after the other at most, however often something is told during them (a calendar is being imported)."""

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


class Crew:
    """`settle` is told what became of each, `wake` that there is room or that something is to be noted."""

    def __init__(
        self, database: Database, http: Http, line: Line, recheck: Recheck, fence: Fence, *,
        settle: Callable[[Outcome], None], wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self.line = line
        self.pace = Pace(line.rate)
        self.health = Health(line.health, line.paused_until)
        self.queue = Queue(line.channel.card.chat_every, line.channel.card.chat_burst)
        self.session: Any = None
        self.to_note = False
        """The account's health has changed and is to be written down."""
        self.more = True
        """The last claim was a full one: there may be more to claim before these have left."""
        self._database, self._http, self._recheck, self._fence = database, http, recheck, fence
        self._settle, self._wake = settle, wake
        self._workers: set[asyncio.Task[None]] = set()
        self._asleep = 0
        """Senders that wait for their moment; each will take one."""
        self._opening: asyncio.TimerHandle | None = None
        self._fresh = Fresh()
        """What is in the queue, and when it was last known to be right."""
        self._unsure = -math.inf
        """When it was last told that something of it may have become wrong."""
        self._looking: asyncio.Task[bool] | None = None
        """The last look, perhaps still under way: all wait for the same one."""
        self._began = -math.inf
        """When it began."""
        self._stopping = False

    @property
    def wire(self) -> Account:
        """The account as its channel wants it, with the line that is held for it."""
        wire = self.line.wire
        return wire if self.session is None else replace(wire, session=self.session)

    def take_up(self, items: Sequence[Claimed], found: float) -> None:
        """These shall leave; at `found` they were right. What must wait behind another of its chat is given back."""
        time = _time()
        taken = []
        for item in items:
            if (wait := self.queue.held(item, time)) > 0:
                self.give_back([item], wait)
            else:
                self.queue.put(item)
                taken.append(item.id)
        self._fresh.found(taken, found)
        self._start()

    def give_back(self, items: Sequence[Claimed], after: float = 0.0) -> None:
        """These have not left: they wait again, for at least so many seconds."""
        for item in items:
            self._settle(Again(item.id, item.of_try, after, tried=False))

    def hold(self, address: str, rank: int, number: int, after: float) -> None:
        """This message is tried again in so many seconds: what is behind it in its chat waits too."""
        behind = self.queue.hold(address, rank, number, _time() + after)
        self._gone(behind)
        self.give_back(behind, after)

    def unsure(self) -> None:
        """Something in the queue may have become wrong: look before the next one leaves."""
        self._unsure = _time()

    async def stop(self, grace: float) -> None:
        """Give back what has not left, give what is under way `grace` seconds; the rest is cut off."""
        self._stopping = True
        self._release()
        if self._opening is not None:
            self._opening.cancel()
        if self._workers:
            _, late = await asyncio.wait(set(self._workers), timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _start(self) -> None:
        self._opening = None
        if self._stopping:
            self._release()
        self.queue.look(_time())
        most = 1 if self.health.probing else self.line.channel.card.parallel
        for _ in range(min(self.queue.ready - self._asleep, most - len(self._workers))):
            task = asyncio.create_task(self._work())
            self._workers.add(task)
            task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._workers.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("account %s: a sender broke", self.line.wire.key, exc_info=error)
        if self._workers:
            return
        if self.queue.ready:
            self._release()
        elif self._opening is None and (wait := self.queue.wait(_time())) is not None:
            self._opening = asyncio.get_running_loop().call_later(wait, self._start)

    async def _work(self) -> None:
        low = min(MOST, math.ceil(self.pace.rate)) // 2
        while self.queue.ready > self._asleep:
            # The moment first, the message then: who waits for an answer goes before what was claimed earlier.
            if (wait := self.pace.take(_time())) > 0:
                await self._moment(wait)
            if not await self._may_leave():
                return
            claimed = self.queue.take(_time())
            if claimed is not None:
                self._fresh.gone(claimed.id)
            if self.more and self.queue.ready <= low:
                self._wake()
            if claimed is not None and not await self._send(claimed):
                return

    async def _moment(self, wait: float) -> None:
        self._asleep += 1
        try:
            await asyncio.sleep(wait)
        finally:
            self._asleep -= 1

    async def _may_leave(self) -> bool:
        """Wait until one may leave at this very moment. The gate is asked last: a slow look would gather what it let
        pass. False: it cannot be known what may leave, and all is given back."""
        while True:
            if self._must_look() and not await self._look_once_more():
                return False
            wait = self.pace.gate(_time())
            if wait <= 0:
                return True
            await self._moment(wait)

    def _must_look(self) -> bool:
        oldest = self._fresh.oldest()
        return oldest <= self._unsure or _time() - oldest > FRESH

    async def _look_once_more(self) -> bool:
        """Have what has become wrong taken out of the queue. One look serves all who ask before it ends; while they are
        told of something during it, they look again, but not for ever. False: it cannot be known, and all of the queue
        is given back."""
        for _ in range(LOOKS):
            if self._looking is None or self._looking.done():
                self._began = _time()
                self._looking = asyncio.create_task(self._look(self._began))
            began = self._began
            if not await asyncio.shield(self._looking):
                return False
            if self._unsure < began:
                break
        return True

    async def _look(self, begun: float) -> bool:
        items = self.queue.items()
        letters = [item.id for item in items if item.op == "send"]
        try:
            async with self._database.connection() as connection:
                wrong = await self._recheck(connection, letters)
        except psycopg.Error as error:
            log.warning("account %s cannot look again: %s", self.line.wire.key, str(error).strip())
            self._release()
            return False
        waiting = {item.id: item for item in self.queue.items()}
        still = [item for item in items if waiting.get(item.id) is item]
        for item in still:
            if item.id in wrong:
                self.queue.remove(item)
                self._gone([item])
                self._settle(stale(item, wrong[item.id]))
        self._fresh.found([item.id for item in still if item.id not in wrong], begun)
        return True

    async def _send(self, claimed: Claimed) -> bool:
        """Let one leave; False when nothing more may."""
        begun, moment = _time(), now()
        if self._stopping or self.health.wait(moment) > 0 or self.health.broken or not self._fence():
            self.queue.done(claimed, _time())
            self.give_back([claimed])
            self._release()
            return False
        if claimed.expires_at is not None and claimed.expires_at <= moment:
            outcome: Outcome = too_late(claimed)
        else:
            outcome = await attempt(self._http, self.line.channel, self.wire, claimed, self._fence)
            self._mind(outcome, begun)
        self._settle(outcome)
        self.queue.done(claimed, _time())
        if isinstance(outcome, Again):
            self.hold(claimed.address, claimed.rank, claimed.id, outcome.after)
        return True

    def _mind(self, outcome: Outcome, begun: float) -> None:
        if outcome.strain is Strain.NONE:
            if self.health.good(now()):
                self.pace.slow_down(_time())
                self.to_note = True
                self._wake()
            return
        after = outcome.after if isinstance(outcome, Again) else 0.0
        if self.health.strained(outcome.strain, outcome.evidence, after, now(), begun, _time()):
            if outcome.strain is Strain.SLOW:
                self.pace.slow_down(_time())
            self.to_note = True
        self._wake()

    def _release(self) -> None:
        left = self.queue.drain()
        self._gone(left)
        self.give_back(left)

    def _gone(self, items: Sequence[Claimed]) -> None:
        for item in items:
            self._fresh.gone(item.id)


def _time() -> float:
    return asyncio.get_running_loop().time()


def stale(item: Claimed, why: str) -> Settled:
    """The end of one that must not leave any more."""
    signal = Signal.UNCERTAIN if item.maybe_sent else Signal.FAILED
    return Settled(item.id, item.of_try, signal, storable(why, 300), "stale", state="cancelled")


def too_late(item: Claimed) -> Settled:
    """The end of one whose time is over."""
    if item.maybe_sent:
        return Settled(item.id, item.of_try, Signal.UNCERTAIN, CRASHED, "expired")
    return Settled(item.id, item.of_try, Signal.FAILED, TOO_LATE, "expired")
