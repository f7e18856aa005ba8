"""Whose turn it is in a thread: ours since when, theirs, or nobody's. The one place that changes it, so that the
thread, the history of waits and what was promised always tell the same."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from priyom.appointments.models import LIVE
from priyom.clinic.house import house
from priyom.clinic.models import Branch, Staff
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.inbox.desk_models import Ending, Wait
from priyom.inbox.desk_rules import promised, sounds_urgent
from priyom.inbox.facts import NobodyAnswers
from priyom.inbox.models import Conversation
from priyom.journal.record import record

sql = Statements(Path(__file__).parent / "sql")

TURN = ("needs_answer", "waiting_since", "promised_until", "urgent", "awaits_patient")


@transaction.atomic(savepoint=False)
def asks(thread: Conversation, text: str, at: datetime, *, unread: int = 0, **news: Any) -> None:
    """The person said what somebody has to answer. A wait that runs goes on; a new one begins at `at`. `unread`: so
    many more are; `news`: fields of the thread that change with it."""
    row = _lock(thread)
    for name, value in news.items():
        setattr(row, name, value)
    row.unread += unread
    _place(row)
    row.urgent = row.urgent or sounds_urgent(text)
    if not row.needs_answer:
        _begin(row, at)
    _save(row, thread, "branch", "unread", *news)


@transaction.atomic(savepoint=False)
def expects(thread: Conversation, staff: Staff | None, ending: Ending = Ending.ANSWERED) -> None:
    """We have answered: it is the person's turn."""
    row = _lock(thread)
    _end(row, staff, ending)
    row.awaits_patient = True
    _save(row, thread)


@transaction.atomic(savepoint=False)
def rests(thread: Conversation, staff: Staff | None, ending: Ending = Ending.SETTLED) -> None:
    """It is nobody's turn: no answer is needed, or nothing more is expected."""
    row = _lock(thread)
    _end(row, staff, ending)
    row.awaits_patient = False
    _save(row, thread)


@transaction.atomic(savepoint=False)
def goes_on(thread: Conversation) -> None:
    """Take the last ending back: the person waits again, since they first did."""
    row = _lock(thread)
    if row.needs_answer:
        return
    last = Wait.objects.filter(conversation=row).order_by("-since", "-pk").first()
    if last is None:
        _begin(row, row.last_at)
    else:
        last.ended_at, last.ended_by, last.ending = None, None, ""
        last.save(update_fields=["ended_at", "ended_by", "ending"])
        row.needs_answer, row.waiting_since, row.promised_until = True, last.since, last.promised_until
    row.awaits_patient = False
    _save(row, thread)


@transaction.atomic(savepoint=False)
def joins(thread: Conversation, other: Conversation) -> None:
    """`other` turns out to be the same person's: whoever waits there waits here, since the earlier moment of both."""
    row, gone = _lock(thread), _lock(other)
    if gone.needs_answer and row.needs_answer:
        row.waiting_since = min(at for at in (row.waiting_since, gone.waiting_since) if at)
        row.promised_until = min((at for at in (row.promised_until, gone.promised_until) if at), default=None)
        ours = Wait.objects.filter(conversation=row, ended_at=None)
        ours.update(since=row.waiting_since, promised_until=row.promised_until)
    elif gone.needs_answer and gone.waiting_since is not None:
        _place(row)
        row.branch = row.branch or gone.branch
        row.needs_answer, row.awaits_patient, row.waiting_since = True, False, gone.waiting_since
        row.promised_until = gone.promised_until or _promise(row.branch, gone.waiting_since)
        Wait.objects.filter(conversation=gone, ended_at=None).update(
            conversation=row, branch=row.branch, promised_until=row.promised_until
        )
    else:
        row.awaits_patient = row.awaits_patient or (gone.awaits_patient and not row.needs_answer)
    row.urgent = row.urgent or gone.urgent
    _end(gone, None, Ending.LINKED)
    gone.awaits_patient = False
    _save(row, thread, "branch")
    _save(gone, other)


def _lock(thread: Conversation) -> Conversation:
    """The thread as it stands now, held until the transaction ends. Raises Conversation.DoesNotExist."""
    asked = {"thread": thread.pk, "live": list(LIVE), "now": now()}
    for row in Conversation.objects.raw(sql["thread_held"], asked):
        return row
    raise Conversation.DoesNotExist


def _place(row: Conversation) -> None:
    """A held thread belongs where the person goes, as far as that is known."""
    row.branch_id = getattr(row, "goes_to", None) or row.branch_id


def _promise(branch: Branch | None, at: datetime) -> datetime | None:
    if branch is None:
        return None
    return promised(at, branch.promise_minutes, branch.opens, branch.closes, ZoneInfo(branch.time_zone))


def _begin(row: Conversation, at: datetime) -> None:
    until = _promise(row.branch, at)
    Wait.objects.create(conversation=row, branch=row.branch, since=at, promised_until=until)
    row.needs_answer, row.awaits_patient = True, False
    row.waiting_since, row.promised_until = at, until
    if row.assigned_to_id is None and house().hand_out:
        record(NobodyAnswers(patient_id=row.patient_id, conversation_id=row.pk))


def _end(row: Conversation, staff: Staff | None, ending: Ending) -> None:
    if row.needs_answer:
        Wait.objects.filter(conversation=row, ended_at=None).update(ended_at=now(), ended_by=staff, ending=ending)
    row.needs_answer, row.waiting_since, row.promised_until, row.urgent = False, None, None, False


def _save(row: Conversation, thread: Conversation, *more: str) -> None:
    row.save(update_fields=[*TURN, *more])
    for name in (*TURN, *more):  # whoever holds the thread goes on with what is true
        setattr(thread, name, getattr(row, name))
