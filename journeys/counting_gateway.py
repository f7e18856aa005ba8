"""A gateway that counts: how often each key came, how often it was delivered. It speaks just enough HTTP to be faster
than anything that calls it. Run as a process of its own: `python -m journeys.counting_gateway [--delay SECONDS] [--host
ADDRESS]` prints its port. `POST /send` and `/send_once` (drops doubles by key), `POST /find`, `GET /counts`,
`POST /mode/{ok|down}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from typing import Any

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
DOWN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class Gateway:
    """Everything counted."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.down = False
        self.came: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.refused = 0
        self.busy = 0
        self.busiest = 0
        self.seconds: Counter[int] = Counter()
        self.moments: list[float] = []

    def answer(self, path: bytes, body: bytes) -> bytes:
        """The whole HTTP answer to one request."""
        if path == b"/counts":
            return _ok(
                {
                    "came": self.came, "delivered": self.delivered, "refused": self.refused,
                    "busiest": self.busiest, "seconds": self.seconds, "moments": self.moments[:5000],
                }
            )  # fmt: skip
        if path.startswith(b"/mode/"):
            self.down = path == b"/mode/down"
            self.busiest = 0
            self.seconds.clear()
            return _ok({})
        if self.down:
            self.refused += 1
            return DOWN
        told = json.loads(body)
        key = told["key"]
        if path == b"/find":
            return _ok({"id": "g" + key}) if self.delivered[key] else GONE
        self.came[key] += 1
        if path == b"/send" or not self.delivered[key]:
            self.delivered[key] += 1
        self.seconds[int(asyncio.get_running_loop().time())] += 1
        # When it left, by the clock all processes share: what gathers before a busy machine's gateway left evenly.
        self.moments.append(told.get("left", asyncio.get_running_loop().time()))
        number = self.delivered[key]
        return _ok({"id": f"g{key}" if number == 1 else f"g{key}-{number}"})


def _ok(value: dict[str, Any]) -> bytes:
    body = json.dumps(value).encode()
    return OK % (len(body), body)


class Talk(asyncio.Protocol):
    """One connection; requests one after another, as clients that keep connections send them."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in the buffer."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            path = self._buffer.split(b" ", 2)[1]
            self._buffer = self._buffer[end + 4 + length :]
            self._reply(path, body)

    def _reply(self, path: bytes, body: bytes) -> None:
        gateway = self._gateway
        answer = gateway.answer(path, body)
        if not gateway.delay or not path.startswith(b"/send"):
            self._transport.write(answer)
            return
        gateway.busy += 1
        gateway.busiest = max(gateway.busiest, gateway.busy)
        asyncio.get_running_loop().call_later(gateway.delay, self._late, answer)

    def _late(self, answer: bytes) -> None:
        self._gateway.busy -= 1
        self._transport.write(answer)


async def main(delay: float, host: str = "127.0.0.1") -> None:
    """Serve on a free port of that address until ended."""
    gateway = Gateway(delay)
    server = await asyncio.get_running_loop().create_server(lambda: Talk(gateway), host, 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    asyncio.run(main(given.delay, given.host))
