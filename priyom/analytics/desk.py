"""How the desk does: who waits longest, what each person has in hand, answers by the hour, how long a first answer took
and whether it came as promised. By branch and by the branch's day; each question walks an index, never all waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from priyom.analytics.desk_rules import Hours, open_time, percentile
from priyom.clinic.models import Branch, Role, Staff
from priyom.foundation.clock import now
from priyom.inbox.call import in_hand
from priyom.inbox.desk_models import Ending, Here, Presence, Wait
from priyom.inbox.models import CallTask, Conversation, TaskState
from priyom.inbox.presence import has_left, stands

LONGEST = 12
MOST_WAITS = 20_000
"""Of one day, for the time to the first answer: more than any desk answers."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has in hand: conversations of theirs that wait for us, that are open at all (also those in which
    the patient's word is expected), calls; and what they have answered that day."""

    staff: Staff
    state: Here
    left: bool
    """On a break, or away so long that others shall take over."""
    waiting: int
    open: int
    calls: int
    answered: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A day of the desk. Times are open time, None without a single answer; `hours`: answers by local hour."""

    answered: int
    median: timedelta | None
    ninety: timedelta | None
    kept: int
    promised: int
    waiting: int
    hours: tuple[tuple[int, int], ...]


def longest(branches: Sequence[Branch], *, everywhere: bool) -> list[Conversation]:
    """Those who wait for us longest, the urgent ones not put first: this is about time. `everywhere`: also those of no
    known branch."""
    rows = Conversation.objects.filter(needs_answer=True).select_related("patient", "branch", "assigned_to", "account")
    return list(_of(rows, branches, everywhere=everywhere).order_by("waiting_since", "pk")[:LONGEST])


def figures(branches: Sequence[Branch], day: date, zone: ZoneInfo, *, everywhere: bool) -> Figures:
    """The day's figures. What waits now counts as broken once the promised moment has passed."""
    start, end = day_of(day, zone)
    rows = _of(Wait.objects.all(), branches, everywhere=everywhere).order_by()
    ended = list(rows.filter(ended_at__gte=start, ended_at__lt=end).exclude(ending=Ending.LINKED).values_list(
        "branch_id", "since", "promised_until", "ended_at", "ending")[:MOST_WAITS])  # fmt: skip
    hours = {branch.pk: Hours(branch.opens, branch.closes, ZoneInfo(branch.time_zone)) for branch in branches}
    took = sorted(
        open_time(since, at, hours.get(branch_id)) for branch_id, since, _promised, at, ending in ended
        if ending == Ending.ANSWERED
    )  # fmt: skip
    kept = sum(promised is not None and at <= promised for _b, _s, promised, at, _e in ended)
    waits = rows.filter(ended_at=None)
    late = waits.filter(promised_until__gte=start, promised_until__lt=min(end, now())).count()
    by_hour = Counter(at.astimezone(zone).hour for _b, _s, _p, at, ending in ended if ending == Ending.ANSWERED)
    return Figures(
        answered=len(took), median=percentile(took, 50), ninety=percentile(took, 90), kept=kept,
        promised=sum(promised is not None for _b, _s, promised, _at, _e in ended) + late,
        waiting=waits.count(), hours=tuple((hour, by_hour[hour]) for hour in _span(by_hour, branches)),
    )  # fmt: skip


def loads(branches: Sequence[Branch], day: date, zone: ZoneInfo, *, everywhere: bool) -> list[Load]:
    """Everybody who answers patients of these branches and is there or has something in hand; those with most to do
    first."""
    people = list(_people(branches, everywhere=everywhere))
    known = {row.staff_id: row for row in Presence.objects.filter(staff__in=people)}
    mine = Conversation.objects.filter(assigned_to__in=people).filter(Q(needs_answer=True) | Q(awaits_patient=True))
    open_ones = dict(mine.values_list("assigned_to").order_by().annotate(many=Count("pk")))
    waiting = dict(mine.filter(needs_answer=True).values_list("assigned_to").order_by().annotate(many=Count("pk")))
    calls = _calls(people)
    start, end = day_of(day, zone)
    answers = Wait.objects.filter(ended_at__gte=start, ended_at__lt=end, ending=Ending.ANSWERED, ended_by__in=people)
    answered = dict(answers.values_list("ended_by").order_by().annotate(many=Count("pk")))
    at = now()
    found = [
        Load(
            one, stands(known.get(one.pk), at), has_left(known.get(one.pk), at), waiting.get(one.pk, 0),
            open_ones.get(one.pk, 0), calls[one.pk], answered.get(one.pk, 0),
        )
        for one in people
    ]  # fmt: skip
    shown = [one for one in found if one.state != Here.AWAY or one.open or one.calls or one.answered]
    return sorted(shown, key=lambda one: (-one.waiting, -one.open, one.staff.last_name, one.staff.pk))


def day_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local day's first moment, and the next day's."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    return start, datetime(following.year, following.month, following.day, tzinfo=zone)


def _of(rows: QuerySet, branches: Sequence[Branch], *, everywhere: bool) -> QuerySet:  # type: ignore[type-arg]
    return rows if everywhere else rows.filter(branch__in=[branch.pk for branch in branches])


def _people(branches: Sequence[Branch], *, everywhere: bool) -> QuerySet[Staff]:
    rows = Staff.objects.filter(is_active=True, role__in=(Role.REGISTRAR, Role.OWNER, Role.ADMIN))
    if everywhere:
        return rows
    of_branches = Staff.branches.through.objects.values("staff_id")
    ours = of_branches.filter(branch__in=[branch.pk for branch in branches])
    return rows.filter(Q(pk__in=ours) | ~Q(pk__in=of_branches))


def _calls(people: Sequence[Staff]) -> dict[int, int]:
    """How many calls each of them is making: a taking that was left does not count."""
    taken = CallTask.objects.filter(state=TaskState.OPEN, taken_by__in=people).select_related("taken_by__presence")
    found: dict[int, int] = defaultdict(int)
    for task in taken:
        if in_hand(task) and task.taken_by_id is not None:
            found[task.taken_by_id] += 1
    return found


def _span(by_hour: Counter[int], branches: Sequence[Branch]) -> range:
    """The hours to show: those in which the desks are open, and any other in which somebody answered."""
    first = min([*by_hour, *(branch.opens.hour for branch in branches)], default=8)
    last = max(
        [*by_hour, *(max(0, branch.closes.hour - (branch.closes.minute == 0)) for branch in branches)], default=19
    )
    return range(first, last + 1)
