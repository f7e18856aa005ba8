"""What a forked process does: the real parts of a worker, or of the web, on the shared database, until nothing is left
to do or until it is struck. The clock is turned on as far as something waits for it."""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from django.conf import settings
from django.db import connections

from journeys.chaos.points import Point, files
from journeys.chaos.tracer import Tracer
from priyom.contracts import registry
from priyom.delivery import accounts
from priyom.delivery.database import conninfo
from priyom.delivery.enqueue import Order, enqueue_many
from priyom.foundation.clock import clock, now
from priyom.foundation.encryption import encrypt
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements
from priyom.journal.models import Pending
from priyom.notifications.recheck import recheck
from priyom.scenarios import catalogue
from priyom.workers import main as worker
from priyom.workers.deliver import Deliver
from priyom.workers.loops import Loop, Work
from priyom.workers.reconcile import reconcile
from priyom.workers.wake import CHANNEL, Wakes
from tests import factories
from tests.factories import make_branch, make_patient, make_reach, make_visit

house_sql = Statements(Path(__file__).resolve().parent.parent.parent / "priyom" / "sandbox" / "sql")

TIMEOUT = 0.4
"""Seconds a vendor has for its answer."""
FURTHEST = timedelta(minutes=5)
"""What waits longer waits for a person or a day; nobody turns the clock for it."""
PATIENCE = 15.0
"""Seconds without any progress."""
STALLED = 1.0
"""After so many the clock is turned although something is due."""


NEXT = """
SELECT min(greatest(d.due_at, a.paused_until)) FROM delivery_delivery d JOIN delivery_account a ON a.id = d.account_id
WHERE d.state = 'waiting' AND a.enabled AND a.health <> 'broken' AND greatest(d.due_at, a.paused_until) > %(now)s
"""


class NotQuiet(Exception):
    """The house does not come to rest."""


def preload() -> None:
    """Import what is imported when first needed: a victim has no time for it."""
    for name in registry.names():
        registry.channel(name)
    import_module("config.asgi")
    import_module("config.urls")


def live(job: dict[str, Any]) -> Any:
    """Do the job; what it has to say as JSON can carry it."""
    return DO[job["do"]](job)


def _account(job: dict[str, Any]) -> list[object]:
    """(its id, what the card says of a crash)"""
    account = accounts.create(job["channel"], job["channel"], job["channel"].replace("_", "-"), job["settings"])
    kept = {**accounts.opened(bytes(account.secrets)), accounts.HOOK_SECRET: job["secret"]}
    account.secrets = encrypt(settings.ENCRYPTION_KEY, json.dumps(kept))
    account.bot_name, account.warm_since, account.enabled = "clinic_demo_bot", None, False
    account.save()
    return [account.pk, registry.channel(job["channel"]).card.after_crash.name]


def _send(job: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Order some messages, then be a worker. `orders`: [address, text]; all bear the number of the kill."""
    _order(job)
    return _struck(job, lambda: asyncio.run(_work(job.get("loops", False))))


def _order(job: dict[str, Any]) -> None:
    late = now() + timedelta(seconds=job["expires"]) if job.get("expires") else None
    orders = [
        Order(job["account"], address, {"text": text, "rows": []}, "system", job["number"], expires_at=late)
        for address, text in job.get("orders", ())
    ]
    enqueue_many(orders)
    connections.close_all()


def _struck(job: dict[str, Any], work: Callable[[], None]) -> list[tuple[Any, ...]]:
    """Do the work watched; the points passed and how often, when they are asked for."""
    if trap := job.get("trap"):
        _tell(job["gateways"] + "/arm", {"pid": os.getpid(), **trap})
    target = Point(*job["target"]) if job.get("target") else None
    tracer = Tracer(files(job["channel"]), target, job.get("nth", 1))
    if target is not None or job.get("count"):
        tracer.start()
    work()
    tracer.stop()
    return [(p.file, p.function, p.first, p.line, times) for p, times in tracer.hits.items()]


def _tell(url: str, what: object) -> None:
    urllib.request.urlopen(url, json.dumps(what).encode(), timeout=10).close()


async def _work(loops: bool) -> None:
    """A worker without its general jobs: pumps, and the loops when wanted."""
    wakes = Wakes()
    threads = _threads(worker.works()[:5], wakes) if loops else []
    deliver = Deliver(wakes, recheck, http=Http(timeout=TIMEOUT))
    task = asyncio.create_task(deliver.run())
    try:
        await asyncio.to_thread(_rest, loops)
    finally:
        task.cancel()
        for thread in threads:
            thread.stop()
        with suppress(asyncio.CancelledError):
            await task
        await deliver.stop()
        for thread in threads:
            await asyncio.to_thread(thread.join, PATIENCE)


def _threads(works: Sequence[Work], wakes: Wakes) -> list[Loop]:
    threads = [Loop(work) for work in works]
    for thread in threads:
        for name in thread.wakes:
            wakes.add(name, thread.wake)
        thread.start()
    return threads


def _rest(loops: bool) -> None:
    """Wait until nothing is to be done, turning the clock to what is due soon. Without loops only deliveries count."""
    deadline, furthest, seen = time.monotonic() + PATIENCE, now() + FURTHEST, ()
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        while time.monotonic() < deadline:
            busy = _row(connection, house_sql["busy"], {"now": now(), "hanging": []})[: None if loops else 2]
            stalled = deadline - time.monotonic() < PATIENCE - STALLED  # behind an earlier one of its chat, say
            if not any(busy) or stalled:
                due: datetime | None = _row(connection, house_sql["next_due"] if loops else NEXT, {"now": now()})[0]
                if due is not None and due <= furthest:
                    deadline = time.monotonic() + PATIENCE
                    clock.turn(clock.offset + max(due - now(), timedelta(milliseconds=1)))
                    connection.execute("SELECT pg_notify(%s, 'clock')", [CHANNEL])
                elif not stalled or not any(busy):
                    return
            if busy != seen:
                seen, deadline = busy, time.monotonic() + PATIENCE
            time.sleep(0.01)
        for row in connection.execute("SELECT pid, state, wait_event, left(query, 120) FROM pg_stat_activity"):
            sys.stderr.write(f"{row}\n")
    faulthandler.dump_traceback(all_threads=True)
    raise NotQuiet(str(busy))


def _row(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = connection.execute(statement.encode(), values).fetchone()
    assert found is not None
    return found


def _visits(job: dict[str, Any]) -> list[int]:
    """Book a visit for each of these addresses; their ids. With `unheard` nobody is told of them."""
    factories._number = count(job["number"] * 100)  # a fork counts anew, and the names are taken
    kind = registry.channel(job["channel"]).card.contact_kind
    branch, start = make_branch(), now() + timedelta(hours=job.get("ahead", 20))
    ids = []
    for address in job["addresses"]:
        patient = make_patient(**{kind: address})
        make_reach(patient, kind, job["channel"], started_at=now(), accepted_at=now())
        ids.append(make_visit(patient, start, branch=branch).pk)
    if job.get("unheard"):
        Pending.objects.filter(fact__visit_id__in=ids).delete()
    connections.close_all()
    return ids


def _scenarios(job: dict[str, Any]) -> None:
    catalogue.load()
    connections.close_all()


def _worker(job: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Be a whole worker: what came in is interpreted, facts are reacted to, routes and messages go on."""
    return _struck(job, lambda: asyncio.run(_work(loops=True)))


def _reconcile(job: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Prove once that every visit has its next action."""

    def once() -> None:
        reconcile()
        connections.close_all()

    return _struck(job, once)


def _web(job: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Be a web process for these webhooks, which the vendor brings as soon as we listen."""
    return _struck(job, lambda: asyncio.run(_serve(job)))


async def _serve(job: dict[str, Any]) -> None:
    server = uvicorn.Server(uvicorn.Config("config.asgi:application", port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server tells it by nothing else
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    await asyncio.to_thread(_tell, f"{job['gateways']}/bring", {"port": port, "hooks": job["hooks"]})
    await asyncio.to_thread(_told, f"{job['gateways']}/brought")
    server.should_exit = True
    await serving


def _told(url: str) -> None:
    """Wait until the vendor has its answer."""
    urllib.request.urlopen(url, timeout=10).close()


DO: dict[str, Callable[[dict[str, Any]], Any]] = {
    "account": _account, "send": _send, "visits": _visits, "scenarios": _scenarios, "worker": _worker, "web": _web,
    "reconcile": _reconcile,
}  # fmt: skip
