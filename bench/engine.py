"""How fast due reminders go out over HTTP and are settled: the engine against the same HTTP client posting the same
bodies with no database (the limit), and against one Procrastinate job per message. `python -m bench.engine`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import cpu, stand
from journeys import counting

PARALLEL = 128
LOOK = 0.1
"""Seconds between looks whether all is settled; these statements are not the engine's and are taken off its count."""
OPEN = """SELECT EXISTS (SELECT 1 FROM delivery_delivery WHERE account_id = %s AND state = 'waiting')
    OR EXISTS (SELECT 1 FROM delivery_delivery WHERE account_id = %s AND state = 'sending')"""
TAKEN = "SELECT count(*) FROM delivery_delivery WHERE account_id = %s AND state = 'settled' AND signal = 'accepted'"


async def client_alone(base_url: str, account_id: int) -> float:
    """Messages per second of the HTTP client with the same bodies, `PARALLEL` at a time."""
    from priyom.delivery.attempt import Claimed, outgoing  # noqa: PLC0415
    from priyom.delivery.database import Database  # noqa: PLC0415
    from priyom.foundation.http import Http  # noqa: PLC0415

    database = Database()
    rows = await database.rows(
        "SELECT id, op, address, body, quiet, expires_at, tries, maybe_sent FROM delivery_delivery"
        " WHERE account_id = %s",
        [account_id],
    )
    await database.close()
    bodies = []
    for row in rows:
        letter = outgoing(Claimed(*row))
        buttons = [[(button.label, button.payload) for button in line] for line in letter.message.rows]
        bodies.append({"key": letter.key, "to": letter.address, "text": letter.message.text, "buttons": buttons})
    left = iter(bodies)

    async def work(http: Http) -> None:
        for body in left:
            answer = await http.request("POST", f"{base_url}/send", json=body)
            assert answer.status == 200

    async with Http() as http:
        begun = time.perf_counter()
        await asyncio.gather(*(work(http) for _ in range(PARALLEL)))
        return len(bodies) / (time.perf_counter() - begun)


async def engine(account_id: int, count: int) -> float:
    """Messages per second of the engine, from its start to the last settled."""
    from priyom.delivery.database import Database  # noqa: PLC0415
    from priyom.notifications.recheck import recheck  # noqa: PLC0415
    from priyom.workers.deliver import Deliver  # noqa: PLC0415
    from priyom.workers.wake import Wakes  # noqa: PLC0415

    database = Database()
    deliver = Deliver(Wakes(), recheck)
    begun = time.perf_counter()
    running = asyncio.create_task(deliver.run())
    while (await database.rows(OPEN, [account_id, account_id]))[0][0]:
        await asyncio.sleep(LOOK)
        if running.done():
            running.result()
    rate = count / (time.perf_counter() - begun)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await deliver.stop()
    done = await database.rows(TAKEN, [account_id])
    assert done[0][0] == count, done
    await database.close()
    return rate


async def job_per_message(base_url: str, account_id: int) -> float:
    """Messages per second of one Procrastinate job per message: the job reads its row, posts, writes the row."""
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415

    from priyom.delivery.attempt import Claimed, outgoing  # noqa: PLC0415
    from priyom.delivery.database import Database, conninfo  # noqa: PLC0415
    from priyom.foundation.http import Http  # noqa: PLC0415

    app = App(connector=PsycopgConnector(conninfo=conninfo(), min_size=8, max_size=16))
    database, http = Database(), Http()

    @app.task(name="bench.send", queue="bench")
    async def send(delivery_id: int) -> None:
        rows = await database.rows(
            "SELECT id, op, address, body, quiet, expires_at, tries, maybe_sent FROM delivery_delivery WHERE id = %s",
            [delivery_id],
        )
        letter = outgoing(Claimed(*rows[0]))
        body = {"key": letter.key, "to": letter.address, "text": letter.message.text}
        answer = await http.request("POST", f"{base_url}/send", json=body)
        await database.rows(
            "UPDATE delivery_delivery SET state = 'settled', signal = 'accepted', provider_id = %s WHERE id = %s",
            [answer.json()["id"], delivery_id],
        )

    ids = [
        row[0] for row in await database.rows("SELECT id FROM delivery_delivery WHERE account_id = %s", [account_id])
    ]
    async with app.open_async(), http:
        await send.batch_defer_async(*({"delivery_id": number} for number in ids))
        begun = time.perf_counter()
        await app.run_worker_async(queues=["bench"], wait=False, concurrency=32, install_signal_handlers=False)
        rate = len(ids) / (time.perf_counter() - begun)
    done = await database.rows(
        "SELECT count(*) FROM delivery_delivery WHERE account_id = %s AND signal = 'accepted'", [account_id]
    )
    assert done[0][0] == len(ids)
    await database.close()
    return rate


@dataclass(frozen=True, slots=True)
class Round:
    """One side's turn: messages a second, and what each cost: microseconds of processor time by process, statements."""

    rate: float
    loop: float
    threads: float
    database: float
    gateway: float
    statements: float


def turn(measure: Callable[[], float], count: int, gateway: int) -> Round:
    """Run one side and account for it."""
    postgres = stand.postgres_pid()
    before = (time.thread_time(), time.process_time(), cpu.of_tree(postgres), cpu.of_tree(gateway), stand.statements())
    begun = time.perf_counter()
    rate = measure()
    looks = (time.perf_counter() - begun) / LOOK
    after = (time.thread_time(), time.process_time(), cpu.of_tree(postgres), cpu.of_tree(gateway), stand.statements())
    loop, process, database, served, statements = (b - a for a, b in zip(before, after, strict=True))
    each = 1e6 / count
    return Round(
        rate, loop * each, (process - loop) * each, database * each, served * each,
        max(0.0, statements - looks) * 1000 / count,
    )  # fmt: skip


def told(name: str, rounds: Sequence[Round]) -> str:
    """A row of the table: medians."""
    values = [statistics.median(getattr(one, field) for one in rounds) for field in Round.__dataclass_fields__]
    return f"| {name} | " + " | ".join(f"{value:,.0f}" for value in values) + " |"


def main() -> None:
    """Run and print. The client and the engine take turns, so that a machine whose speed drifts is fair to both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    count: int = arguments.count
    counting.register()
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with stand.database(), stand.gateway_process() as (base_url, gateway):
        limits, engines = [], []
        print("| round | client alone | engine | ratio |\n|---|---|---|---|")
        for number in range(arguments.rounds):
            account_id = stand.fill(base_url, count, key=f"round{number}")
            limits.append(turn(lambda a=account_id: asyncio.run(client_alone(base_url, a)), count, gateway))  # type: ignore[misc]
            engines.append(turn(lambda a=account_id: asyncio.run(engine(a, count)), count, gateway))  # type: ignore[misc]
            stand.disable(account_id)
            ratio = engines[-1].rate / limits[-1].rate
            print(f"| {number + 1} | {limits[-1].rate:,.0f}/s | {engines[-1].rate:,.0f}/s | {ratio:.2f} |", flush=True)
        jobs_account = stand.fill(base_url, max(1, count // 10), key="jobs")
        stand.disable(jobs_account)
        jobs = asyncio.run(job_per_message(base_url, jobs_account))
    ratios = sorted(ours.rate / limit.rate for ours, limit in zip(engines, limits, strict=True))
    ours = statistics.median(one.rate for one in engines)
    print(f"\nof the client alone: {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")
    print(f"a job per message: {jobs:.0f}/s; the engine is {ours / jobs:.0f} times as fast\n")
    print("| median | a second | µs loop | µs client's threads | µs database | µs gateway | statements per 1,000 |")
    print("|---|---|---|---|---|---|---|")
    print(told("client alone", limits))
    print(told("engine", engines))


if __name__ == "__main__":
    main()
