"""`GET /uncertain`: messages of which it is not, or was not, known whether they arrived."""

from __future__ import annotations

from typing import Annotated, Literal

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from priyom.api.paging import PAGE, cursor, moment_and_number
from priyom.api.shapes import DoubtPage, DoubtShape
from priyom.delivery.models import Doubt

router = Router(tags=["uncertain"])
make_cursor = cursor


@router.get("/uncertain", response=DoubtPage, summary="List messages that may not have arrived, or may have twice")
def several(
    request: HttpRequest,
    state: Literal["open", "evidence", "policy", "person", ""] = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> DoubtPage:
    """Doubts, the newest first: open ones, those ended by that, or all."""
    rows = Doubt.objects.select_related("delivery__account", "delivery__patient")
    if state:
        rows = rows.filter(resolved="" if state == "open" else state)
    if cursor:
        at, number = moment_and_number(cursor)
        rows = rows.filter(Q(since__lt=at) | Q(since=at, pk__lt=number))
    found = list(rows.order_by("-since", "-pk")[: limit + 1])
    more = make_cursor(found[limit - 1].since, found[limit - 1].pk) if len(found) > limit else None
    return DoubtPage(items=[_shape(row) for row in found[:limit]], next=more)


def _shape(row: Doubt) -> DoubtShape:
    delivery = row.delivery
    return DoubtShape(
        id=row.pk,
        kind=row.kind,
        since=row.since,
        why=row.why,
        state=row.resolved or "open",
        resolved_at=row.resolved_at,
        how=row.how,
        message=f"d{delivery.pk}",
        patient=delivery.patient.external_id if delivery.patient else None,
        channel=delivery.account.channel,
        account=delivery.account.key,
        address=delivery.address,
        text=str(delivery.body.get("text", "")),
        signal=delivery.signal,
    )
