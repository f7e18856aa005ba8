"""Take the runs' next steps when their moment has come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from priyom.appointments.models import LIVE, State
from priyom.foundation.clock import now
from priyom.journal.due import Due
from priyom.notifications.notify import Order, notify, quiet
from priyom.notifications.rules import reminder_moment
from priyom.scenarios.models import Run
from priyom.scenarios.rules import FRESH, Notify, OnlyIf, Wait, parse_steps

DUE = Due(Run, "due_at")
WAITED = "waited"
"""Marker in a run's context: the wait of this step number is over."""


@transaction.atomic
def advance_once() -> bool:
    """Take one due run as far as it goes. True when there was one."""
    number = DUE.take()
    if number is None:
        return False
    wide = Run.objects.select_related(
        "scenario", "visit__branch", "visit__patient", "visit__service", "visit__practitioner"
    )
    _go(wide.get(pk=number), now())
    return True


def next_due() -> datetime | None:
    """When the next run has something to do."""
    return DUE.nearest()


def _go(run: Run, at: datetime) -> None:
    steps = parse_steps(run.scenario.steps)
    if run.visit.version != run.visit_version:
        _end(run, at, "визит изменился")
        return
    while run.step < len(steps):
        step = steps[run.step]
        if isinstance(step, Wait):
            if run.context.get(WAITED) != run.step:
                moment = _moment(run, step, at)
                if moment is None:
                    _end(run, at, "поздно для этого напоминания")
                    return
                run.context[WAITED], run.due_at = run.step, max(moment, at)
                if moment > at:
                    run.save()
                    return
            # A wait before the visit is for visits still to come.
            if step.before_start is not None and run.visit.state not in LIVE:
                _end(run, at, "визит уже не состоится в это время")
                return
        elif isinstance(step, OnlyIf):
            why = _not_so(run, step)
            if why:
                _end(run, at, why)
                return
        else:
            _notify(run, step)
        run.step += 1
    _end(run, at, "все шаги сделаны")


def _moment(run: Run, step: Wait, at: datetime) -> datetime | None:
    if step.after is not None:
        return run.started_at + step.after
    assert step.before_start is not None
    return reminder_moment(run.visit.starts_at, step.before_start, quiet(run.visit), at)


def _not_so(run: Run, step: OnlyIf) -> str:
    confirmed = run.visit.state == State.CONFIRMED
    if step.condition == "fresh":
        return "" if run.started_at - run.visit.booked_at <= FRESH else "запись сделана раньше, подтверждать поздно"
    if step.condition == "unconfirmed":
        return "визит уже подтвержден" if confirmed else ""
    return "" if confirmed else "визит не подтвержден"


def _notify(run: Run, step: Notify) -> None:
    open_question = run.visit.state in (State.BOOKED, State.MOVED)
    asks = step.asks_within is not None and open_question and run.visit.starts_at - now() <= step.asks_within
    notify(
        Order(
            visit=run.visit,
            kind=step.kind,
            goal="answered" if asks else step.goal if open_question else "delivered",
            must_reach=asks or (step.must_reach and open_question),
            fresh=step.fresh,
            expires_at=_expires(run, step),
            context={**{k: v for k, v in run.context.items() if k != WAITED}, "rebook": step.rebook},
        )
    )


def _expires(run: Run, step: Notify) -> datetime | None:
    # After the visit's own time (a no-show, a late cancellation) the visit's start bounds nothing.
    later = now() + FRESH * 48
    return later if run.visit.starts_at <= now() or step.rebook or run.visit.state not in LIVE else None


def _end(run: Run, at: datetime, outcome: str) -> None:
    run.due_at, run.ended_at, run.outcome = None, at, outcome
    run.save()
