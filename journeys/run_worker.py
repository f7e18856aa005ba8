"""A real worker process that also knows the counting channels."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from config.cli import house
from journeys import counting


async def main() -> None:
    """Run until SIGTERM."""
    from priyom.workers.main import run  # noqa: PLC0415 - needs Django to be set up

    task = asyncio.ensure_future(run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    counting.register()
    with house():
        asyncio.run(main())
