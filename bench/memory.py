"""A worker's memory with few and with many waiting deliveries: it must not grow with them. `python -m bench.memory`."""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys

from bench import stand
from journeys import counting

SECONDS = 8.0
FEW, MANY = 10_000, 200_000
COLUMNS = """account_id, op, rank, address, body, quiet, origin, goal, state, created_at, due_at, tries, untried,
    maybe_sent, signal, evidence, code, provider_id, currency, edited_text"""
MULTIPLY = (
    f"INSERT INTO delivery_delivery ({COLUMNS}) SELECT {COLUMNS} FROM delivery_delivery, generate_series(1, %s)"
    " WHERE account_id = %s"
)


async def pump() -> None:
    """The engine at work for a while."""
    from priyom.notifications.recheck import recheck  # noqa: PLC0415 - needs Django to be set up
    from priyom.workers.deliver import Deliver  # noqa: PLC0415
    from priyom.workers.wake import Wakes  # noqa: PLC0415

    deliver = Deliver(Wakes(), recheck)
    running = asyncio.create_task(deliver.run())
    await asyncio.sleep(SECONDS)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await deliver.stop()


def child() -> None:
    """Run as a process of its own; print the highest memory in KiB."""
    import django  # noqa: PLC0415 - the parent's environment says which database

    counting.register()
    django.setup()
    asyncio.run(pump())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def measure() -> int:
    """KiB of a fresh worker process at its highest."""
    done = subprocess.run([sys.executable, "-m", "bench.memory", "--child"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def multiply(account_id: int, count: int) -> None:
    """Make `count` due deliveries of the account's one."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    with connection.cursor() as cursor:
        cursor.execute(MULTIPLY, [count - 1, account_id])


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().child:
        child()
        return
    counting.register()
    with stand.database(), stand.gateway() as base_url:
        multiply(stand.fill(base_url, 1, key="few", channel="counted_unknown"), FEW)
        few = measure()
        multiply(stand.fill(base_url, 1, key="many", channel="counted_unknown"), MANY)
        many = measure()
    print(f"{FEW} waiting: {few / 1024:.0f} MiB; {FEW + MANY} waiting: {many / 1024:.0f} MiB; ratio {many / few:.2f}")


if __name__ == "__main__":
    main()
