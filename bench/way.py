"""The whole way of a reminder: the fact that a visit was booked -> scenario -> notification -> delivery -> the
gateway's report -> settled -> the patient's «да» -> the visit confirmed (and thanked for). Real processes: one web, one
worker, the database, a gateway that calls back. `python -m bench.way [--count N] [--rounds N]`.

The visits are booked before the clock starts; it stops when the last is confirmed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import cpu, stand
from journeys import counting
from journeys.killable import free_port

PARTS = ("web", "worker", "database", "gateway")


def book(number: int, count: int) -> None:
    """Visits tomorrow, in a place where it is noon."""
    from priyom.exchange.events import parse_batch  # noqa: PLC0415 - needs Django to be set up
    from priyom.exchange.receive import receive  # noqa: PLC0415

    at = datetime.now(UTC)
    shift = at.hour - 12
    zone = f"Etc/GMT{shift:+d}" if shift else "Etc/GMT"
    start = at + timedelta(hours=23)
    for first in range(0, count, 500):
        receive(
            parse_batch([_event(number * 1_000_000 + n, start, zone) for n in range(first, min(count, first + 500))])
        )


def _event(n: int, start: datetime, zone: str) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"e{n}", "source": "/bench", "type": "visit.booked",
        "data": {
            "visit": {
                "id": f"v{n}", "start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat(),
                "practitioner": {"id": f"d{n % 50}", "name": "Ахметова Айгуль Кайратовна"},
                "service": {"id": "s1", "name": "Консультация терапевта"},
                "branch": {"id": f"b-{zone}", "name": "Клиника на Абая", "time_zone": zone},
            },
            "patient": {
                "id": f"p{n}", "family": "Иванова", "given": "Анна", "language": "ru",
                "contacts": [{"channel": "phone", "address": f"+7701{n:07d}"}],
            },
        },
    }  # fmt: skip


def only_a_reminder() -> None:
    """One scenario, that asks as soon as the visit is booked: others would only multiply the same way."""
    from priyom.scenarios.models import Scenario  # noqa: PLC0415 - needs Django to be set up

    steps = [{"do": "notify", "kind": "reminder_24h", "goal": "answered", "must_reach": True}]
    Scenario.objects.create(key="bench", title="bench", on="VisitBooked", steps=steps)


def confirmed() -> int:
    """How many visits are."""
    from priyom.appointments.models import State, Visit  # noqa: PLC0415 - needs Django to be set up

    return Visit.objects.filter(state=State.CONFIRMED).count()


class Processes:
    """Everything that runs beside the benchmark."""

    def __init__(self) -> None:
        from priyom.delivery import accounts  # noqa: PLC0415 - needs Django to be set up

        port = free_port()
        account = accounts.create("counted_fast", "bench", "way", {"base_url": "http://127.0.0.1:1"})
        self.web = self._start("-m", "journeys.run_web", str(port))
        hook = f"http://127.0.0.1:{port}/hooks/counted_fast/way"
        self.gateway = self._start("-m", "bench.way_gateway", hook)
        assert self.gateway.stdin is not None
        assert self.gateway.stdout is not None
        self.gateway.stdin.write(accounts.wire(account).hook_secret + "\n")
        self.gateway.stdin.flush()
        accounts.change(account, {"base_url": f"http://127.0.0.1:{int(self.gateway.stdout.readline())}"})
        self.worker: subprocess.Popen[str] | None = None

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
        )

    def work(self) -> None:
        """A worker begins."""
        self.worker = self._start("-m", "journeys.run_worker")

    def rest(self) -> None:
        """It ends in order."""
        assert self.worker is not None
        self.worker.terminate()
        self.worker.communicate(timeout=30)

    def seconds(self) -> dict[str, float]:
        """Of processor time, by part."""
        worker = self.worker.pid if self.worker is not None else 0
        pids = (self.web.pid, worker, stand.postgres_pid(), self.gateway.pid)
        return dict(zip(PARTS, map(cpu.of_tree, pids), strict=True))

    def end(self) -> None:
        """All of them."""
        for process in (self.web, self.gateway):
            process.kill()
            process.communicate()


def one_round(processes: Processes, number: int, count: int) -> tuple[float, dict[str, float]]:
    """Reminders a second, and milliseconds of processor time a reminder, by part."""
    book(number, count)
    already = confirmed()
    processes.work()
    before = {"worker": 0.0}
    before |= {part: seconds for part, seconds in processes.seconds().items() if part != "worker"}
    begun = time.perf_counter()
    while (done := confirmed() - already) < count:
        time.sleep(0.25)
        assert time.perf_counter() - begun < 600, f"{done} of {count} confirmed"
    took = time.perf_counter() - begun
    after = processes.seconds()
    processes.rest()
    return count / took, {part: (after[part] - before[part]) * 1000 / count for part in PARTS}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    counting.register()
    with stand.database():
        only_a_reminder()
        processes = Processes()
        try:
            print("| round | reminders/s | " + " | ".join(f"CPU ms {part}" for part in PARTS) + " | CPU s per 1,000 |")
            print("|---" * (3 + len(PARTS)) + "|")
            rates, totals = [], []
            for number in range(1, given.rounds + 1):
                rate, spent = one_round(processes, number, given.count)
                rates.append(rate)
                totals.append(sum(spent.values()))
                row = " | ".join(f"{spent[part]:.2f}" for part in PARTS)
                print(f"| {number} | {rate:.1f} | {row} | {totals[-1]:.2f} |", flush=True)
        finally:
            processes.end()
    print(
        f"\nmedian: {statistics.median(rates):.1f} reminders a second, {statistics.median(totals):.2f} CPU s per 1,000"
    )


if __name__ == "__main__":
    main()
