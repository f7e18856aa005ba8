"""The door at which the gateway reports, for the queues: a status goes straight to the message's row, and only forward.
`python -m bench.peers.reports PORT`, in the peers' environment."""

from __future__ import annotations

import os
import sys

import asyncpg
import uvloop
from aiohttp import web

LADDER = "ARRAY['', 'accepted', 'sent', 'delivered']"
REPORT = f"""UPDATE message SET signal = $2::text
    WHERE provider_id = $1 AND array_position({LADDER}, signal) < array_position({LADDER}, $2::text)"""


async def hook(request: web.Request) -> web.Response:
    """Written down before it is answered."""
    if request.headers.get("X-Secret") != os.environ["BENCH_SECRET"]:
        return web.Response(status=403)
    said = await request.json()
    await request.app[POOL].execute(REPORT, said["report"], said["signal"])
    return web.Response(text="ok")


POOL: web.AppKey[asyncpg.Pool] = web.AppKey("pool")


async def application() -> web.Application:
    """The door."""
    app = web.Application()
    app[POOL] = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=8)
    app.router.add_post("/hook", hook)
    return app


if __name__ == "__main__":
    uvloop.install()
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=lambda *_: None, access_log=None)
