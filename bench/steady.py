"""Whether an hour at work leaves its traces: messages are ordered at a steady rate, sent by a real worker, reported
delivered to a real web process and reacted to; every minute says what it cost. `python -m bench.steady [--minutes N]
[--rate N]`.

Lateness is from the moment a message was due to its claim. The database's processor time has the ordering and the
reading of these figures in it; a message has no buttons, so nobody answers it. Backlog: what is not settled, and of it
what is due for more than a second. While reactions wait, the processor time a message is told too low.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import stand, steady_tables
from bench.steady_feeder import Feeder, chats
from bench.steady_tables import Tables
from bench.way import Processes
from journeys import counting

DRAINED_WITHIN = 120.0
"""Seconds after the last order in which all must be settled, understood and reacted to."""
PAGE = 4096
PARTS = ("worker", "web", "database")

LOOK = """
    WITH ended AS (
        SELECT extract(epoch FROM sent_at - due_at)::float8 AS late FROM delivery_delivery
        WHERE state = 'settled' AND (id > %(top)s OR id = ANY (%(open)s))
    ), open AS (
        SELECT id, due_at FROM delivery_delivery WHERE state = 'waiting'
        UNION ALL SELECT id, due_at FROM delivery_delivery WHERE state = 'sending'
    )
    SELECT (SELECT count(*) FROM ended), (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY late) FROM ended),
        (SELECT coalesce(max(id), 0) FROM delivery_delivery), ARRAY(SELECT id FROM open),
        (SELECT count(*) FROM open WHERE due_at < clock_timestamp() - interval '1 second'),
        (SELECT count(*) FROM delivery_rawupdate WHERE state = 'new'), (SELECT count(*) FROM journal_pending)
"""
"""One snapshot: `ended` since the last look is what was open then, and what was ordered since."""


@dataclass(frozen=True, slots=True)
class Minute:
    """What one has shown: milliseconds, MB, processor seconds per 1,000 settled by part."""

    late: float
    memory: dict[str, float]
    spent: dict[str, float]
    tables: Tables


@dataclass
class Watch:
    """Looks, and remembers the last look."""

    processes: Processes
    feeder: Feeder
    top: int = 0
    open: list[int] = field(default_factory=list)
    overdue: int = 0
    webhooks: int = 0
    reactions: int = 0
    settled: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    tables: Tables = field(default_factory=dict)

    def begin(self) -> None:
        """A second's messages first, so that no figure has the start of the processes in it."""
        from priyom.foundation.clock import now  # noqa: PLC0415 - needs Django to be set up

        self.feeder.order(max(1, int(self.feeder.rate)), now())
        self.drain()
        self.seconds, self.tables = self.processes.seconds(), steady_tables.read()

    def look(self) -> tuple[int, float]:
        """How many were settled since the last look, and their p95 lateness in ms."""
        from django.db import connection  # noqa: PLC0415 - needs Django to be set up

        with connection.cursor() as cursor:
            cursor.execute(LOOK, {"top": self.top, "open": self.open})
            ended, late, self.top, self.open, self.overdue, self.webhooks, self.reactions = cursor.fetchone()
        self.settled += ended
        return ended, (late or 0.0) * 1000

    def minute(self, number: int) -> Minute:
        """Look and print a row."""
        ordered = self.feeder.ordered
        ended, late = self.look()
        tables, seconds = steady_tables.read(), self.processes.seconds()
        spent = {part: (seconds[part] - self.seconds[part]) * 1000 / max(1, ended) for part in PARTS}
        assert self.processes.worker is not None
        memory = {"worker": resident(self.processes.worker.pid), "web": resident(self.processes.web.pid)}
        cells = [
            str(number), f"{ordered:,}", f"{self.settled:,}", f"{len(self.open)} ({self.overdue})",
            f"{self.webhooks}, {self.reactions}", f"{late:.0f}", *(f"{size:.1f}" for size in memory.values()),
            *(f"{spent[part]:.2f}" for part in PARTS),
            *(steady_tables.cell(self.tables[name], table) for name, table in tables.items()),
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)
        self.seconds, self.tables = seconds, tables
        return Minute(late, memory, spent, tables)

    def drain(self) -> float:
        """Seconds until nothing is left to do, or the time is up."""
        begun = time.monotonic()
        while time.monotonic() - begun < DRAINED_WITHIN:
            self.look()
            if not (self.open or self.webhooks or self.reactions):
                break
            time.sleep(0.25)
        return time.monotonic() - begun


def resident(pid: int) -> float:
    """MB of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def run(processes: Processes, minutes: int, rate: float, points: Sequence[Any]) -> bool:
    """The load and its tables; whether every message was settled, once, and known to be delivered."""
    from priyom.delivery.models import Account  # noqa: PLC0415 - models load only after Django's setup

    feeder = Feeder(Account.objects.get(key="way").pk, points, rate)
    watch = Watch(processes, feeder)
    titles = ["minute", "ordered", "settled", "backlog (overdue)", "webhooks, reactions waiting", "p95 late ms"]
    titles += ["worker MB", "web MB", *(f"{part} CPU s per 1,000" for part in PARTS), *steady_tables.TABLES]
    print("Tables:", " ".join((steady_tables.cell.__doc__ or "").split()))
    print(f"\n| {' | '.join(titles)} |\n{'|---' * len(titles)}|", flush=True)
    watch.begin()
    begun = time.monotonic()
    feeder.start()
    seen = []
    for number in range(1, minutes + 1):
        time.sleep(max(0.0, begun + number * 60 - time.monotonic()))
        assert feeder.is_alive(), "the feeder has failed"
        assert processes.worker is not None
        assert processes.worker.poll() is None, "the worker has ended"
        seen.append(watch.minute(number))
    feeder.enough.set()
    feeder.join()
    took = watch.drain()
    whole = sums(feeder.ordered, watch, took)
    verdict(seen)
    time.sleep(2)  # the last counts of the sessions reach the statistics a second after their statements
    steady_tables.at_the_end([minute.tables for minute in seen], steady_tables.read())
    return whole


def sums(ordered: int, watch: Watch, took: float) -> bool:
    """Print what became of all of them; whether that is all that should."""
    from priyom.delivery.models import Delivery, RawUpdate  # noqa: PLC0415 - models load only after Django's setup
    from priyom.journal.models import Fact  # noqa: PLC0415

    delivered = Delivery.objects.filter(state="settled", signal="delivered", tries=1).count()
    reports = RawUpdate.objects.filter(state="done").count()
    facts = Fact.objects.filter(type="DeliverySettled").count()
    right = ordered == watch.settled == delivered == reports == facts / 2
    done = not (watch.open or watch.webhooks or watch.reactions)
    word = "THE SUMS ARE WRONG" if not right else "All is there" if done else "NOT ALL WAS DONE IN TIME"
    print(
        f"\n{word}: ordered {ordered:,}, settled {watch.settled:,}, at the first try and delivered {delivered:,},"
        f" reports understood {reports:,}, facts {facts:,} (two a message); {took:.1f} s after the last order"
        f" {len(watch.open)} open, {watch.webhooks} webhooks and {watch.reactions} reactions waiting."
    )
    return right and done


def verdict(seen: Sequence[Minute]) -> None:
    """The last third of the minutes against the first."""
    third = max(1, len(seen) // 3)
    of: dict[str, Callable[[Minute], float]] = {
        "worker memory, MB": lambda minute: minute.memory["worker"],
        "web memory, MB": lambda minute: minute.memory["web"],
        "p95 lateness, ms": lambda minute: minute.late,
        "worker CPU s per 1,000": lambda minute: minute.spent["worker"],
        "web CPU s per 1,000": lambda minute: minute.spent["web"],
        "database CPU s per 1,000": lambda minute: minute.spent["database"],
    }
    print(f"\n| mean of {third} min. | first third | last third | ratio |\n|---|---|---|---|")
    for name, value in of.items():
        first, last = (statistics.fmean(map(value, part)) for part in (seen[:third], seen[-third:]))
        print(f"| {name} | {first:.2f} | {last:.2f} | {last / first if first else 0:.2f} |")


def main() -> int:
    """Run and print; 0 when the sums are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    parser.add_argument("--chats", type=int, default=20_000)
    given = parser.parse_args()
    counting.register()
    with stand.database():
        points = chats(given.chats)
        processes = Processes()
        try:
            processes.work()
            try:
                whole = run(processes, given.minutes, given.rate, points)
            finally:
                processes.rest()
            steady_tables.reindex()
        finally:
            processes.end()
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
