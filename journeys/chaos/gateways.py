"""The vendors, as a process of their own: emulators of real channels and the gateway of the counting ones. They count
what truly arrived, by its text, and strike the sender at moments that no line of its code marks.

`python -m journeys.chaos.gateways` prints a JSON line: {"port", "accounts": channel -> settings}. `POST /arm`
{"pid", "moment", "nth"} strikes that process at the n-th request; `POST /people` makes the phones; `POST /behave`
{"channel", "modes"} bends the next requests; `GET /arrived` is channel -> text -> times, `GET /stands` channel ->
address -> messages; `POST /press` presses a button; `POST /hooks` hands out the webhooks the vendors want to make;
`POST /bring` {"port", "hooks"} makes these there, `GET /brought` waits for the answers: {"statuses"}, 0 for none.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from base64 import b64decode, b64encode
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, web

from priyom.contracts import registry
from priyom.contracts.emulator import Emulator, Hook, Mode
from priyom.foundation.clock import clock, now

REAL = ("vk", "smsc", "telegram", "max_messenger", "smpp")
COUNTED = ("counted_once", "counted_ask", "counted_unknown")
ARRIVED, TAKEN, TOLD = "request arrived", "taken, not answered", "answered"
"""Moments of the exchange: the vendor has the whole request and has done nothing; the message stands on the phone; the
answer is on the wire."""
HOOK_URL = "http://127.0.0.1:9/hooks"
SECRET = "hook-secret-of-the-vendors"
"""By which a vendor proves itself; the clinic's accounts are given the same."""
PLENTY = "100000000"


class Trap:
    """Kills the armed process at its moment."""

    def __init__(self) -> None:
        self._pid, self._moment, self._left = 0, "", 0

    def arm(self, pid: int, moment: str, nth: int) -> None:
        """Strike `pid` when the moment comes for the n-th time. pid 0 disarms."""
        self._pid, self._moment, self._left = pid, moment, nth

    def waits_for(self, moment: str) -> bool:
        """Whether it is armed for that moment."""
        return bool(self._pid) and self._moment == moment

    def strike(self, moment: str) -> None:
        """The moment has come."""
        if not self.waits_for(moment):
            return
        self._left -= 1
        if self._left == 0:
            pid, self._pid = self._pid, 0
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class World:
    """A `contracts.emulator.World` that keeps the webhooks back until they are asked for."""

    def __init__(self, trap: Trap) -> None:
        self._trap = trap
        self._tasks: set[asyncio.Task[None]] = set()
        self.hooks: list[Hook] = []

    def now(self) -> datetime:
        """The one clock."""
        return now()

    async def call(self, hook: Hook) -> int:
        """Taken, and kept."""
        self.hooks.append(hook)
        return 200

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Soon."""
        task = asyncio.ensure_future(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def changed(self, kind: str, address: str) -> None:
        """Something stands on a phone."""
        self._trap.strike(TAKEN)


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    await work()


class Vendors:
    """All of them behind one port."""

    def __init__(self) -> None:
        self.trap = Trap()
        self.world = World(self.trap)
        self.emulators: dict[str, Emulator] = {key: registry.emulator(key, self.world) for key in REAL}
        self.counted: Counter[str] = Counter()
        self.known: set[str] = set()
        self.bringing: asyncio.Future[list[int]] | None = None
        self.modes: dict[str, deque[str]] = defaultdict(deque)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Ours and the vendors'."""
        found: list[web.AbstractRouteDef] = [
            web.post("/arm", self._arm), web.post("/people", self._people), web.get("/arrived", self._arrived),
            web.post("/behave", self._behave), web.post("/press", self._press), web.post("/hooks", self._hooks),
            web.post("/{channel:counted_.*}/{what}", self._count), web.get("/stands", self._stands),
            web.post("/bring", self._bring), web.get("/brought", self._brought),
        ]  # fmt: skip
        return found + [route for emulator in self.emulators.values() for route in emulator.routes()]

    async def accounts(self, base_url: str) -> dict[str, dict[str, str]]:
        """The settings of an account at each, once they listen."""
        found = {key: {"base_url": f"{base_url}/{key}"} for key in COUNTED}
        for key, emulator in self.emulators.items():
            await emulator.start()
            found[key] = dict(emulator.demo_account(base_url))
            emulator.attach(found[key], f"{HOOK_URL}/{key}/{key.replace('_', '-')}", SECRET)
        smsc = self.emulators["smsc"]
        smsc.load({**smsc.dump(), "balance": PLENTY})
        return found

    @web.middleware
    async def between(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Strike around the vendor's work; bend it when told."""
        channel = request.path.split("/")[1]
        if channel not in self.emulators and channel not in COUNTED:
            return await handler(request)  # type: ignore[no-any-return]
        await request.read()
        self.trap.strike(ARRIVED)
        answer = await self._bent(channel, request, handler)
        if self.trap.waits_for(TOLD):
            await answer.prepare(request)
            await answer.write_eof()
            self.trap.strike(TOLD)
        return answer

    async def _bent(self, channel: str, request: web.Request, handler: Any) -> web.StreamResponse:
        modes, emulator = self.modes[channel], self.emulators.get(channel)
        if not modes:
            return await handler(request)  # type: ignore[no-any-return]
        mode = modes.popleft()
        if mode == "lost":  # taken, and the answer never comes
            await handler(request)
            await asyncio.sleep(1)
        elif emulator is None:
            return web.Response(status=503)
        else:
            emulator.mode = Mode(mode)
            try:
                return await handler(request)  # type: ignore[no-any-return]
            finally:
                emulator.mode = Mode.OK
        return web.Response(status=500)

    async def _count(self, request: web.Request) -> web.Response:
        said, what = await request.json(), request.match_info["what"]
        channel = request.match_info["channel"]
        key = f"{channel} {said['key']}"
        answer = web.json_response({"id": f"g{said['key']}"})
        if what == "find":
            return answer if key in self.known else web.Response(status=404)
        if what == "send" or key not in self.known:
            self.counted[f"{channel} {said['text']}"] += 1
        self.known.add(key)
        self.trap.strike(TAKEN)
        return answer

    async def _arm(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.trap.arm(said["pid"], said["moment"], said["nth"])
        return web.json_response({})

    async def _behave(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.modes[said["channel"]] = deque(said["modes"])
        return web.json_response({})

    async def _people(self, request: web.Request) -> web.Response:
        for channel, address in await request.json():
            self.emulators[channel].put(address, "Пациент", True)
        return web.json_response({})

    async def _arrived(self, request: web.Request) -> web.Response:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for key, times in self.counted.items():
            channel, _, text = key.partition(" ")
            found[channel][text] = times
        for channel, emulator in self.emulators.items():
            for phone in emulator.phones():
                chat = emulator.messages(phone.address)
                found[channel].update(message.text for message in chat if message.direction == "in")
        return web.json_response(found)

    async def _stands(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                channel: {
                    phone.address: [m.text for m in emulator.messages(phone.address) if m.direction == "in"]
                    for phone in emulator.phones()
                }
                for channel, emulator in self.emulators.items()
            }
        )

    async def _press(self, request: web.Request) -> web.Response:
        said = await request.json()
        emulator = self.emulators[said["channel"]]
        for message in reversed(emulator.messages(said["address"])):
            for button, label in message.buttons:
                if said["text"] in message.text and label.startswith(said["label"]):
                    await emulator.press(said["address"], message.id, button)
                    return web.json_response({})
        return web.json_response({}, status=404)

    async def _hooks(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        hooks, self.world.hooks = self.world.hooks, []
        return web.json_response(
            [
                {
                    "path": hook.url.removeprefix(HOOK_URL),
                    "headers": {**hook.headers, "Content-Type": hook.content_type},
                    "body": b64encode(hook.body).decode(),
                }
                for hook in hooks
            ]
        )

    async def _bring(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.bringing = asyncio.ensure_future(_bring(said["port"], said["hooks"]))
        return web.json_response({})

    async def _brought(self, request: web.Request) -> web.Response:
        statuses = await self.bringing if self.bringing is not None else []
        return web.json_response({"statuses": statuses})


async def _bring(port: int, hooks: list[dict[str, Any]]) -> list[int]:
    """The HTTP status of each, 0 where the process died over it."""
    return [await _bring_one(port, hook) for hook in hooks]


async def _bring_one(port: int, hook: dict[str, Any]) -> int:
    url, body = f"http://127.0.0.1:{port}/hooks{hook['path']}", b64decode(hook["body"])
    try:
        async with ClientSession() as session, session.post(url, data=body, headers=hook["headers"]) as answer:
            await answer.read()
            return answer.status
    except ClientError:
        return 0


async def main(clock_file: Path) -> None:
    """Serve on a free loopback port until ended."""
    clock.follow(clock_file)
    vendors = Vendors()
    app = web.Application(middlewares=[vendors.between])
    app.add_routes(vendors.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    accounts = await vendors.accounts(f"http://127.0.0.1:{port}")
    sys.stdout.write(json.dumps({"port": port, "accounts": accounts}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
