"""The world in which the contract's suite runs an emulator: a clock that is set by hand, real webhook calls over
loopback, work in the background that can be awaited, and the clinic's hook door that keeps what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import web

from priyom.contracts import registry
from priyom.contracts.card import abouts
from priyom.contracts.channel import Account, Channel, Request
from priyom.contracts.emulator import Emulator, Hook
from priyom.contracts.events import Event
from priyom.foundation.http import Http

HOOK_SECRET = "suite_secret-0123456789ABCDEFabc"


class SuiteWorld:
    """A `World` for tests. Its clock stands still until `turn`; `settled` waits for everything spawned."""

    def __init__(self, at: datetime = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)) -> None:
        self.at = at
        self.calls: list[Hook] = []
        self.changes: list[tuple[str, str]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    def now(self) -> datetime:
        """The moment set by hand."""
        return self.at

    def turn(self, by: timedelta) -> None:
        """Move the clock on."""
        self.at += by

    async def call(self, hook: Hook) -> int:
        """POST the hook over loopback; 0 when no answer came."""
        if not hook.url.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:")):
            raise AssertionError(f"a hook outside loopback: {hook.url}")
        self.calls.append(hook)
        headers = {**hook.headers, "Content-Type": hook.content_type}
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(hook.url, data=hook.body, headers=headers) as answer,
            ):
                await answer.read()
                return answer.status
        except aiohttp.ClientError:
            return 0

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Start `work` as a task; what it raises comes out of `settled`."""

        async def run() -> None:
            await work()

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def changed(self, kind: str, address: str) -> None:
        """Remember that somebody's phone changed."""
        self.changes.append((kind, address))

    async def settled(self) -> None:
        """Wait until nothing spawned is left. Raises what the spawned work raised first."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        if self._failures:
            raise self._failures.pop(0)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.append(error)


@dataclass(slots=True)
class KeptPost:
    """A `Post` for tests of `listen.py`: what a session hands over is kept, repeats are counted apart."""

    identify: Callable[[Request], tuple[str, str]]
    hook_url: str = ""
    taken: list[Request] = field(default_factory=list)
    repeats: int = 0
    position: str = ""
    _known: set[str] = field(default_factory=set)

    async def take(self, request: Request) -> None:
        """Keep an update once."""
        key, _ = self.identify(request)
        if key in self._known:
            self.repeats += 1
            return
        self._known.add(key)
        self.taken.append(request)

    async def cursor(self) -> str:
        """The position last kept."""
        return self.position

    async def keep(self, cursor: str) -> None:
        """Remember a position."""
        self.position = cursor


@dataclass(slots=True)
class Stage:
    """An emulator under way, the clinic's account on it, and the clinic's door for its webhooks.

    `received` are the webhooks taken, in order; each status in `refusals` is answered once instead of taking one.
    """

    world: SuiteWorld
    channel: Channel
    emulator: Emulator
    http: Http
    base_url: str = ""
    hook_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    received: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    @classmethod
    async def open(cls, key: str, *, timeout: float = 5.0) -> Stage:
        """Start the channel's emulator on a free loopback port and attach the clinic's hook to its demo account."""
        world = SuiteWorld()
        stage = cls(world, registry.channel(key), registry.emulator(key, world), Http(timeout=timeout))
        app = web.Application()
        app.add_routes(stage.emulator.routes())
        for below in ("", "/{rest:.+}"):
            app.router.add_route("*", f"/hooks/{key}/suite{below}", stage._take)
        stage._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await stage._runner.setup()
        await web.TCPSite(stage._runner, "127.0.0.1", 0).start()
        stage.base_url = f"http://127.0.0.1:{stage._runner.addresses[0][1]}"
        stage.hook_url = f"{stage.base_url}/hooks/{key}/suite"
        await stage.emulator.start()
        stage.settings = dict(stage.emulator.demo_account(stage.base_url))
        stage.emulator.attach(stage.settings, stage.hook_url, HOOK_SECRET)
        return stage

    async def close(self) -> None:
        """Stop everything; errors of background work come out here."""
        await self.emulator.stop()
        await self.http.close()
        await self.world.settled()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def account(self) -> Account:
        """The clinic's account, made of `settings`."""
        return self.channel.account("suite", self.settings, HOOK_SECRET)

    def post(self) -> KeptPost:
        """A post of the clinic's account, for a listening session."""
        account = self.account
        return KeptPost(lambda request: self.channel.receiver.identify(account, request), self.hook_url)

    def read(self, post: KeptPost) -> list[Event]:
        """What a session has handed over so far, parsed, and then forgotten."""
        account, taken = self.account, list(post.taken)
        post.taken.clear()
        return [event for request in taken for event in self.channel.receiver.parse(account, request).events]

    def events(self) -> list[Event]:
        """Everything received so far, verified and parsed."""
        found: list[Event] = []
        for request in self.received:
            self.channel.receiver.verify(self.account, request)
            found.extend(self.channel.receiver.parse(self.account, request).events)
        return found

    async def heard(self) -> list[Event]:
        """Wait for the background, hand out what came since the last `heard`, and forget it."""
        await self.world.settled()
        found = self.events()
        self.received.clear()
        return found

    async def _take(self, raw: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in raw.headers.items()}
        rest = raw.match_info.get("rest")
        request = Request(headers, dict(raw.query) | ({"_path": rest} if rest else {}), await raw.read())
        receiver = self.channel.receiver
        if raw.method == "GET" and hasattr(receiver, "challenge"):
            status, kind, body = receiver.challenge(self.account, request)
            return web.Response(status=status, content_type=kind.partition(";")[0].strip(), body=body)
        if self.refusals:
            self.refused.append(request)
            return web.Response(status=self.refusals.pop(0))
        self.received.append(request)
        reply = getattr(receiver, "reply", None)
        status, kind, body = reply(self.account, request) if reply else receiver.answer(request)
        return web.Response(status=status, content_type=kind.partition(";")[0].strip(), body=body)


def secrets_of(channel: Channel) -> list[str]:
    """Names of the card's secret settings."""
    return [name for name, (about, _, _) in abouts(channel.card.settings).items() if about.secret]
