"""A worker process: the pumps of the delivery engine, the synchronous loops and the jobs, until told to end.

As many of them as wanted may run, on as many machines: each thing to do is taken by exactly one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from priyom.alerts.share import check_shares
from priyom.delivery import incoming, weather
from priyom.foundation.http import Http
from priyom.inbox import call, interpret, late, words
from priyom.journal import bell, react
from priyom.notifications import advance as notifications
from priyom.notifications.recheck import recheck
from priyom.notifications.shelter import leave_storms
from priyom.scenarios import advance as scenarios
from priyom.workers.deliver import Deliver
from priyom.workers.evening import tell_evenings
from priyom.workers.jobs import run_jobs
from priyom.workers.lease import sign_sessions
from priyom.workers.loops import Every, Loop, Work
from priyom.workers.reconcile import reconcile
from priyom.workers.wake import Wakes

log = logging.getLogger(__name__)

STOP_GRACE = 5.0


def works() -> list[Work]:
    """Every synchronous loop; `react` twice, so that one slow reaction does not hold the others."""
    minutely = Every(timedelta(minutes=1), reconcile)
    shares = Every(timedelta(minutes=10), check_shares)
    looking = Every(timedelta(minutes=1), look_at_weather)
    evenings = Every(timedelta(minutes=5), tell_evenings)
    found = Every(timedelta(minutes=1), words.gather)
    forgetting = Every(timedelta(minutes=1), bell.Forgetting().step)
    reacting = Work("react", react.Reactor().step, react.next_due, ("react",))
    return [
        reacting,
        reacting,
        Work("interpret", interpret.interpret_once, incoming.next_due, ("interpret",)),
        Work("scenarios", scenarios.advance_once, scenarios.next_due, ("scenarios",)),
        Work("notifications", notifications.advance_once, notifications.next_due, ("notifications",)),
        Work("calls", call.carry_out_once, call.next_due, ("calls",)),
        Work("late answers", late.late_once, late.next_due, ("late",)),
        Work("reconcile", minutely.step, minutely.next_due, ("reconcile",)),
        Work("weather", looking.step, looking.next_due, ("weather",)),
        Work("shares", shares.step, shares.next_due, ("shares",)),
        Work("evenings", evenings.step, evenings.next_due, ("evenings",)),
        Work("words", found.step, found.next_due, ("words",)),
        Work("news", forgetting.step, forgetting.next_due, ("news",)),
    ]


def look_at_weather() -> None:
    """How the channels are; then what waits in a storm leaves it."""
    if weather.look_once() is not None:
        leave_storms()


async def run(loops: Sequence[Work] | None = None, *, http: Http | None = None) -> None:
    """Run everything until cancelled (SIGTERM does that): then nothing new is taken, what is under way gets five
    seconds, results are written down. The database may come and go meanwhile."""
    sign_sessions()
    wakes = Wakes()
    threads = [Loop(work) for work in (works() if loops is None else loops)]
    for thread in threads:
        for name in thread.wakes:
            wakes.add(name, thread.wake)
        thread.start()
    deliver = Deliver(wakes, recheck, http=http)
    tasks = [asyncio.create_task(deliver.run()), asyncio.create_task(run_jobs())]
    log.info("the worker is up")
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        for thread in threads:
            thread.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        await deliver.stop()
        for thread in threads:
            await asyncio.to_thread(thread.join, STOP_GRACE)
        log.info("the worker has ended")
