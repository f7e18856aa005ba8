"""The crew alone, with looks that are told when to end: one look serves all who ask, nobody leaves by one that began
before the last word; and only a full claim makes it ask for more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from journeys import counting
from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Channel, Sender
from priyom.contracts.message import Outgoing, Receipt
from priyom.delivery.attempt import Claimed
from priyom.delivery.consequence import Outcome, Settled
from priyom.delivery.crew import LOOKS, Crew, Line
from priyom.delivery.database import Database
from priyom.foundation.http import Http


class World:
    """A crew, what left, what became of each, and the looks: each ends when its place in `ends` is set."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.outcomes: list[Outcome] = []
        self.wakes = 0
        self.wrong: dict[int, str] = {}
        self.looks: list[list[int]] = []
        self.ends: list[asyncio.Event] = []
        channel = Channel(counting.card("x", AfterCrash.ASK, pace=1e6), cast(Sender, self), cast(Any, None))
        wire = Wire("x", SimpleNamespace(), "", "")
        line = Line(1, channel, wire, None, None, "ok")
        self.crew = Crew(
            cast(Database, self), cast(Http, None), line, self.recheck, lambda: True,
            settle=self.outcomes.append, wake=self.wake,
        )  # fmt: skip

    async def send(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt:
        self.sent.append(outgoing.key)
        return Receipt("")

    def wake(self) -> None:
        self.wakes += 1

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        yield

    async def recheck(self, connection: Any, ids: list[int]) -> dict[int, str]:
        found = dict(self.wrong)  # as it is when the look begins
        self.looks.append(ids)
        self.ends.append(asyncio.Event())
        await self.ends[-1].wait()
        return {number: found[number] for number in ids if number in found}

    def take_up(self, *numbers: int) -> None:
        items = [Claimed(n, "send", f"+7701{n:07d}", {"text": "x"}, False, None, 1, False) for n in numbers]
        self.crew.take_up(items, asyncio.get_running_loop().time())


async def soon(condition: Callable[[], bool]) -> None:
    """Let the others run until it holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition may be anything
            await asyncio.sleep(0)


def played(story: Callable[[World], Awaitable[None]]) -> World:
    """The story's world after it."""

    async def play() -> World:
        world = World()
        await story(world)
        await world.crew.stop(1.0)
        return world

    return asyncio.run(play())


def test_all_who_wait_are_served_by_one_look() -> None:
    async def story(world: World) -> None:
        world.take_up(*range(1, 21))
        world.crew.unsure()
        await soon(lambda: len(world.looks) == 1)
        await asyncio.sleep(0.01)  # everybody has come to wait by now
        world.ends[0].set()
        await soon(lambda: len(world.sent) == 20)

    assert len(played(story).looks) == 1


def test_what_is_told_during_a_look_is_looked_at_before_anybody_leaves() -> None:
    async def story(world: World) -> None:
        world.take_up(1, 2)
        world.crew.unsure()
        await soon(lambda: len(world.looks) == 1)
        world.wrong[2] = "визит перенесен"
        world.crew.unsure()
        world.ends[0].set()
        await soon(lambda: len(world.looks) == 2)
        assert world.sent == []
        world.ends[1].set()
        await soon(lambda: len(world.outcomes) == 2)

    world = played(story)
    assert world.sent == ["d1"]
    assert [(o.delivery_id, o.state) for o in world.outcomes if isinstance(o, Settled) and o.code] == [(2, "cancelled")]


def test_whoever_asks_after_the_word_does_not_trust_the_look_before_it() -> None:
    async def story(world: World) -> None:
        world.take_up(1)
        world.crew.unsure()
        await soon(lambda: len(world.looks) == 1)
        world.take_up(2)
        world.wrong[2] = "визит перенесен"
        world.crew.unsure()
        await asyncio.sleep(0.01)  # the second sender has come to wait
        world.ends[0].set()
        await soon(lambda: len(world.looks) == 2)
        world.ends[1].set()
        await soon(lambda: len(world.outcomes) == 2)

    assert played(story).sent == ["d1"]


def test_words_without_end_keep_nobody_for_ever() -> None:
    async def story(world: World) -> None:
        world.take_up(1)
        world.crew.unsure()
        for number in range(LOOKS):
            await soon(lambda n=number: len(world.looks) > n)  # type: ignore[misc]
            world.crew.unsure()
            world.ends[number].set()
        await soon(lambda: world.sent == ["d1"])

    assert len(played(story).looks) == LOOKS


def test_a_look_that_is_under_way_ends_with_the_crew() -> None:
    async def story(world: World) -> None:
        world.take_up(1)
        world.crew.unsure()
        await soon(lambda: len(world.looks) == 1)
        await world.crew.stop(0.0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    assert played(story).sent == []


@pytest.mark.parametrize("more", [True, False])
def test_only_after_a_full_claim_is_more_asked_for(more: bool) -> None:
    async def story(world: World) -> None:
        world.crew.more = more
        world.take_up(1, 2, 3)
        await soon(lambda: len(world.sent) == 3)

    assert bool(played(story).wakes) is more
