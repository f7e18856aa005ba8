"""Several workers against one, on many accounts: real worker processes, one static gateway, one database.
`python -m bench.workers [--accounts N] [--count N] [--rounds N]`.

The accounts are spread first; then everything becomes due at once, and the time runs until the last is settled.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

from bench import cpu, stand
from journeys import counting

MOST = 3
"""Workers tried: more than there are cores here."""
SPREADS_WITHIN = 60.0


def held() -> list[int]:
    """How many accounts each session of a worker holds."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    from priyom.workers.lease import LOCKS  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid > 0 AND granted"
            " GROUP BY pid", [LOCKS],
        )  # fmt: skip
        return sorted(row[0] for row in cursor.fetchall())


def wait_for_spread(workers: int, accounts: int) -> None:
    """Until every worker holds its share."""
    end = time.monotonic() + SPREADS_WITHIN
    while len(held()) < workers or sum(held()) < accounts or max(held()) > -(-accounts // workers):
        assert time.monotonic() < end, held()
        time.sleep(0.5)


def all_due() -> None:
    """What was put off is due now."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_delivery SET due_at = now() WHERE state = 'waiting'")
        cursor.execute("ANALYZE delivery_delivery")
        cursor.execute("SELECT pg_notify('priyom', 'deliver')")


def left() -> int:
    """How many are not settled."""
    from priyom.delivery.models import Delivery  # noqa: PLC0415 - needs Django to be set up

    return Delivery.objects.exclude(state="settled").count()


def one_round(base_url: str, workers: int, accounts: int, count: int, number: int) -> tuple[float, float]:
    """Messages a second, and seconds of the workers' processor time per 1,000 messages."""
    from priyom.delivery.models import Account, Delivery  # noqa: PLC0415 - needs Django to be set up

    ids = [stand.fill(base_url, count // accounts, key=f"n{number}a{n}") for n in range(accounts)]
    Delivery.objects.filter(state="waiting").update(due_at="2100-01-01T00:00:00Z")
    command = [sys.executable, "-m", "journeys.run_worker"]
    processes = [
        subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(workers)
    ]
    try:
        wait_for_spread(workers, accounts)
        before = sum(cpu.of_tree(process.pid) for process in processes)
        all_due()
        begun = time.perf_counter()
        while left():
            time.sleep(0.05)
        took = time.perf_counter() - begun
        spent = sum(cpu.of_tree(process.pid) for process in processes) - before
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
    Account.objects.filter(pk__in=ids).update(enabled=False)
    return count / took, spent * 1000 / count


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=16)
    parser.add_argument("--count", type=int, default=16_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    counting.register()
    rates: dict[int, list[float]] = {workers: [] for workers in range(1, MOST + 1)}
    with stand.database(), stand.gateway() as base_url:
        print("| round | workers | a second | workers' CPU s per 1,000 |\n|---|---|---|---|")
        for number in range(1, given.rounds + 1):
            for workers, found in rates.items():
                rate, spent = one_round(base_url, workers, given.accounts, given.count, number * 10 + workers)
                found.append(rate)
                print(f"| {number} | {workers} | {rate:,.0f} | {spent:.2f} |", flush=True)
    for workers in range(2, MOST + 1):
        ratio = statistics.median(many / one for many, one in zip(rates[workers], rates[1], strict=True))
        print(f"\n{workers} workers against one: {ratio:.2f} times (median)")


if __name__ == "__main__":
    main()
