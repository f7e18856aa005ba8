"""The gateway of `bench.way`: takes a message, reports it delivered, and answers «да» to a question in the patient's
name; both by webhook. `python -m bench.way_gateway HOOK_URL` reads the secret from standard input, prints its port."""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count

import aiohttp
from aiohttp import web

AT_ONCE = 64
"""Webhooks under way; a real vendor limits them too."""
DELIVERED_AFTER, ANSWERED_AFTER = 0.05, 0.2
QUESTION = "1"
"""Buttons become digits on this channel: only a question speaks of «1»."""


class Gateway:
    """Counts, and calls back."""

    def __init__(self, hook: str, secret: str) -> None:
        self.hook, self.headers = hook, {"x-secret": secret, "content-type": "application/json"}
        self.places = asyncio.Semaphore(AT_ONCE)
        self.numbers = count(1)
        self.tasks: set[asyncio.Task[None]] = set()
        self.session: aiohttp.ClientSession | None = None

    async def send(self, request: web.Request) -> web.Response:
        """Take one."""
        body = await request.json()
        provider_id = "g" + body["key"]
        self._later(DELIVERED_AFTER, {"report": provider_id, "signal": "delivered"})
        if body["buttons"]:
            self._later(ANSWERED_AFTER, {"phone": body["to"], "text": "да"})
        return web.json_response({"id": provider_id})

    def _later(self, seconds: float, update: dict[str, str]) -> None:
        task = asyncio.create_task(self._call(seconds, {"update": f"u{next(self.numbers)}", **update}))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _call(self, seconds: float, update: dict[str, str]) -> None:
        await asyncio.sleep(seconds)
        if self.session is None:
            self.session = aiohttp.ClientSession()
        while True:
            try:
                async with (
                    self.places,
                    self.session.post(self.hook, data=json.dumps(update), headers=self.headers) as answer,
                ):
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)


async def main() -> None:
    """Serve on a free loopback port until ended."""
    gateway = Gateway(sys.argv[1], sys.stdin.readline().strip())
    app = web.Application()
    app.router.add_post("/send", gateway.send)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
