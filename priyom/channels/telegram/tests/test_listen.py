"""Polling and the watch over the webhook: nothing is lost or doubled, rivals are told, nobody must press «connect»."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.telegram.emulator import Emulator
from priyom.channels.telegram.listen import RIVALS, TROUBLES, Polling, Watch
from priyom.channels.telegram.listen import open as listen
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured, Unavailable
from priyom.contracts.events import Event, Pressed, Said, Started, Stopped
from priyom.contracts.message import Button, Message, Outgoing
from priyom.contracts.suite_world import HOOK_SECRET, KeptPost

ADDRESS = "500100200"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person; the account asks for its updates itself."""
    made = await Stage.open("telegram")
    made.settings = {**made.settings, "updates": "polling"}
    made.emulator.put(ADDRESS, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def session(stage: Stage, post: KeptPost) -> Polling:
    """A session in a hurry."""
    made = listen(stage.http, stage.account, post)
    assert isinstance(made, Polling)
    made.pause = 0.01
    return made


@contextlib.asynccontextmanager
async def running(held: Polling | Watch) -> AsyncIterator[asyncio.Task[None]]:
    """The session under way."""
    task = asyncio.get_running_loop().create_task(held.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    """Wait for it, as long as a slow machine may need."""
    async with asyncio.timeout(40):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def raw(stage: Stage, method: str, **given: Any) -> Any:
    """A call of the Bot API as anybody could make it."""
    url = f"{stage.settings['base_url']}/bot{stage.settings['token']}/{method}"
    return (await stage.http.request("POST", url, json=given)).json()


async def test_everything_comes_once_and_in_order(stage: Stage) -> None:
    post, phone = stage.post(), stage.emulator
    choice = Message("Ждём вас", rows=((Button("Приду", "ok"),),))
    await stage.channel.sender.send(stage.http, stage.account, Outgoing("k", ADDRESS, choice))
    async with running(session(stage, post)):
        await until(lambda: _url(stage) == "")
        await phone.say(ADDRESS, "раз")
        await until(lambda: len(post.taken) == 1)
        await phone.press(ADDRESS, "1", "0.0")
        await phone.say(ADDRESS, "два")
        await phone.block(ADDRESS, True)
        await phone.start_chat(ADDRESS, "p-1")
        await until(lambda: len(post.taken) == 6)
    events = stage.read(post)
    assert [type(event) for event in events] == [Said, Pressed, Said, Stopped, Started, Started]
    assert post.repeats == 0
    assert stage.received == []


async def test_a_restart_goes_on_where_it_was(stage: Stage) -> None:
    post = stage.post()
    async with running(session(stage, post)):
        await until(lambda: _url(stage) == "")
        await stage.emulator.say(ADDRESS, "раз")
        await until(lambda: bool(post.position))
    await stage.emulator.say(ADDRESS, "два")
    again = KeptPost(post.identify, position=post.position)
    async with running(session(stage, again)):
        await until(lambda: bool(again.taken) and again.position != post.position)
    assert [_text(event) for event in stage.read(again)] == ["два"]
    assert int(again.position) == int(post.position) + 1


async def test_what_was_not_kept_comes_again(stage: Stage) -> None:
    class Full(KeptPost):
        """A post whose database is away once."""

        broken = True

        async def take(self, request: Request) -> None:
            if self.broken:
                self.broken = False
                raise ConnectionError("the database is away")
            await super().take(request)

    post = Full(stage.post().identify)
    await raw(stage, "deleteWebhook")
    await stage.emulator.say(ADDRESS, "да")
    with pytest.raises(ConnectionError):
        await session(stage, post).run()
    assert post.position == ""
    async with running(session(stage, post)):
        await until(lambda: bool(post.taken))
    assert [_text(event) for event in stage.read(post)] == ["да"]


async def test_the_webhook_goes_and_what_waited_for_it_stays(stage: Stage) -> None:
    stage.refusals[:] = [500] * 3
    await stage.emulator.say(ADDRESS, "да")
    await stage.world.settled()
    post = stage.post()
    async with running(session(stage, post)):
        await until(lambda: bool(post.taken) and not _bot(stage)["loose"])
    assert [_text(event) for event in stage.read(post)] == ["да"]
    assert _url(stage) == ""
    await stage.emulator.say(ADDRESS, "ещё")
    stage.settings = {**stage.settings, "updates": "webhook"}
    await raw(stage, "setWebhook", url=stage.hook_url, secret_token=HOOK_SECRET)
    assert [_text(event) for event in await stage.heard()] == ["ещё"]


async def test_a_webhook_set_meanwhile_is_got_over(stage: Stage) -> None:
    post = stage.post()
    async with running(session(stage, post)):
        await until(lambda: _url(stage) == "")
        await raw(stage, "setWebhook", url="https://other.example/hook")
        await until(lambda: _url(stage) == "")
        await stage.emulator.say(ADDRESS, "да")
        await until(lambda: bool(post.taken))


async def test_a_rival_is_told(stage: Stage) -> None:
    """Two programs oust each other; the one that has had enough says so."""
    first, second = session(stage, stage.post()), session(stage, stage.post())
    async with running(first) as one, running(second) as two:
        await asyncio.wait([one, two], return_when=asyncio.FIRST_COMPLETED, timeout=30)
        [ended] = [task for task in (one, two) if task.done()]
        with pytest.raises(Misconfigured, match="другая программа"):
            ended.result()
    assert RIVALS > 1


async def test_short_troubles_are_borne_and_long_ones_told(stage: Stage) -> None:
    post = stage.post()
    async with running(session(stage, post)):
        await until(lambda: _url(stage) == "")
        stage.emulator.mode = Mode.DOWN
        await stage.emulator.say(ADDRESS, "да")
        stage.emulator.mode = Mode.OK
        await until(lambda: bool(post.taken))
    stage.emulator.mode = Mode.DOWN
    with pytest.raises(Unavailable):
        await session(stage, post).run()
    assert TROUBLES > 1


async def test_a_wrong_token_is_told(stage: Stage) -> None:
    stage.settings = {**stage.settings, "token": "7000000009:" + "x" * 35}
    with pytest.raises(Misconfigured):
        await session(stage, stage.post()).run()


async def test_the_watch_sets_the_webhook_and_sets_it_again(stage: Stage) -> None:
    stage.settings = {**stage.settings, "updates": "webhook"}
    await raw(stage, "deleteWebhook")
    await stage.emulator.say(ADDRESS, "да")
    watch = listen(stage.http, stage.account, stage.post())
    assert isinstance(watch, Watch)
    watch.every = 0.01
    async with running(watch) as task:
        await until(lambda: _url(stage) == stage.hook_url)
        await until(lambda: len(stage.received) == 1)
        await raw(stage, "deleteWebhook")
        await until(lambda: _url(stage) == stage.hook_url)
        await raw(stage, "setWebhook", url="https://other.example/hook")
        await asyncio.wait([task], timeout=20)
        with pytest.raises(Misconfigured, match="другая программа"):
            task.result()
    # An update may come twice when the webhook changes while it is under way; its number is the same.
    assert {_text(event) for event in await stage.heard()} == {"да"}


async def test_connect_of_a_polling_account_takes_the_webhook_away(stage: Stage) -> None:
    assert _url(stage) == stage.hook_url
    await stage.channel.sender.connect(stage.http, stage.account, stage.hook_url)
    assert (await stage.channel.sender.check(stage.http, stage.account)).webhook == ""


def _bot(stage: Stage) -> dict[str, Any]:
    [bot] = cast(Emulator, stage.emulator).dump()["bots"]
    return dict(bot)


def _url(stage: Stage) -> str:
    return str(_bot(stage)["hook_url"])


def _text(event: Event) -> str:
    assert isinstance(event, Said)
    return event.text
