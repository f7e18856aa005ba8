"""Polling: everything is taken once and in order, deleted at the vendor only when kept, and a webhook is taken down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from priyom.channels.yandex.emulator import Emulator
from priyom.channels.yandex.listen import Polling, open
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured
from priyom.contracts.events import Said
from priyom.contracts.suite_world import HOOK_SECRET, KeptPost

ANNA = "anna"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """A bot that is polled, at which an old webhook still stands."""
    made = await Stage.open("yandex")
    made.settings = {**made.settings, "mode": "polling"}
    made.emulator.put(ANNA, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def texts(stage: Stage, post: KeptPost) -> list[str]:
    """The words a session has handed over."""
    return [event.text for event in stage.read(post) if isinstance(event, Said)]


def test_a_webhook_needs_no_session(stage: Stage) -> None:
    webhook = stage.channel.account("suite", {**stage.settings, "mode": "webhook"}, HOOK_SECRET)
    assert open(stage.http, webhook, stage.post()) is None
    assert isinstance(open(stage.http, stage.account, stage.post()), Polling)


async def test_everything_is_taken_once_and_in_order(stage: Stage) -> None:
    post = stage.post()
    session = Polling(stage.http, stage.account, post)
    assert await session.round() == 0  # and the webhook is gone
    for number in range(150):
        await stage.emulator.say(ANNA, str(number))
    assert await session.round() == 100
    assert await session.round() == 50
    assert texts(stage, post) == [str(number) for number in range(150)]
    await stage.emulator.say(ANNA, "последнее")
    await Polling(stage.http, stage.account, post).round()
    assert texts(stage, post) == ["последнее"]
    assert post.repeats == 0


async def test_nothing_is_deleted_that_was_not_kept(stage: Stage) -> None:
    post = stage.post()
    session = Polling(stage.http, stage.account, post)
    await session.round()
    await stage.emulator.say(ANNA, "да")

    class Away(KeptPost):
        """A post whose database is away."""

        async def take(self, request: Request) -> None:
            raise RuntimeError("away")

    away = Away(post.identify, position=post.position)
    with pytest.raises(RuntimeError):
        await Polling(stage.http, stage.account, away).round()
    await session.round()
    assert texts(stage, post) == ["да"]
    await session.round()
    assert cast(Emulator, stage.emulator)._bot(stage.settings["token"]).waiting == []


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
