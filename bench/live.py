"""`python -m bench.live`: from the webhook to the event on the wire.

Patients write through the real door, at a steady rate; a worker takes in what they say; tabs of the staff listen to the
web process over bare sockets. First one tab, then all of them, under the same load: what the others cost is the ratio.
A message counts as told when a tab that shows its thread gets an event that names the thread, counted from the moment
the webhook left. A thread is written to again only in its turn, after all others, so its events are not mistaken for
each other's as long as they come within that turn (it is printed). Every number is of this run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench import cpu, stand
from bench.hooks import PLACE, Web, web
from journeys import counting

SHOWN = 30
"""Threads that the one tab of the first round shows: as many as a page may name."""
LINES = 16
"""Connections over which webhooks come."""
LATE = 15.0
"""Seconds after the last webhook; what was not told by then is missed."""


@dataclass(slots=True)
class Ear:
    """What the tabs have heard. Times are seconds of `perf_counter`."""

    waiting: dict[int, float] = field(default_factory=dict)
    """Thread -> when the webhook left that has not been told yet."""
    took: list[float] = field(default_factory=list)
    events: int = 0
    overtaken: int = 0
    """Threads written to again before they were told."""
    all_told: asyncio.Event = field(default_factory=asyncio.Event)

    def sent(self, chat: int) -> None:
        """A webhook leaves."""
        self.all_told.clear()
        if chat in self.waiting:
            self.overtaken += 1
        else:
            self.waiting[chat] = time.perf_counter()

    def heard(self, chat: int) -> None:
        """An event names the thread."""
        began = self.waiting.pop(chat, None)
        if began is not None:
            self.took.append(time.perf_counter() - began)
        if not self.waiting:
            self.all_told.set()


async def tab(port: int, session: str, chats: Sequence[int], ear: Ear, ready: asyncio.Event) -> None:
    """One page's stream, for ever. `ready` is set by the first event: it has caught up."""
    query = urlencode([("about", f"chat:{chat}") for chat in chats])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /live?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: sessionid={session}\r\n\r\n"
    writer.write(head.encode())
    assert b" 200 " in await reader.readline(), "the stream is refused"
    while line := await reader.readline():
        if not line.startswith(b"data: {"):
            continue
        ready.set()
        ear.events += 1
        for word in json.loads(line[6:]).get("about", ()):
            kind, _, number = word.partition(":")
            if kind == "chat":
                ear.heard(int(number))


async def door(port: int, secret: str, due: asyncio.Queue[tuple[int, str, int]], ear: Ear, shown: set[int]) -> None:
    """One of the vendor's connections: webhooks one after another, each answered with 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        number, phone, chat = await due.get()
        body = json.dumps({"update": f"u{number}", "phone": phone, "text": f"Можно перенести? {number}"}).encode()
        head = (
            f"POST {PLACE} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-secret: {secret}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        if chat in shown:
            ear.sent(chat)
        writer.write(head.encode() + body)
        assert b" 200 " in await reader.readline(), "a webhook is refused"
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        due.task_done()


@dataclass(frozen=True, slots=True)
class Load:
    """What comes: `people` are (phone, thread); `rate` webhooks a second for `seconds`."""

    secret: str
    session: str
    people: Sequence[tuple[str, int]]
    rate: float
    seconds: float
    first: int


async def listen(house: Web, tabs: int, load: Load) -> Ear:
    """Open the tabs, let the load come, wait for the last event."""
    ear, port = Ear(), house.ports[0]
    chats = [chat for _, chat in load.people]
    shares = [chats[:SHOWN]] if tabs == 1 else [[chats[n % len(chats)]] for n in range(tabs)]
    readies = [asyncio.Event() for _ in shares]
    open_tabs = [
        asyncio.create_task(tab(port, load.session, share, ear, ready))
        for share, ready in zip(shares, readies, strict=True)
    ]
    await asyncio.gather(*(ready.wait() for ready in readies))
    ear.events = 0
    due: asyncio.Queue[tuple[int, str, int]] = asyncio.Queue()
    shown = {chat for share in shares for chat in share}
    doors = [asyncio.create_task(door(port, load.secret, due, ear, shown)) for _ in range(LINES)]
    begun = time.perf_counter()
    for n in range(int(load.rate * load.seconds)):
        await asyncio.sleep(max(0.0, begun + n / load.rate - time.perf_counter()))
        phone, chat = load.people[n % len(load.people)]
        due.put_nowait((load.first + n, phone, chat))
    await due.join()
    with suppress(TimeoutError):
        await asyncio.wait_for(ear.all_told.wait(), LATE)
    for task in (*open_tabs, *doors):
        if task.done():
            task.result()
        task.cancel()
    await asyncio.gather(*open_tabs, *doors, return_exceptions=True)
    return ear


def quantile(ear: Ear, share: float) -> float:
    """Milliseconds."""
    found = sorted(ear.took)
    return found[min(len(found) - 1, int(len(found) * share))] * 1000 if found else float("nan")


def measure(house: Web, tabs: int, load: Load, alone: Ear | None) -> Ear:
    """One round, printed; its ratio to the round with one tab."""
    postgres = stand.postgres_pid()
    before = house.cpu(), cpu.of_tree(postgres)
    ear = asyncio.run(listen(house, tabs, load))
    used = house.cpu() - before[0], cpu.of_tree(postgres) - before[1]
    marks = [quantile(ear, share) for share in (0.5, 0.95, 0.99)]
    ratio = f"{marks[0] / quantile(alone, 0.5):6.2f}{marks[2] / quantile(alone, 0.99):6.2f}" if alone else " " * 12
    print(
        f"{tabs:5d}{len(ear.took):8d}{len(ear.waiting):8d}{ear.overtaken:10d}{''.join(f'{m:8.0f}' for m in marks)}"
        f"{ratio}{ear.events:9d}{used[0] / load.seconds:9.2f}{used[1] / load.seconds:9.2f}"
    )
    return ear


def people(account_id: int, count: int) -> list[tuple[str, int]]:
    """The phones of the account's patients, and their threads."""
    from priyom.inbox.chat import conversation_of  # noqa: PLC0415 - models load only after Django's setup
    from priyom.patients.models import ContactPoint  # noqa: PLC0415

    points = ContactPoint.objects.filter(kind="phone").select_related("patient").order_by("pk")[:count]
    return [(point.address, conversation_of(point.patient).pk) for point in points]


def session() -> str:
    """The cookie of a registrar who sees every branch."""
    from django.test import Client  # noqa: PLC0415 - needs Django to be set up

    from priyom.clinic.models import Staff  # noqa: PLC0415

    client = Client()
    client.force_login(Staff.objects.create(username="tabs", role="registrar"))
    return client.cookies["sessionid"].value


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50.0, help="webhooks per second")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args(arguments)
    counting.register()
    with stand.database():
        from priyom.delivery import accounts  # noqa: PLC0415 - models load only after Django's setup
        from priyom.delivery.models import Account, Delivery  # noqa: PLC0415

        account_id = stand.fill("http://127.0.0.1:1", max(given.tabs, SHOWN), key="bench")
        stand.disable(account_id)
        Delivery.objects.all().delete()
        Account.objects.filter(pk=account_id).update(enabled=True)
        secret = accounts.wire(Account.objects.get(pk=account_id)).hook_secret
        known = people(account_id, max(given.tabs, SHOWN))
        cookie, total = session(), int(given.rate * given.seconds)
        worker = subprocess.Popen([sys.executable, "-m", "journeys.run_worker"], stderr=subprocess.DEVNULL)
        try:
            with web("house", 1) as house:
                measure_all(house, given.tabs, [
                    Load(secret, cookie, known, given.rate, seconds, first)
                    for seconds, first in ((2.0, 0), (given.seconds, 10**6), (given.seconds, 10**6 + total))
                ])  # fmt: skip
        finally:
            worker.terminate()
            worker.wait()


def measure_all(house: Web, tabs: int, loads: Sequence[Load]) -> None:
    """Once to warm up, then one tab, then all of them."""
    warm, alone, together = loads
    turn = len(together.people) / together.rate
    print(f"{together.rate:.0f} webhooks a second; a thread's turn comes every {turn:.1f} s\n")
    asyncio.run(listen(house, 1, warm))
    print(
        f"{'tabs':>5}{'told':>8}{'missed':>8}{'overtaken':>10}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}"
        f"{'of one: p50, p99':>12}{'events':>9}{'web CPU':>9}{'db CPU':>9}"
    )
    one = measure(house, 1, alone, None)
    all_of_them = measure(house, tabs, together, one)
    assert not one.waiting, "a message was missed"
    assert not all_of_them.waiting, "a message was missed"


if __name__ == "__main__":
    main()
