"""The newest things that concern one member of staff, ready to be shown: whom they are from, and where they open.

A browser asks again and again with a mark: the highest numbers it was told of. Numbers become visible out of order (a
slow transaction commits late), so a little of what lies before the mark is told again; the browser knows what it has
shown by each thing's key.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from priyom.clinic.models import Staff
from priyom.inbox.desk_models import Mention
from priyom.inbox.models import CallTask, Conversation, Incoming, TaskState
from priyom.web import guard

Row = TypeVar("Row", bound=Model)

OVERLAP = 50
"""So many numbers before the mark are looked at again."""
MOST = 20
WORDS = 120
"""Characters of a message that are shown, where showing them was allowed."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest numbers told; written `12.3.4`. Zeros: nothing was told yet."""

    incoming: int
    mention: int
    task: int

    @classmethod
    def of(cls, text: str) -> Mark | None:
        """The mark somebody sends; None when it is none."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 18 for part in parts):
            return None
        return cls(*map(int, parts))

    @classmethod
    def now(cls) -> Mark:
        """After everything there is."""
        return cls(*(_highest(model) for model in (Incoming, Mention, CallTask)))

    def __str__(self) -> str:
        return f"{self.incoming}.{self.mention}.{self.task}"


@dataclass(frozen=True, slots=True)
class News:
    """One thing that has come. `about` groups what belongs together: a newer one replaces the older on the screen."""

    key: str
    about: str
    title: str
    url: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Latest:
    """What is told to a browser. `branches`: branch id -> how many people wait there."""

    mark: str
    news: list[News] = field(default_factory=list)
    branches: dict[int, int] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """As JSON carries it."""
        return asdict(self)


def latest(staff: Staff, mark: Mark | None, *, words: bool) -> Latest:
    """News since the mark (None: since now). `words`: also the first words of what people write."""
    newest = Mark.now()
    since = mark or newest
    found = [*_said(staff, since, words=words), *_mentioned(staff, since), *_calls(staff, since)]
    return Latest(str(newest), found, waiting_by_branch(staff))


def waiting_by_branch(staff: Staff) -> dict[int, int]:
    """How many people wait for an answer in each branch this person sees; without those of whom no branch is known."""
    rows = guard.conversations(staff).filter(needs_answer=True, branch__isnull=False)
    return dict(rows.order_by().values_list("branch").annotate(people=Count("pk")))


def _said(staff: Staff, since: Mark, *, words: bool) -> list[News]:
    mine = guard.conversations(staff).filter(Q(assigned_to=None) | Q(assigned_to=staff), needs_answer=True)
    rows = _after(Incoming.objects.filter(action="", conversation__in=mine), since.incoming)
    return [
        News(
            f"i{row.pk}", f"chat-{row.conversation_id}", _("New message: %(who)s") % {"who": _who(row.conversation)},
            reverse("web:chat", args=[row.conversation_id]), row.text[:WORDS] if words else "",
        )
        for row in rows.select_related("conversation__patient")[:MOST]
    ]  # fmt: skip


def _mentioned(staff: Staff, since: Mark) -> list[News]:
    rows = _after(Mention.objects.filter(staff=staff, seen_at=None), since.mention)
    return [
        News(
            f"m{row.pk}", f"chat-{row.note.conversation_id}",
            _("%(colleague)s mentions you: %(who)s")
            % {"colleague": _name(row.note.author), "who": _who(row.note.conversation)},
            reverse("web:chat", args=[row.note.conversation_id]),
        )
        for row in rows.select_related("note__author", "note__conversation__patient")[:MOST]
    ]  # fmt: skip


def _calls(staff: Staff, since: Mark) -> list[News]:
    rows = _after(guard.tasks(staff).filter(taken_by=None), since.task)
    return [
        News(
            f"t{row.pk}", f"task-{row.pk}", _("A call to make: %(who)s") % {"who": row.patient.short_name},
            reverse("web:task", args=[row.pk]),
        )
        for row in rows.filter(state=TaskState.OPEN)[:MOST]
    ]  # fmt: skip


def _after(rows: QuerySet[Row], number: int) -> QuerySet[Row]:
    return rows.filter(pk__gt=number - OVERLAP).order_by("-pk")


def _highest(model: type[Model]) -> int:
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _who(conversation: Conversation) -> str:
    if conversation.patient is not None:
        return conversation.patient.short_name
    return conversation.name or _("unknown chat")


def _name(staff: Staff | None) -> str:
    return (staff.get_full_name() or staff.username) if staff else _("A colleague")
