"""What is known of each visit: the one sentence a registrar needs. Silent ones stand first.

Silent: nothing is known, and no step or person is on it any more, or the last moment for a call has passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from priyom.analytics.reachability import Reachability, reachability
from priyom.appointments.models import State, Visit
from priyom.clinic.house import house
from priyom.clinic.models import House
from priyom.contracts.registry import channel as find_channel
from priyom.inbox.models import CallTask, TaskState
from priyom.inbox.read import waiting_for_an_answer
from priyom.journal.models import Pending
from priyom.journal.record import ONLY_TELLS
from priyom.notifications.evidence import signal_words
from priyom.notifications.models import Leg, LegState, Notification
from priyom.notifications.rules import Desk
from priyom.scenarios.models import Run

OPEN = (State.BOOKED, State.MOVED)
ENDS = (State.CANCELLED, State.ARRIVED, State.COMPLETED, State.MISSED, State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Standing:
    """`known`: confirmed | waiting | planned | moved | cancelled | silent | call | arrived | completed | missed."""

    known: str
    silent: bool
    evidence: str
    last_at: datetime | None
    next_text: str
    reach: Reachability


@dataclass(slots=True)
class _Around:
    """What else is there about the visits of one look: a fixed number of queries, however many visits."""

    notifications: dict[int, list[Notification]]
    runs: dict[int, list[Run]]
    tasks: dict[int, CallTask]
    reach: dict[int, Reachability]
    stirring: set[int]
    """Patients of whom something has just happened that nobody has reacted to yet, or whose words wait for a person."""
    rules: House


def standings(visits: Iterable[Visit], at: datetime) -> dict[int, Standing]:
    """visit id -> how it stands at `at`. Visits come with their branch selected."""
    listed = list(visits)
    around = _look(listed, at)
    return {visit.pk: _standing(visit, around, at) for visit in listed}


def silent(visit: Visit, *, on_it: bool, at: datetime, last_call: datetime) -> bool:
    """The rule itself, pure: open, and either nobody is on it or it is too late to call; until its outcome is known."""
    if visit.history or visit.state not in OPEN:
        return False
    return not on_it or at > last_call


def last_call(visit: Visit, rules: House) -> datetime:
    """The last moment at which a call helps, with house rules at hand (see notifications.notify.last_call)."""
    desk = Desk(visit.branch.opens, visit.branch.closes, ZoneInfo(visit.branch.time_zone))
    return desk.last_call(visit.starts_at, timedelta(minutes=rules.call_lead_minutes))


def _look(visits: list[Visit], at: datetime) -> _Around:
    ids, rules = [visit.pk for visit in visits], house()
    notifications: dict[int, list[Notification]] = defaultdict(list)
    rows = Notification.objects.filter(visit__in=ids).order_by("id").prefetch_related("legs__account", "legs__delivery")
    for row in rows:
        notifications[row.visit_id or 0].append(row)
    runs: dict[int, list[Run]] = defaultdict(list)
    for run in Run.objects.filter(visit__in=ids, due_at__isnull=False).select_related("scenario").order_by("due_at"):
        runs[run.visit_id].append(run)
    tasks = {t.visit_id or 0: t for t in CallTask.objects.filter(visit__in=ids, state=TaskState.OPEN)}
    patients = {visit.patient_id for visit in visits}
    pending = Pending.objects.filter(key__in=patients, parked=False).exclude(reactor__startswith=ONLY_TELLS)
    stirring = set(pending.values_list("key", flat=True))
    stirring |= waiting_for_an_answer(patients)
    return _Around(notifications, runs, tasks, reachability(patients, at, rules.proven_days), stirring, rules)


def _standing(visit: Visit, around: _Around, at: datetime) -> Standing:
    mine = [n for n in around.notifications[visit.pk] if n.visit_version == visit.version]
    live = [n for n in mine if n.act_at is not None]
    runs, task = around.runs[visit.pk], around.tasks.get(visit.pk)
    on_it = bool(live or runs or task or visit.patient_id in around.stirring)
    is_silent = silent(visit, on_it=on_it, at=at, last_call=last_call(visit, around.rules))
    legs = [leg for n in mine for leg in n.legs.all()]
    last = max(legs, key=lambda leg: (leg.started_at, leg.pk), default=None)
    evidence, last_at = _evidence(visit, last)
    return Standing(
        known=_known(visit, is_silent, task, live),
        silent=is_silent,
        evidence=evidence,
        last_at=last_at,
        next_text=_next(visit, is_silent, task, live, runs),
        reach=around.reach[visit.patient_id],
    )


def _known(visit: Visit, is_silent: bool, task: CallTask | None, live: list[Notification]) -> str:
    if visit.state in ENDS:
        return str(visit.state)
    if is_silent:
        return "silent"
    if task is not None:
        return "call"
    if any(n.goal == "answered" and n.legs.all() for n in live):
        return "waiting"
    return "moved" if visit.state == State.MOVED else "planned"


def _evidence(visit: Visit, last: Leg | None) -> tuple[str, datetime | None]:
    if visit.confirmed_at is not None:
        return visit.confirmed_evidence, visit.confirmed_at
    if visit.state in ENDS or last is None:
        return "", visit.changed_at if visit.state in ENDS else None
    if last.state == LegState.FAILED:
        return f"{find_channel(last.account.channel).card.title}: {last.reason or 'не доставлено'}", last.started_at
    signal = last.delivery.signal if last.delivery else ""
    return signal_words(last.account.channel, signal), (
        last.delivery.signal_at if last.delivery else None
    ) or last.started_at


def _next(visit: Visit, is_silent: bool, task: CallTask | None, live: list[Notification], runs: list[Run]) -> str:
    zone = ZoneInfo(visit.branch.time_zone)
    if visit.state not in OPEN and visit.state != State.CONFIRMED:
        return ""
    if task is not None:
        return f"позвонить до {_clock(task.due_at, zone)}"
    if live:
        soonest = min(live, key=lambda n: n.act_at or n.expires_at)
        assert soonest.act_at is not None
        return (
            f"ждем до {_clock(soonest.act_at, zone)}"
            if soonest.legs.all()
            else f"отправим {_clock(soonest.act_at, zone)}"
        )
    if is_silent:
        return "никто не занимается"
    if runs and runs[0].due_at is not None:
        return f"{runs[0].scenario.title.lower()}: {_clock(runs[0].due_at, zone)}"
    return ""


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m %H:%M}"
