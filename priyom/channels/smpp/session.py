"""The clinic's line to its SMPP gateway: a worker holds it open, `send` and `ask` speak over it, `catch` listens.

It comes back by itself after short troubles; while it is down, messages are told to come later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import uuid4

from priyom.channels.smpp import ids
from priyom.channels.smpp.binding import Bound, bind
from priyom.channels.smpp.catch import Catch
from priyom.channels.smpp.link import NoAnswer, NotLeft
from priyom.channels.smpp.memory import Long, Memory
from priyom.channels.smpp.pdu import Command, Found, Named, Pdu, Query, Sm
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.statuses import refusal
from priyom.contracts.channel import Account, Post
from priyom.contracts.errors import ChannelError, Throttled, Unavailable, Uncertain
from priyom.foundation.clock import now

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
FAILURES = 5
"""So many failed tries in a row after a line that stood, and the clinic is told; before, at once."""
PATIENCE = 10.0
"""Seconds a silent gateway has to answer enquire_link."""
SWEEP_SECONDS = 60.0


class SmppSession:
    """One account's line. `run` holds it; the rest is called from other tasks of the same loop."""

    def __init__(self, account: Account, post: Post, *, timeout: float, connect_timeout: float) -> None:
        self._settings: Settings = account.settings
        self._post = post
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._bound: Bound | None = None
        self._line = ""
        self._stood = False
        self._trouble: ChannelError | None = None
        self._changed = asyncio.Event()
        self.memory = Memory(now, post.keep)
        self._catch = Catch(self._settings, post, self.memory)

    @property
    def bound(self) -> bool:
        """Whether messages can go now."""
        return self._bound is not None and not self._bound.link.down

    async def run(self) -> None:
        """Hold the line until cancelled. Raises Misconfigured when the gateway does not let us in; Unavailable or
        Throttled when it cannot be reached at first, or not again after several tries."""
        try:
            self.memory.load(await self._post.cursor())
            while True:
                await self._hold(await self._open())
                await asyncio.sleep(FIRST_PAUSE)  # a gateway that lets us in and hangs up must not be stormed
        except ChannelError as error:
            self._now_is(None, error)
            raise
        finally:
            if self._trouble is None:
                self._now_is(None, Unavailable("соединение со шлюзом SMPP закрыто"))

    async def submit(self, sm: Sm, tlvs: Mapping[int, bytes], long: Long | None) -> str:
        """Hand over one part, of `long` when there are several; its id. Raises the errors of `contracts.errors`."""
        bound = await self._ready()
        answered = asyncio.get_running_loop().create_future()
        if long is not None:
            self._catch.under_way.add(answered)
        try:
            answer = await bound.link.within_window(Command.SUBMIT_SM, sm, tlvs)
            message_id = self._taken(answer)
            if long is not None:
                self.memory.taken(long, message_id)
            return message_id
        except NotLeft:
            raise Unavailable("соединение со шлюзом SMPP оборвалось раньше отправки") from None
        except NoAnswer:
            raise Uncertain("шлюз SMPP не ответил: неизвестно, ушло ли сообщение") from None
        finally:
            self._catch.under_way.discard(answered)
            answered.set_result(None)

    async def stopped(self, long: Long) -> None:
        """No more parts of `long` go now: all have been taken, or one was not."""
        await self._catch.stopped(long)

    async def query(self, query: Query) -> Found | None:
        """What the gateway knows of a message; None when it does not say. Raises Unavailable."""
        bound = await self._ready()
        try:
            answer = await bound.link.within_window(Command.QUERY_SM, query)
        except (NotLeft, NoAnswer):
            raise Unavailable("шлюз SMPP не ответил на вопрос о сообщении") from None
        return answer.body if answer.status == 0 and isinstance(answer.body, Found) else None

    async def gateway(self) -> str:
        """What the gateway calls itself. Raises Unavailable, or why the line is down."""
        return (await self._ready()).gateway

    def _taken(self, answer: Pdu) -> str:
        if answer.status:
            raise refusal(answer.status, self._settings)
        name = answer.body.name if isinstance(answer.body, Named) else ""
        if not name:
            raise Uncertain("шлюз SMPP принял сообщение, но не назвал его номера")
        return ids.answered(name, self._settings)

    async def _ready(self) -> Bound:
        """The line; waits while a try to open it is under way."""
        limit = asyncio.get_running_loop().time() + self._timeout + self._connect_timeout
        while self._bound is None or self._bound.link.down:
            if self._trouble is not None:
                raise _again(self._trouble)
            self._changed.clear()
            try:
                async with asyncio.timeout_at(limit):
                    await self._changed.wait()
            except TimeoutError:
                raise Unavailable("нет соединения со шлюзом SMPP") from None
        return self._bound

    async def _open(self) -> Bound:
        """A line; after one that stood, tried for with growing pauses. Raises what the last try raised."""
        failures = 0
        while True:
            try:
                return await bind(
                    self._settings,
                    Command.BIND_TRANSCEIVER,
                    self._asked,
                    timeout=self._timeout,
                    connect_timeout=self._connect_timeout,
                )
            except (Unavailable, Throttled) as error:
                failures += 1
                if not self._stood or failures >= FAILURES:
                    raise
                self._now_is(None, error)
            await asyncio.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1)))
            self._now_is(None, None)

    async def _hold(self, bound: Bound) -> None:
        """Until the line ends; on cancellation it is unbound first."""
        self._line, self._stood = uuid4().hex[:12], True
        self._now_is(bound, None)
        every = max(1, self._settings.enquire_seconds)
        chores = [asyncio.create_task(bound.link.keep_alive(every, PATIENCE)), asyncio.create_task(self._sweep())]
        try:
            await asyncio.wait([bound.reading])
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
            self._now_is(None, None)
            await bound.close()

    async def _sweep(self) -> None:
        while True:
            await self._catch.sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _asked(self, pdu: Pdu) -> Pdu | None:
        return await self._catch.asked(pdu, self._line)

    def _now_is(self, bound: Bound | None, trouble: ChannelError | None) -> None:
        self._bound, self._trouble = bound, trouble
        self._changed.set()


def _again(error: ChannelError) -> ChannelError:
    """A fresh error that says the same: one object must not be raised by many tasks."""
    if isinstance(error, Throttled):
        return Unavailable(error.text, error.code)
    return type(error)(error.text, error.code)
