"""A gateway that calls webhooks: a process of its own over bare sockets, so that it measures the house and not itself.

`python -m bench.hooks_load '{"ports": [8000], "path": "/hooks/...", "secret": "...", ...}'` prints one JSON object:
answers by status, seconds, and how long an answer took (ms), counted from the moment the call was due.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field

TAIL = b"\r\n\r\n"


@dataclass
class Plan:
    """What to call. `rate` is calls per second in all, 0: as fast as they are answered. `first` numbers the updates;
    `again` calls a refused one (not 200) anew, as vendors do."""

    ports: list[int]
    path: str
    secret: str
    count: int
    connections: int = 64
    rate: float = 0.0
    first: int = 0
    prefix: str = "r"
    """Provider ids are this and the update's number,"""
    named: int = 0
    """in turn of so many; 0: each its own."""


@dataclass
class Seen:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)


class Line(asyncio.Protocol):
    """One connection: a call, its answer, the next call."""

    def __init__(self, due: deque[tuple[float, int]], plan: Plan, seen: Seen, done: asyncio.Event) -> None:
        self._due, self._plan, self._seen, self._done = due, plan, seen, done
        self._transport: asyncio.Transport | None = None
        self._began = 0.0
        self._busy = False
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.go()

    def connection_lost(self, error: Exception | None) -> None:
        self._done.set()

    def go(self) -> bool:
        """Make the next call, if one is due and the line is free."""
        if self._busy or not self._due or self._transport is None:
            return False
        due, update = self._due.popleft()
        self._began = due or time.perf_counter()
        self._busy = True
        self._transport.write(call(self._plan, update))
        return True

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, rest = self._heard.partition(TAIL)
        if not found:
            return
        _, _, told = head.lower().partition(b"content-length:")
        if len(rest) < int(told.split(b"\r\n")[0] or 0):
            return
        self._heard = b""
        self._busy = False
        self._seen.statuses[int(head[9:12])] += 1
        self._seen.waits.append(time.perf_counter() - self._began)
        if len(self._seen.waits) >= self._plan.count:
            self._done.set()
        self.go()


def call(plan: Plan, update: int) -> bytes:
    """A report of a delivery, as the counting gateway would post it."""
    report = f"{plan.prefix}{update % plan.named if plan.named else update}"
    body = json.dumps(
        {"update": str(update), "phone": f"+7701{update % 10_000_000:07d}", "report": report,
         "signal": "delivered"}
    ).encode()  # fmt: skip
    head = (
        f"POST {plan.path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-secret: {plan.secret}\r\nuser-agent: gateway/1.0\r\n"
        f"accept: */*\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(plan: Plan) -> dict[str, object]:
    """All calls. Ends early when a connection is lost."""
    due: deque[tuple[float, int]] = deque()
    seen, done = Seen(), asyncio.Event()
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    if not plan.rate:
        due.extend((0.0, plan.first + n) for n in range(plan.count))
    lines = []
    for number in range(plan.connections):
        port = plan.ports[number % len(plan.ports)]
        _, line = await loop.create_connection(lambda: Line(due, plan, seen, done), "127.0.0.1", port)
        lines.append(line)
    if plan.rate:
        begun = time.perf_counter()
        await paced(plan, due, lines, begun)
    await done.wait()
    seconds = time.perf_counter() - begun
    waits = sorted(seen.waits)
    return {
        "statuses": dict(seen.statuses), "seconds": seconds, "answered": len(waits),
        "p50": waits[len(waits) // 2] * 1000, "p99": waits[len(waits) * 99 // 100] * 1000, "most": waits[-1] * 1000,
    }  # fmt: skip


async def paced(plan: Plan, due: deque[tuple[float, int]], lines: list[Line], begun: float) -> None:
    """Let calls become due at their rate; one that finds every line busy waits, and its wait is counted."""
    made = 0
    free = deque(lines)
    while made < plan.count:
        wanted = min(plan.count, int((time.perf_counter() - begun) * plan.rate) + 1)
        while made < wanted:
            due.append((begun + made / plan.rate, plan.first + made))
            made += 1
        for _ in range(len(free)):
            if not due:
                break
            free[0].go()
            free.rotate(-1)
        await asyncio.sleep(0.001)


def main() -> None:
    """Run one plan."""
    sys.stdout.write(json.dumps(asyncio.run(run(Plan(**json.loads(sys.argv[1]))))))


if __name__ == "__main__":
    main()
