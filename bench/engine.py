"""How fast due reminders go out over HTTP and are settled: the engine against the same HTTP client posting the same
bodies with no database (the limit), and against one Procrastinate job per message. `python -m bench.engine`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import time

from bench import stand
from journeys import counting

PARALLEL = 128


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
    asked = "SELECT count(*) FROM delivery_delivery WHERE account_id = %s AND state = 'settled' AND signal = 'accepted'"
    while (await database.rows(asked, [account_id]))[0][0] < count:
        await asyncio.sleep(0.1)
        if running.done():
            running.result()
    rate = count / (time.perf_counter() - begun)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await deliver.stop()
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


def main() -> None:
    """Run and print. The client and the engine take turns, so that a machine whose speed drifts is fair to both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    count: int = arguments.count
    counting.register()
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with stand.database(), stand.gateway() as base_url:
        limits, engines = [], []
        for number in range(arguments.rounds):
            account_id = stand.fill(base_url, count, key=f"round{number}")
            limits.append(asyncio.run(client_alone(base_url, account_id)))
            engines.append(asyncio.run(engine(account_id, count)))
            stand.disable(account_id)
            ratio = engines[-1] / limits[-1]
            print(f"round {number + 1}: client alone {limits[-1]:6.0f}/s, engine {engines[-1]:6.0f}/s = {ratio:.2f}")
        jobs_account = stand.fill(base_url, max(1, count // 10), key="jobs")
        stand.disable(jobs_account)
        jobs = asyncio.run(job_per_message(base_url, jobs_account))
        ratios = sorted(ours / limit for ours, limit in zip(engines, limits, strict=True))
        ours = statistics.median(engines)
        print(f"a job per message: {jobs:.0f}/s")
        print(f"engine, median: {ours:.0f}/s = {ours / jobs:.0f} times a job per message")
        print(f"of the client alone: {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
