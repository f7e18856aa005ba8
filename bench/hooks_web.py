"""`python -m bench.hooks_web bare|house PORT`: one web process; `bare` answers 200 without looking, as the limit of the
server itself."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from journeys import counting


async def bare(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Read the body, say ok."""
    while (await receive()).get("more_body"):
        pass
    heads = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": heads})
    await send({"type": "http.response.body", "body": b"ok"})


def main(which: str, port: int) -> None:
    """Serve."""
    counting.register()
    application: Any = bare if which == "bare" else "config.asgi:application"
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", lifespan="off", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
