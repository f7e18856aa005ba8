"""A stretch of network between workers and PostgreSQL that can be cut without a word: while it is cut nothing passes,
and nobody is told. Run as a process of its own: `python -m journeys.cut_off SOCKET` prints its port; each line it reads
from its input, `cut` or `mend`, is answered with the same line when it is done.

The server would notice a dead network by itself (`config/database.py`); here that is done for it: what was cut for
longer than `NOTICED` is closed on the server's side, and reset on the other side when the network is mended. The
workers' own system notices nothing at all, for this process lives and its packets are confirmed.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

from config.database import NOTICED

RESET = struct.pack("ii", 1, 0)


class Stretch:
    """All connections that pass through."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._whole = asyncio.Event()
        self._whole.set()
        self._server_sides: set[asyncio.StreamWriter] = set()
        self._alarm: asyncio.TimerHandle | None = None

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._whole.clear()
        self._alarm = asyncio.get_running_loop().call_later(NOTICED, self._notice)

    def mend(self) -> None:
        """Let everything pass that is still connected."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._whole.set()

    def _notice(self) -> None:
        for writer in list(self._server_sides):
            writer.transport.abort()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        await self._whole.wait()
        there_reader, there = await asyncio.open_unix_connection(self._path)
        self._server_sides.add(there)
        ways = [asyncio.create_task(self._pass(*way)) for way in ((reader, there), (there_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await self._whole.wait()
        finally:
            self._server_sides.discard(there)
            for way in ways:
                way.cancel()
            there.transport.abort()
            found: socket.socket = writer.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._whole.wait()
            writer.write(data)
            await writer.drain()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(path: str) -> None:
    """Serve on a free loopback port until the input ends."""
    stretch = Stretch(path)
    server = await asyncio.start_server(stretch.join, "127.0.0.1", 0)
    _say(str(server.sockets[0].getsockname()[1]))
    while line := await asyncio.to_thread(sys.stdin.readline):
        {"cut": stretch.cut, "mend": stretch.mend}[line.strip()]()
        _say(line.strip())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
