"""Call tasks: the last leg of every route that must not fail is a person. A task closes itself on an answer. What the
people at the desk do with one stands in `call.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from priyom.appointments.models import Visit
from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.facts import CallTaskClosed, CallTaskOpened
from priyom.inbox.models import CallTask, TaskState
from priyom.journal.record import record
from priyom.notifications.evidence import signal_words
from priyom.notifications.models import Leg, Notification


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
        task.tried = tried + [line for line in task.tried if line.get("channel") == "call"]
        task.save(update_fields=["tried"])
    return task


@transaction.atomic
def close_for_visit(visit_id: int, state: TaskState, result: str) -> None:
    """The task is no longer needed: the patient answered, or the visit moved, fell or is over."""
    for row in CallTask.objects.select_for_update().filter(visit_id=visit_id, state=TaskState.OPEN):
        close(row, state, result, None)


@transaction.atomic(savepoint=False)
def close_for_patient(patient_id: int, result: str) -> None:
    """The patient has answered, with words a person has to read: from here the thread goes on, not the phone. What was
    said by phone this very moment is carried out all the same."""
    rows = CallTask.objects.select_for_update().filter(patient_id=patient_id, state=TaskState.OPEN, said_until=None)
    for task_id in rows.values_list("pk", flat=True):
        close(CallTask.objects.get(pk=task_id), TaskState.ANSWERED, result, None)


def drop_over(at: datetime) -> int:
    """Tasks of visits that have begun: too late to call. How many were dropped."""
    begun = CallTask.objects.filter(state=TaskState.OPEN, said_until=None, visit__starts_at__lte=at)[:200]
    for row in begun:
        with transaction.atomic():
            task = CallTask.objects.select_for_update().get(pk=row.pk)
            if task.state == TaskState.OPEN and task.said_until is None:
                close(task, TaskState.DROPPED, "визит уже начался", None)
    return len(begun)


def locked(task: CallTask) -> CallTask:
    """The open task, held until the transaction ends. Raises NotOpen."""
    row = CallTask.objects.select_for_update().get(pk=task.pk)
    if row.state != TaskState.OPEN:
        raise NotOpen
    return row


def close(row: CallTask, state: TaskState, result: str, staff: Staff | None) -> None:
    """End a task that is held. Records CallTaskClosed."""
    row.said, row.said_until = None, None
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
        entry(
            leg.started_at, leg.account.channel, leg.address,
            signal_words(leg.account.channel, leg.delivery.signal if leg.delivery else "")
            + (f" ({leg.reason})" if leg.state == "failed" and leg.reason else ""),
        )
        for leg in legs
    ]  # fmt: skip


def entry(at: datetime, channel: str, address: str, result: str) -> dict[str, Any]:
    """A line of «what was tried»."""
    return {"at": at.isoformat(), "channel": channel, "address": address, "result": result}
