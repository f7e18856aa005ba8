"""Call tasks: the last leg of every route that must not fail is a person. A task closes itself on an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from priyom.appointments.change import cancel, confirm, give_up
from priyom.appointments.models import Visit
from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.facts import CallTaskClosed, CallTaskOpened
from priyom.inbox.models import CallTask, TaskState
from priyom.journal.record import record
from priyom.notifications.evidence import signal_words
from priyom.notifications.models import Leg, Notification

TRY_AGAIN = timedelta(minutes=30)


class NotOpen(Exception):
    """The task was closed meanwhile: by a colleague, or by the patient's own answer."""


@transaction.atomic
def open_call_task(visit: Visit, why: str, due_at: datetime, notification: Notification | None = None) -> CallTask:
    """One open task per visit: the one there is, or a new one. Records CallTaskOpened."""
    tried = _tried(visit)
    task, created = CallTask.objects.get_or_create(
        visit=visit, state=TaskState.OPEN,
        defaults={"patient_id": visit.patient_id, "notification": notification, "why": why[:300],
                  "created_at": now(), "due_at": due_at, "tried": tried},
    )  # fmt: skip
    if created:
        record(CallTaskOpened(patient_id=task.patient_id, visit_id=visit.pk, task_id=task.pk, why=why[:300]))
    else:
        task.tried = tried + [entry for entry in task.tried if entry.get("channel") == "call"]
        task.save(update_fields=["tried"])
    return task


def take(task: CallTask, staff: Staff | None, who: str = "") -> None:
    """This member of staff calls; colleagues see it. `who`: the name of one who is known only by their messenger."""
    CallTask.objects.filter(pk=task.pk, state=TaskState.OPEN).update(taken_by=staff, taken_name=_name(staff, who)[:200])


@transaction.atomic
def done(task: CallTask, staff: Staff | None, outcome: str, note: str = "", who: str = "") -> None:
    """The patient was reached. `outcome`: confirmed, cancelled, moved (the move itself is made apart) or other."""
    row = _open(task)
    words = {"confirmed": "придет", "cancelled": "отменил", "moved": "перенес", "other": "другое"}[outcome]
    evidence = f"по телефону, {_name(staff, who)}"
    _close(row, TaskState.DONE, f"{words}. {note}".strip(". ") or words, staff)
    if row.visit_id is None:
        return
    if outcome == "confirmed":
        confirm(row.visit_id, by="staff", channel="call", evidence=evidence)
    elif outcome == "cancelled":
        cancel(row.visit_id, by="staff", channel="call", evidence=evidence, why=note)


@transaction.atomic
def no_answer(task: CallTask, staff: Staff | None, who: str = "") -> None:
    """Nobody picked up: try again later, as long as a call still helps."""
    row, at = _open(task), now()
    row.tried = [*row.tried, _entry(at, "call", _phone(row), f"не ответил, {_name(staff, who)}")]
    row.next_try_at = at + TRY_AGAIN
    row.taken_by, row.taken_name = None, ""
    row.save()


@transaction.atomic
def unreached(task: CallTask, staff: Staff, note: str = "") -> None:
    """Could not be reached: nobody is on this visit any more, it is silent and said so."""
    row = _open(task)
    _close(row, TaskState.UNREACHED, note or "не удалось дозвониться", staff)
    if row.visit_id is not None:
        give_up(row.visit_id)


@transaction.atomic
def close_for_visit(visit_id: int, state: TaskState, result: str) -> None:
    """The task is no longer needed: the patient answered, or the visit moved, fell or is over."""
    for row in CallTask.objects.select_for_update().filter(visit_id=visit_id, state=TaskState.OPEN):
        _close(row, state, result, None)


@transaction.atomic
def close_for_patient(patient_id: int, result: str) -> None:
    """The patient has answered, with words a person has to read: from here the thread goes on, not the phone."""
    for row in CallTask.objects.select_for_update().filter(patient_id=patient_id, state=TaskState.OPEN):
        _close(row, TaskState.ANSWERED, result, None)


def drop_over(at: datetime) -> int:
    """Tasks of visits that have begun: too late to call. How many were dropped."""
    begun = CallTask.objects.filter(state=TaskState.OPEN, visit__starts_at__lte=at)[:200]
    for row in begun:
        with transaction.atomic():
            task = CallTask.objects.select_for_update().get(pk=row.pk)
            if task.state == TaskState.OPEN:
                _close(task, TaskState.DROPPED, "визит уже начался", None)
    return len(begun)


def _name(staff: Staff | None, who: str) -> str:
    return (staff.get_full_name() or staff.username) if staff else who


def _open(task: CallTask) -> CallTask:
    row = CallTask.objects.select_for_update().get(pk=task.pk)
    if row.state != TaskState.OPEN:
        raise NotOpen
    return row


def _close(row: CallTask, state: TaskState, result: str, staff: Staff | None) -> None:
    row.state, row.closed_at, row.closed_by, row.result = state, now(), staff, result[:300]
    row.save()
    record(
        CallTaskClosed(
            patient_id=row.patient_id, visit_id=row.visit_id, task_id=row.pk, state=state.value, result=result[:300]
        )
    )


def _tried(visit: Visit) -> list[dict[str, Any]]:
    legs = (
        Leg.objects.filter(notification__visit=visit, notification__visit_version=visit.version)
        .select_related("account", "delivery")
        .order_by("started_at", "id")
    )
    return [
        _entry(
            leg.started_at, leg.account.channel, leg.address,
            signal_words(leg.account.channel, leg.delivery.signal if leg.delivery else "")
            + (f" ({leg.reason})" if leg.state == "failed" and leg.reason else ""),
        )
        for leg in legs
    ]  # fmt: skip


def _entry(at: datetime, channel: str, address: str, result: str) -> dict[str, Any]:
    return {"at": at.isoformat(), "channel": channel, "address": address, "result": result}


def _phone(row: CallTask) -> str:
    point = row.patient.contacts.filter(kind="phone", removed_at=None).order_by("id").first()
    return point.address if point else ""
