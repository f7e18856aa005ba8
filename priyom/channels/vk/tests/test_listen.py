"""Bots Long Poll: nothing is lost over a restart, and each of VK's three failures is got over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from priyom.channels.vk.listen import Line
from priyom.contracts.channel import Account, Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured
from priyom.contracts.events import Said
from priyom.contracts.suite_world import KeptPost

ME = "500100200"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person and no servers to call."""
    made = await Stage.open("vk")
    emulator: Any = made.emulator
    emulator.state.servers.clear()
    made.emulator.put(ME, "Анна", True)
    made.settings = {**made.settings, "receive": "long_poll"}
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def listening(stage: Stage, post: KeptPost) -> AsyncIterator[asyncio.Task[None]]:
    """A line under way, and the queue switched on."""
    line = asyncio.create_task(Line(stage.http, stage.account, post, pause=0.01, wait=5).run())
    try:
        yield line
    finally:
        line.cancel()
        await asyncio.gather(line, return_exceptions=True)


async def until(happened: Callable[[], Any]) -> None:
    """Wait for it; a slow machine may take its time."""
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def queue(stage: Stage) -> Any:
    """The emulator with what only VK's has."""
    return stage.emulator


def texts(stage: Stage, post: KeptPost) -> list[str]:
    """What people said, as far as handed over."""
    return [event.text for event in stage.read(post) if isinstance(event, Said)]


async def test_words_come_and_the_place_is_kept(stage: Stage) -> None:
    post = stage.post()
    async with listening(stage, post):
        await until(lambda: queue(stage).state.poll_key)
        await stage.emulator.say(ME, "раз")
        await stage.emulator.say(ME, "два")
        await until(lambda: len(post.taken) == 2 and post.position.endswith(":3"))
    assert post.position == "222000001:3"
    assert "secret" not in json.loads(post.taken[0].body)
    assert texts(stage, post) == ["раз", "два"]


async def test_a_restart_loses_nothing_and_repeats_nothing(stage: Stage) -> None:
    post = stage.post()
    async with listening(stage, post):
        await until(lambda: queue(stage).state.poll_key)
        await stage.emulator.say(ME, "раз")
        await until(lambda: post.position)
    await stage.emulator.say(ME, "пока никто не слушает")
    async with listening(stage, post):
        await until(lambda: len(post.taken) == 2)
    assert texts(stage, post) == ["раз", "пока никто не слушает"]
    assert post.repeats == 0


class Stumbling(KeptPost):
    """A post whose second try to keep something fails."""

    tries = 0

    async def take(self, request: Request) -> None:
        """Keep it, but for the second time."""
        self.tries += 1
        if self.tries == 2:
            raise OSError("the database went away")
        await super().take(request)


async def test_what_could_not_be_kept_is_not_skipped(stage: Stage) -> None:
    post = Stumbling(stage.post().identify)
    async with listening(stage, post) as line:
        await until(lambda: queue(stage).state.poll_key)
        await stage.emulator.say(ME, "раз")
        await until(lambda: post.position)
        await stage.emulator.say(ME, "два")
        with pytest.raises(OSError, match="database"):
            await line
    async with listening(stage, post):
        await until(lambda: len(post.taken) == 2)
    assert texts(stage, post) == ["раз", "два"]


async def test_the_place_of_another_community_is_not_ours(stage: Stage) -> None:
    post, state = stage.post(), queue(stage).state
    post.position, state.polling, state.polled = "777:1", True, ["message_new"]
    await stage.emulator.say(ME, "задолго до нас")
    async with listening(stage, post):
        await until(lambda: state.poll_key)
        await until(lambda: queue(stage).asked)
        await stage.emulator.say(ME, "раз")
        await until(lambda: post.position == "222000001:3")
    assert texts_so_far(post) == ["раз"]


@pytest.mark.parametrize(("failure", "kept"), [(1, ["два"]), (2, ["раз", "два"]), (3, ["два"])])
async def test_each_failure_is_got_over(stage: Stage, failure: int, kept: list[str]) -> None:
    """An old key (2) loses nothing; 1 and 3 say that the place is lost, and the new one is kept at once."""
    post, state = stage.post(), queue(stage).state
    post.position, state.polling, state.polled = "222000001:1", True, ["message_new"]
    await stage.emulator.say(ME, "раз")
    queue(stage).failures = [failure]
    async with listening(stage, post):
        await until(lambda: post.position == "222000001:2")
        await stage.emulator.say(ME, "два")
        await until(lambda: "два" in texts_so_far(post))
    assert texts_so_far(post) == kept
    assert post.position == "222000001:3"


async def test_a_queue_that_fails_and_fails_is_asked_on(stage: Stage) -> None:
    post = stage.post()
    queue(stage).failures = [3, 7, 1, 2, 2]  # the last one loses nothing
    async with listening(stage, post):
        await until(lambda: not queue(stage).failures)
        await stage.emulator.say(ME, "раз")
        await until(lambda: post.taken)


def texts_so_far(post: KeptPost) -> list[str]:
    """The texts handed over, read as they are."""
    return [json.loads(request.body)["object"]["message"]["text"] for request in post.taken]


async def test_a_line_too_old_goes_on_from_what_is_left(stage: Stage) -> None:
    post = stage.post()
    post.position = "222000001:1"
    state = queue(stage).state
    state.polling, state.polled, state.place = True, ["message_new"], 500
    await stage.emulator.say(ME, "раз")
    async with listening(stage, post):
        await until(lambda: post.taken)
    assert texts_so_far(post) == ["раз"]


async def test_a_broken_line_is_taken_up_again(stage: Stage) -> None:
    post = stage.post()
    stage.emulator.mode = Mode.DOWN
    async with listening(stage, post):
        await asyncio.sleep(0.05)
        stage.emulator.mode = Mode.THROTTLE
        await asyncio.sleep(0.05)
        stage.emulator.mode = Mode.OK
        await until(lambda: queue(stage).state.poll_key)
        await stage.emulator.say(ME, "раз")
        await until(lambda: post.taken)


async def test_a_wrong_key_is_the_clinic_s_to_mend(stage: Stage) -> None:
    settings = {**stage.settings, "token": "vk1.a.wrong"}
    account = stage.channel.account("suite", settings, stage.account.hook_secret)
    with pytest.raises(Misconfigured):
        await asyncio.wait_for(Line(stage.http, account, stage.post()).run(), 30)


async def test_a_key_without_management_needs_it_switched_on_by_hand(stage: Stage) -> None:
    queue(stage).state.rights = 4096
    with pytest.raises(Misconfigured, match="Bots Long Poll выключен"):
        await asyncio.wait_for(Line(stage.http, stage.account, stage.post()).run(), 30)
    state = queue(stage).state
    state.polling, state.polled = True, ["message_new"]
    post = stage.post()
    async with listening(stage, post):
        await until(lambda: state.poll_key)
        await stage.emulator.say(ME, "раз")
        await until(lambda: post.taken)


def test_by_webhook_there_is_no_line(stage: Stage) -> None:
    assert stage.channel.listener is not None
    account = stage.channel.account("suite", {**stage.settings, "receive": "callback"}, "s" * 32)
    assert stage.channel.listener.open(stage.http, account, stage.post()) is None
    listening_account: Account = stage.account
    assert stage.channel.listener.open(stage.http, listening_account, stage.post()) is not None
