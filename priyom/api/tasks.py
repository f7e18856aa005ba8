"""`GET /tasks`: whom a person has to call."""

from __future__ import annotations

from typing import Annotated, Literal

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from priyom.api.paging import PAGE, cursor, moment_and_number
from priyom.api.shapes import TaskPage, TaskShape, TriedShape
from priyom.inbox.models import CallTask

router = Router(tags=["tasks"])
make_cursor = cursor


@router.get("/tasks", response=TaskPage, summary="List call tasks")
def several(
    request: HttpRequest,
    state: Literal["open", "done", "unreached", "answered", "dropped", ""] = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> TaskPage:
    """Call tasks by due time, of one state or all."""
    rows = CallTask.objects.select_related("visit", "patient")
    if state:
        rows = rows.filter(state=state)
    if cursor:
        at, number = moment_and_number(cursor)
        rows = rows.filter(Q(due_at__gt=at) | Q(due_at=at, pk__gt=number))
    found = list(rows.order_by("due_at", "pk")[: limit + 1])
    more = make_cursor(found[limit - 1].due_at, found[limit - 1].pk) if len(found) > limit else None
    return TaskPage(items=[_shape(task) for task in found[:limit]], next=more)


def _shape(task: CallTask) -> TaskShape:
    return TaskShape(
        id=task.pk,
        kind="call",
        state=task.state,
        why=task.why,
        visit=task.visit.external_id if task.visit else None,
        patient=task.patient.external_id,
        due_at=task.due_at,
        tried=[TriedShape(**tried) for tried in task.tried],
        result=task.result,
    )
