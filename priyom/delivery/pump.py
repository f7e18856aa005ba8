"""Pumps one account: claims due deliveries in batches of about a second of its pace, hands them to its crew of senders,
and the results to the settler. Never do two pumps run for one account (`workers/deliver.py` sees to that)."""

from __future__ import annotations

import asyncio
import logging
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from priyom.contracts.card import AfterCrash
from priyom.contracts.errors import ChannelError
from priyom.contracts.message import Signal
from priyom.delivery.attempt import Claimed, whence
from priyom.delivery.claim import claim, left, nearest, recovered, with_files
from priyom.delivery.consequence import Again, Outcome, Settled, storable
from priyom.delivery.crew import MOST, Crew, Fence, Line, Recheck, stale
from priyom.delivery.database import Database
from priyom.delivery.facts import AccountHealthChanged
from priyom.delivery.settler import Settler
from priyom.delivery.warm import TOO_NEW, Warm
from priyom.foundation.clock import now
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements
from priyom.journal.record import reactors

log = logging.getLogger(__name__)
sql = Statements(Path(__file__).parent / "sql")

LONGEST_SLEEP = 3600.0
SWEEP_EVERY = 60.0
"""Seconds between looks for what nobody has in hand: a claim may be carried out late, when the network gives back what
it swallowed, long after the connection it came by was given up."""
BREATH = 0.1
"""Seconds before asking again for what is due and could not be taken (a row somebody else holds)."""


class Pump:
    """Run it as a task; end it with `stop`."""

    def __init__(
        self, database: Database, http: Http, settler: Settler, line: Line, recheck: Recheck, *, after: bool = False,
        fence: Fence = lambda: True,
    ) -> None:  # fmt: skip
        """`after`: another process pumped the account until just now."""
        self._database, self._http, self._settler, self._recheck = database, http, settler, recheck
        self._line, self._fence = line, fence
        self._crew = Crew(database, http, line, recheck, fence, settle=self._settle, wake=self.wake)
        if after:
            self._crew.pace.after_another(_time())
        self._warm = Warm()
        self._in_hand: set[int] = set()
        self._taken_up: set[int] = set()
        """What a dead process left and is not yet written back to its place: nothing may be claimed before it."""
        self._wake = asyncio.Event()
        self._stopping = False
        self._claim_lost = False

    def wake(self) -> None:
        """Something may be due: look."""
        self._wake.set()

    def unsure(self) -> None:
        """What was found right may have become wrong: look again before anything leaves."""
        self._crew.unsure()

    def change(self, line: Line) -> None:
        """The account's row has changed."""
        self._line = self._crew.line = line
        self._crew.pace.rate = line.rate
        if not self._crew.to_note:
            self._crew.health.paused_until = line.paused_until
            if line.health == "ok" and self._crew.health.word != "ok":
                self._crew.health.mended()
        self._wake.set()

    def hold(self, session: Any) -> None:
        """The line that the channel's listening session holds, or None: `send` speaks over it."""
        self._crew.session = session
        self._wake.set()

    async def run(self) -> None:
        """Take up what a dead process left, then pump until `stop`."""
        swept, placed = -math.inf, False
        while not self._stopping:
            try:
                if not self._fence():  # what is marked as being sent may be in another's hands by now
                    self._wake.clear()
                    await self._sleep(1.0)
                    continue
                if not self._claim_lost and _time() - swept >= SWEEP_EVERY:
                    await self._recover(tried=True)
                    swept = _time()
                if not placed:
                    await self._hold_again()
                    placed = True
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
        await self._crew.stop(grace)

    async def _round(self) -> None:
        self._wake.clear()
        if self._claim_lost:
            await self._recover(tried=False)
            self._claim_lost = False
        if self._crew.to_note:
            await self._note()
        wait = self._crew.health.wait(now())
        if wait > 0 or self._taken_up:
            await self._sleep(wait or 1.0)
            return
        if self._crew.health.broken:
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
        if self._crew.health.probing:
            return 0 if self._in_hand else 1
        card = self._line.channel.card
        size = min(MOST, math.ceil(self._crew.pace.current(_time())))
        if card.after_crash is AfterCrash.UNKNOWN:
            size = min(size, card.parallel, math.ceil(size / 4))
            return size if len(self._in_hand) + size <= card.parallel + math.ceil(size / 2) else 0
        if self._crew.queue.ready > size // 2 or len(self._in_hand) > 4 * size + card.parallel:
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
        self._crew.more = len(claimed) >= most
        found = _time()
        ends: dict[int, Settled] = {}
        letters = [item for item in claimed if item.op == "send"]
        if letters:
            try:
                ends = await self._look_again(letters)
                claimed = await with_files(self._database, claimed)
            except Exception:
                self._crew.give_back(claimed)
                raise
        for end in ends.values():
            self._settle(end)
        self._crew.take_up([item for item in claimed if item.id not in ends], found)
        return bool(claimed)

    async def _look_again(self, letters: list[Claimed]) -> dict[int, Settled]:
        """What must not leave after all: it is stale, or a new number has written to enough people today."""
        async with self._database.connection() as connection:
            wrong = await self._recheck(connection, [item.id for item in letters])
        ends = {item.id: stale(item, wrong[item.id]) for item in letters if item.id in wrong}
        if self._line.warm_since is not None:
            left = [item for item in letters if item.id not in ends]
            ladder = self._line.channel.card.warm_up
            over = await self._warm.over(self._database, self._line.id, self._line.warm_since, ladder, left)
            ends |= {item.id: _too_new(item) for item in over}
        return ends

    def _settle(self, outcome: Outcome) -> None:
        pressing = self._line.channel.card.after_crash is AfterCrash.UNKNOWN
        done = self._waits if isinstance(outcome, Again) else self._done
        self._settler.put(outcome, done, pressing=pressing)

    def _done(self, delivery_id: int) -> None:
        self._in_hand.discard(delivery_id)
        if self._taken_up:
            self._taken_up.discard(delivery_id)
            self._wake.set()
        if not self._in_hand or self._line.channel.card.after_crash is AfterCrash.UNKNOWN:
            self._wake.set()

    def _waits(self, delivery_id: int) -> None:
        """It stands among the waiting ones again, with a moment of its own."""
        self._done(delivery_id)
        self._wake.set()

    async def _recover(self, *, tried: bool) -> None:
        ours = sorted(self._in_hand | self._settler.ids())
        for item in await left(self._database, self._line.id, ours):
            self._in_hand.add(item.id)
            self._taken_up.add(item.id)
            outcome = recovered(item, self._line.channel.card.after_crash, tried=tried)
            self._settle(outcome)
            if isinstance(outcome, Again) and outcome.maybe_sent:
                self._crew.hold(item.address, item.rank, item.id, outcome.after)

    async def _hold_again(self) -> None:
        """What was to be tried again when the process before us ended still goes before what is behind it."""
        rows = await self._database.rows(sql["held"], {"account": self._line.id, "now": now()})
        for number, address, rank, after in rows:
            self._crew.hold(address, rank, number, after)

    async def _check(self) -> None:
        try:
            await self._line.channel.sender.check(self._http, self._crew.wire)
        except ChannelError as error:
            self._crew.health.broke(storable(error.text, 300), now())
        except Exception as error:
            log.error("account %s cannot be checked: %s", self._line.wire.key, whence(error))
            self._crew.health.broke(self._crew.health.why, now())
        else:
            self._crew.health.mended()
            self._crew.to_note = True

    async def _note(self) -> None:
        self._crew.to_note = False
        values = {
            "account": self._line.id,
            "health": self._crew.health.word,
            "why": self._crew.health.why,
            "paused_until": self._crew.health.paused_until,
            "now": now(),
            "reactors": list(reactors(AccountHealthChanged.__name__)),
        }
        try:
            await self._database.rows(sql["health"], values)
        except psycopg.Error:
            self._crew.to_note = True
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


def _too_new(item: Claimed) -> Settled:
    return Settled(item.id, item.of_try, Signal.FAILED, TOO_NEW, "warm_up")
