"""Polling: everything is taken once and in order, over pages and restarts, and equal to what a webhook brings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import cast

import pytest
import pytest_asyncio

from priyom.channels.pachca.emulator import Emulator
from priyom.channels.pachca.emulator_state import moment
from priyom.channels.pachca.listen import Polling, open
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured
from priyom.contracts.events import Said
from priyom.contracts.suite_world import HOOK_SECRET

ANNA = "user:45"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """A bot that is polled: it has no webhook."""
    made = await Stage.open("pachca")
    made.settings = {**made.settings, "mode": "polling"}
    made.emulator.attach(made.settings, "", HOOK_SECRET)
    made.emulator.put(ANNA, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def test_a_webhook_needs_no_session(stage: Stage) -> None:
    webhook = stage.channel.account("suite", {**stage.settings, "mode": "webhook"}, HOOK_SECRET)
    assert open(stage.http, webhook, stage.post()) is None
    assert isinstance(open(stage.http, stage.account, stage.post()), Polling)


async def test_everything_is_taken_once_and_in_order(stage: Stage) -> None:
    post = stage.post()
    session = Polling(stage.http, stage.account, post)
    await session.round()
    assert (stage.read(post), post.position) == ([], "")
    await stage.emulator.say(ANNA, "первое")
    await session.round()
    stage.world.turn(timedelta(minutes=10))
    for number in range(120):  # more than two pages
        await stage.emulator.say(ANNA, str(number))
    await session.round()
    assert [e.text for e in stage.read(post) if isinstance(e, Said)] == ["первое", *map(str, range(120))]
    again = Polling(stage.http, stage.account, post)
    await stage.emulator.say(ANNA, "последнее")
    await again.round()
    assert [event.text for event in stage.read(post) if isinstance(event, Said)] == ["последнее"]


async def test_an_event_listed_late_is_not_missed(stage: Stage) -> None:
    post = stage.post()
    session = Polling(stage.http, stage.account, post)
    await stage.emulator.say(ANNA, "второе")
    await session.round()
    await stage.emulator.say(ANNA, "первое, но замешкалось")
    bot = cast(Emulator, stage.emulator)._state.bots[stage.settings["token"]]
    bot.history[-1]["created_at"] = moment(stage.world.now() - timedelta(seconds=30))
    await session.round()
    assert len(stage.read(post)) == 2
    assert datetime.fromisoformat(post.position) == stage.world.now()


async def test_polled_and_called_are_one_update(stage: Stage) -> None:
    stage.emulator.attach(stage.settings, stage.hook_url, HOOK_SECRET)
    await stage.emulator.say(ANNA, "да")
    await stage.world.settled()
    post = stage.post()
    await Polling(stage.http, stage.account, post).round()
    [called], [polled] = stage.received, post.taken
    identify = stage.channel.receiver.identify
    assert identify(stage.account, called) == identify(stage.account, polled)


async def test_it_outlives_short_troubles_and_ends_with_a_wrong_token(stage: Stage) -> None:
    post = stage.post()
    stage.emulator.mode = Mode.DOWN
    running = asyncio.create_task(Polling(stage.http, stage.account, post, 0.01).run())
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    stage.emulator.mode = Mode.OK
    account = stage.channel.account("suite", {**stage.settings, "token": "wrong"}, HOOK_SECRET)
    with pytest.raises(Misconfigured):
        await Polling(stage.http, account, post, 0.01).run()
