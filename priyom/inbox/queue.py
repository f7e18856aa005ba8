"""The queue of conversations: its tabs, its order, and pieces of it by place instead of by number, so that the
thousandth row costs what the first one does and nothing is skipped or doubled while people write.

The order is in two runs: who waits for our answer (urgent first, then the longest waiting), then everybody else (the
last active first). A `Place` is where a row stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db.models import Count, Q, QuerySet

from priyom.clinic.models import Staff
from priyom.inbox.desk_models import Draft, Mention
from priyom.inbox.models import Conversation

PIECE = 40
"""Rows of a new piece."""
MOST = 120
"""Rows a piece may grow to before it is cut."""
COUNTED = 99
LOOKED = 300
"""Rows a count looks at: what lies deeper makes it «and more»."""
TABS = ("all", "waiting", "mine", "nobody", "patient", "done", "unknown", "named")

_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"([wl])(?:-([01]))?-(-?\d{1,18})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands. `at` is its `waiting_since` in the first run, its `last_at` in the second."""

    waits: bool
    urgent: bool
    at: datetime
    number: int

    @classmethod
    def of(cls, row: Conversation) -> Self:
        """The place of a row now."""
        if row.waiting_since is not None:
            return cls(True, row.urgent, row.waiting_since, row.pk)
        return cls(False, False, row.last_at, row.pk)

    @classmethod
    def read(cls, text: str) -> Self:
        """What `str` wrote. Raises ValueError."""
        found = _PLACE.fullmatch(text)
        if found is None or (found[1] == "w") is (found[2] is None):
            raise ValueError(f"no place in the queue: {text[:40]}")
        try:
            at = _BEGAN + int(found[3]) * _MICROSECOND
        except OverflowError as error:
            raise ValueError(f"no moment: {found[3]}") from error
        return cls(found[1] == "w", found[2] == "1", at, int(found[4]))

    def __str__(self) -> str:
        moment = (self.at - _BEGAN) // _MICROSECOND
        return f"w-{int(self.urgent)}-{moment}-{self.number}" if self.waits else f"l-{moment}-{self.number}"


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows in order. `cut`: the place of the last one, when more of what was asked for stands behind it."""

    rows: list[Conversation]
    cut: Place | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody looks at: a tab, perhaps one branch, perhaps one channel ('' for all)."""

    tab: str = "all"
    branch: int | None = None
    channel: str = ""


def piece(rows: QuerySet[Conversation], after: Place | None, until: Place | None) -> Piece:
    """The rows behind one place (None: from the head), up to and with another (None: a piece of usual length)."""
    most = PIECE if until is None else MOST
    found: list[Conversation] = []
    if after is None or after.waits:
        run = rows.filter(needs_answer=True).order_by("-urgent", "waiting_since", "pk")
        run = run.filter(_behind(after)) if after is not None else run
        run = run.exclude(_behind(until)) if until is not None and until.waits else run
        found = list(run[: most + 1])
    if len(found) <= most and (until is None or not until.waits):
        run = rows.filter(needs_answer=False).order_by("-last_at", "-pk")
        run = run.filter(_behind(after)) if after is not None and not after.waits else run
        run = run.filter(_up_to(until)) if until is not None else run
        found += run[: most + 1 - len(found)]
    return Piece(found[:most], Place.of(found[most - 1]) if len(found) > most else None)


def chosen(rows: QuerySet[Conversation], staff: Staff, choice: Choice) -> QuerySet[Conversation]:
    """Those of `rows` that stand under a tab, at a branch, on a channel."""
    if choice.branch is not None:
        rows = rows.filter(branch=choice.branch)
    if choice.channel:
        rows = rows.filter(channel=choice.channel)
    return rows.filter(_tab(choice.tab, staff))


def counts(rows: QuerySet[Conversation], staff: Staff, choice: Choice) -> dict[str, str]:
    """How many stand under each tab: «12», «99+»; «7+» when no more were looked at."""
    return {tab: _count(rows, Conversation.objects.filter(_tab(tab, staff)), choice) for tab in TABS}


def waiting(rows: QuerySet[Conversation]) -> dict[int, int]:
    """Branch id -> how many of `rows` wait there for our answer."""
    many = rows.filter(needs_answer=True, branch__isnull=False).order_by().values_list("branch").annotate(Count("pk"))
    return dict(many)


def drafts(staff: Staff, rows: Iterable[Conversation]) -> dict[int, str]:
    """Conversation id -> what they have begun to write there."""
    begun = Draft.objects.filter(staff=staff, conversation__in=[row.pk for row in rows])
    return dict(begun.values_list("conversation", "text"))


def named(staff: Staff, rows: Iterable[Conversation]) -> set[int]:
    """Those in which a note names them that they have not looked at."""
    open_ = Mention.objects.filter(staff=staff, seen_at=None, note__conversation__in=[row.pk for row in rows])
    return set(open_.values_list("note__conversation", flat=True))


def _tab(tab: str, staff: Staff) -> Q:
    match tab:
        case "waiting":
            return Q(needs_answer=True)
        case "mine":
            return Q(assigned_to=staff) & (Q(needs_answer=True) | Q(awaits_patient=True))
        case "nobody":
            return Q(needs_answer=True, assigned_to=None)
        case "patient":
            return Q(awaits_patient=True)
        case "done":
            return Q(needs_answer=False, awaits_patient=False)
        case "unknown":
            return Q(patient=None)
        case "named":
            return Q(pk__in=Mention.objects.filter(staff=staff, seen_at=None).values("note__conversation"))
    return Q()


def _count(rows: QuerySet[Conversation], tab: QuerySet[Conversation], choice: Choice) -> str:
    """The newest of the tab are taken first, by its index; who may see them is asked of those alone."""
    if choice.branch is not None:
        tab = tab.filter(branch=choice.branch)
    if choice.channel:
        tab = tab.filter(channel=choice.channel)
    if not rows.query.where:  # nothing is closed to them
        many = tab.order_by()[: COUNTED + 1].count()
        return f"{COUNTED}+" if many > COUNTED else str(many)
    newest = list(tab.order_by("-last_at", "-pk").values_list("pk", flat=True)[:LOOKED])
    seen = rows.filter(pk__in=newest).order_by().count()
    if seen > COUNTED:
        return f"{COUNTED}+"
    return f"{seen}+" if len(newest) == LOOKED else str(seen)


def _behind(place: Place) -> Q:
    if not place.waits:
        return Q(last_at__lte=place.at) & (Q(last_at__lt=place.at) | Q(pk__lt=place.number))
    later = Q(urgent=place.urgent) & (Q(waiting_since__gt=place.at) | Q(waiting_since=place.at, pk__gt=place.number))
    return later | Q(urgent=False) if place.urgent else later


def _up_to(place: Place) -> Q:
    return Q(last_at__gte=place.at) & (Q(last_at__gt=place.at) | Q(pk__gte=place.number))
