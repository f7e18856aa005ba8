"""The gateway of the benchmark, a process of its own: answers after 20 ms, refuses 1 % for now (503), takes 1 % and
gives no answer (half of them hang up at once, half after `HOLD` seconds), and reports later by webhook. What befalls a
message depends on the seed, its recipient and how often it came, not on who sends it.

`POST /send` and `/find` as the counting gateway has them; `POST /hook {"url", "secret"}` says where reports go;
`GET /log` tells everything that was seen.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from typing import Any

from journeys.counting_gateway import DOWN, GONE, OK, Talk
from priyom.foundation.http import Http, HttpError

DELAY = 0.02
REFUSED, HUNG_UP, HELD = 0.01, 0.005, 0.005
HOLD = 3.0
REPORTED_AFTER = (0.5, 2.5)
LOST, DOUBLED, ALSO_SENT = 0.05, 0.05, 0.2
"""Shares of the reports «delivered» that never come, that come twice, and that have a report «sent» beside them, which
comes at its own random time and so half of the times behind."""
SENDERS = 32
TRIES = 60


class Gateway:
    """Everything seen. `taken`: [recipient, provider's id, moment]; `told`: ids whose «delivered» was answered 200."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.came: Counter[str] = Counter()
        self.ids: dict[str, str] = {}
        self.taken: list[tuple[str, str, float]] = []
        self.told: list[str] = []
        self.refused = self.silent = self.given_up = self.pending = 0
        self.hook, self.secret = "", ""
        self.places = asyncio.Semaphore(SENDERS)
        self.http = Http(timeout=5.0)
        self.tasks: set[asyncio.Task[None]] = set()

    def send(self, body: dict[str, Any]) -> tuple[bytes | None, float]:
        """The answer (None: hang up without one) and the seconds until then."""
        to = body["to"]
        self.came[to] += 1
        chance = random.Random(f"{self.seed} {to} {self.came[to]}")
        fate = chance.random()
        if fate < REFUSED:
            self.refused += 1
            return DOWN, DELAY
        provider_id = f"g{to}.{self.came[to]}"
        self.ids.setdefault(to, provider_id)
        self.taken.append((to, provider_id, time.time()))
        self._report(provider_id, chance)
        if fate < REFUSED + HUNG_UP + HELD:
            self.silent += 1
            return None, DELAY if fate < REFUSED + HUNG_UP else HOLD
        return _ok({"id": provider_id}), DELAY

    def find(self, body: dict[str, Any]) -> bytes:
        """The first one taken for that recipient."""
        found = self.ids.get(body["to"])
        return GONE if found is None else _ok({"id": found})

    def log(self) -> bytes:
        """Everything."""
        names = ("taken", "told", "refused", "silent", "given_up", "pending")
        return _ok({name: getattr(self, name) for name in names})

    def _report(self, provider_id: str, chance: random.Random) -> None:
        fate, also = chance.random(), chance.random()
        if also < ALSO_SENT:
            self._later(provider_id, "sent", chance.uniform(*REPORTED_AFTER))
        if fate < LOST:
            return
        self._later(provider_id, "delivered", chance.uniform(*REPORTED_AFTER))
        if fate < LOST + DOUBLED:
            self._later(provider_id, "delivered", chance.uniform(*REPORTED_AFTER))

    def _later(self, provider_id: str, signal: str, after: float) -> None:
        if self.hook:
            self.pending += 1
            task = asyncio.create_task(self._tell(provider_id, signal, after))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _tell(self, provider_id: str, signal: str, after: float) -> None:
        await asyncio.sleep(after)
        body = {"update": f"{provider_id} {signal}", "report": provider_id, "signal": signal}
        try:
            for _ in range(TRIES):
                if await self._post(body):
                    if signal == "delivered":
                        self.told.append(provider_id)
                    return
                await asyncio.sleep(0.3)
            self.given_up += 1
        finally:
            self.pending -= 1

    async def _post(self, body: dict[str, Any]) -> bool:
        async with self.places:
            try:
                answer = await self.http.request("POST", self.hook, json=body, headers={"X-Secret": self.secret})
            except HttpError:
                return False
            return answer.status == 200


def _ok(value: dict[str, Any]) -> bytes:
    body = json.dumps(value).encode()
    return OK % (len(body), body)


class Line(Talk):
    """One connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._seen = gateway
        self._buffer = b""

    def _reply(self, path: bytes, body: bytes) -> None:
        if path == b"/log":
            self._transport.write(self._seen.log())
        elif path == b"/find":
            self._after(DELAY, self._seen.find(json.loads(body)))
        elif path == b"/hook":
            said = json.loads(body)
            self._seen.hook, self._seen.secret = said["url"], said["secret"]
            self._transport.write(_ok({}))
        else:
            answer, after = self._seen.send(json.loads(body))
            self._after(after, answer)

    def _after(self, seconds: float, answer: bytes | None) -> None:
        loop = asyncio.get_running_loop()
        if answer is None:
            loop.call_later(seconds, self._transport.abort)
        else:
            loop.call_later(seconds, self._transport.write, answer)


async def main(port: int, seed: int) -> None:
    """Serve until ended."""
    gateway = Gateway(seed)
    server = await asyncio.get_running_loop().create_server(lambda: Line(gateway), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(main(given.port, given.seed))
