"""Polling and the watch over the webhook: nothing is lost or doubled, rivals are told, what MAX dropped comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from priyom.channels.max_messenger import listen as listening
from priyom.channels.max_messenger.listen import RIVALS, Polling, Watch
from priyom.channels.max_messenger.listen import open as listen
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured, Unavailable
from priyom.contracts.events import Event, Pressed, Said, Started, Stopped
from priyom.contracts.message import Button, Message, Outgoing
from priyom.contracts.suite_world import KeptPost

ADDRESS = "210045"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person; the account asks for its updates itself."""
    made = await Stage.open("max_messenger")
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


def watch(stage: Stage) -> Watch:
    """A watch in a hurry, of an account with a webhook."""
    stage.settings = {**stage.settings, "updates": "webhook"}
    made = listen(stage.http, stage.account, stage.post())
    assert isinstance(made, Watch)
    made.every = 0.01
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


async def raw(stage: Stage, verb: str, path: str, body: Any = None) -> Any:
    """A call of the Bot API as anybody could make it."""
    headers = {"Authorization": stage.settings["token"]}
    url = f"{stage.settings['base_url']}/{path}"
    return (await stage.http.request(verb, url, json=body, headers=headers)).json()


async def test_everything_comes_once_and_in_order(stage: Stage) -> None:
    post, phone = stage.post(), stage.emulator
    choice = Message("Ждём вас", rows=((Button("Приду", "ok"),),))
    receipt = await stage.channel.sender.send(stage.http, stage.account, Outgoing("k", ADDRESS, choice))
    async with running(session(stage, post)):
        await until(lambda: _urls(stage) == [])
        await phone.say(ADDRESS, "раз")
        await until(lambda: len(post.taken) == 1)
        await phone.press(ADDRESS, receipt.provider_id, "0.0")
        await phone.say(ADDRESS, "два")
        await phone.block(ADDRESS, True)
        await phone.start_chat(ADDRESS, "p-1")
        await until(lambda: len(post.taken) == 5)
    assert [type(event) for event in stage.read(post)] == [Said, Pressed, Said, Stopped, Started]
    assert post.repeats == 0
    assert stage.received == []


async def test_a_restart_goes_on_where_it_was(stage: Stage) -> None:
    post = stage.post()
    async with running(session(stage, post)):
        await until(lambda: _urls(stage) == [])
        await stage.emulator.say(ADDRESS, "раз")
        await until(lambda: len(post.taken) == 1 and bool(post.position))
    await stage.emulator.say(ADDRESS, "два")
    again = KeptPost(post.identify, position=post.position)
    async with running(session(stage, again)):
        await until(lambda: bool(again.taken) and again.position != post.position)
    assert [_text(event) for event in stage.read(again)] == ["два"]


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
    await stage.channel.sender.connect(stage.http, stage.account, "")
    await stage.emulator.say(ADDRESS, "да")
    with pytest.raises(ConnectionError):
        await session(stage, post).run()
    assert post.position == ""
    async with running(session(stage, post)):
        await until(lambda: bool(post.taken))
    assert [_text(event) for event in stage.read(post)] == ["да"]


async def test_a_webhook_set_meanwhile_is_got_over(stage: Stage) -> None:
    post = stage.post()
    async with running(session(stage, post)):
        await until(lambda: _urls(stage) == [])
        await raw(stage, "POST", "subscriptions", {"url": "https://other.example/hook"})
        stage.emulator._updates.release()  # type: ignore[attr-defined]
        await until(lambda: _urls(stage) == [])
        await stage.emulator.say(ADDRESS, "да")
        await until(lambda: bool(post.taken))


async def test_a_webhook_that_comes_back_is_told(stage: Stage) -> None:
    """Another program subscribes again and again."""
    held = session(stage, stage.post())
    held.pause = 0.0
    calls = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal calls
        if request.path == "/subscriptions":
            return web.json_response({"subscriptions": [{"url": "https://x"}], "success": True})
        calls += 1
        return web.json_response({"code": "method.not.allowed", "message": ""}, status=405)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stage.settings = {**stage.settings, "base_url": f"http://127.0.0.1:{runner.addresses[0][1]}"}
    held = session(stage, stage.post())
    try:
        with pytest.raises(Misconfigured, match="другой программы"):
            await held.run()
    finally:
        await runner.cleanup()
    assert calls == RIVALS + 1


async def test_short_troubles_are_borne_and_long_ones_told(stage: Stage) -> None:
    stage.emulator.mode = Mode.DOWN
    with pytest.raises(Unavailable):
        await session(stage, stage.post()).run()
    post = stage.post()
    held = session(stage, post)
    held.pause = 0.1
    async with running(held):
        stage.emulator.mode = Mode.OK
        await until(lambda: _urls(stage) == [])
        await stage.emulator.say(ADDRESS, "да")
        await until(lambda: bool(post.taken))


async def test_a_wrong_token_is_told(stage: Stage) -> None:
    stage.settings = {**stage.settings, "token": "x" * 35}
    with pytest.raises(Misconfigured):
        await session(stage, stage.post()).run()
    with pytest.raises(Misconfigured):
        await watch(stage).run()


async def test_what_max_dropped_after_eight_hours_comes_back(stage: Stage) -> None:
    async with running(watch(stage)):
        await stage.channel.sender.connect(stage.http, stage.account, stage.hook_url)
        before = _since(stage)
        stage.refusals[:] = [500] * 3
        await stage.emulator.say(ADDRESS, "раз")
        await stage.world.settled()
        stage.world.turn(timedelta(hours=9))
        await until(lambda: _since(stage) > before)
        await stage.emulator.say(ADDRESS, "два")
        assert "два" in [_text(event) for event in await stage.heard()]
    hooks = (await raw(stage, "GET", "subscriptions"))["subscriptions"]
    assert [hook["url"] for hook in hooks] == [stage.hook_url]


async def test_the_watch_leaves_one_of_doubles(stage: Stage) -> None:
    for _ in range(2):
        await raw(stage, "POST", "subscriptions", {"url": stage.hook_url})
    assert len(_urls(stage)) == 3
    async with running(watch(stage)):
        await until(lambda: _urls(stage) == [stage.hook_url])


async def test_an_address_max_does_not_take_is_told(stage: Stage) -> None:
    held = watch(stage)
    stage.emulator.loopback = False  # type: ignore[attr-defined]
    await raw(stage, "DELETE", f"subscriptions?url={stage.hook_url}")
    with pytest.raises(Misconfigured, match="вебхука"):
        await held.run()


async def test_webhooks_are_looked_for_again_while_polling(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "POLL_SECONDS", 0)
    held = session(stage, stage.post())
    held.every = 0.0
    async with running(held):
        await until(lambda: _urls(stage) == [])
        await raw(stage, "POST", "subscriptions", {"url": "https://other.example/hook"})
        await until(lambda: _urls(stage) == [])


async def test_the_house_s_public_address_leads_to_the_same_door(stage: Stage) -> None:
    """The sandbox calls on this machine what the clinic has named by its public name."""
    stage.settings = {**stage.settings, "updates": "webhook"}
    public = stage.hook_url.replace("127.0.0.1", "clinic.example")
    await stage.channel.sender.connect(stage.http, stage.account, public)
    assert _urls(stage) == [public]
    await stage.emulator.say(ADDRESS, "да")
    assert len(await stage.heard()) == 1


def _hooks(stage: Stage) -> list[dict[str, Any]]:
    [bot] = stage.emulator.dump()["bots"]
    return list(bot["subscriptions"])


def _urls(stage: Stage) -> list[str]:
    return [hook["url"] for hook in _hooks(stage)]


def _since(stage: Stage) -> float:
    return max((float(hook["since"]) for hook in _hooks(stage)), default=0.0)


def _text(event: Event) -> str:
    assert isinstance(event, Said)
    return event.text
