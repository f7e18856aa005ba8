"""`GET /visits`: what is known of a visit, and a day's visits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from priyom.analytics.notifications import routes
from priyom.analytics.standing import Standing, standings
from priyom.analytics.timeline import timeline
from priyom.api.paging import PAGE, cursor, moment_and_number
from priyom.api.problem import ApiProblem
from priyom.api.shapes import (
    ConfirmationShape,
    LegShape,
    MomentShape,
    NamedShape,
    NotificationShape,
    ReachShape,
    VisitPage,
    VisitRow,
    VisitShape,
)
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch
from priyom.foundation.clock import now

router = Router(tags=["visits"])


@router.get("/visits", response=VisitPage, summary="List visits")
def several(
    request: HttpRequest,
    date: date | None = None,
    branch: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> VisitPage:
    """Visits by start. `date`: that day, at each branch by its own clock; `branch`: its id."""
    rows = _visits().filter(history=False)
    if branch:
        rows = rows.filter(branch__external_id=branch)
    if date is not None:
        rows = rows.filter(_on(date, branch))
    if cursor:
        at, number = moment_and_number(cursor)
        rows = rows.filter(Q(starts_at__gt=at) | Q(starts_at=at, pk__gt=number))
    found = list(rows.order_by("starts_at", "pk")[: limit + 1])
    page = found[:limit]
    known = standings(page, now())
    return VisitPage(items=[_row(visit, known[visit.pk]) for visit in page], next=_next(found, limit))


@router.get("/visits/{path:visit_id}", response=VisitShape, summary="One visit")
def one(request: HttpRequest, visit_id: str) -> VisitShape:
    """A visit by the id its source gave it: state, confirmation with its evidence, timeline, notifications."""
    visit = _visits().filter(external_id=visit_id).first()
    if visit is None:
        raise ApiProblem(404, f"Визита «{visit_id}» нет")
    known = standings([visit], now())[visit.pk]
    return VisitShape(
        **_row(visit, known).dict(),
        moved_from=visit.moved_from,
        confirmation=_confirmation(visit),
        next=known.next_text,
        timeline=[
            MomentShape(at=m.at, kind=m.kind, text=m.text, channel=m.channel, signal=m.signal, evidence=m.evidence)
            for m in timeline(visit)
        ],
        notifications=_notifications(visit),
    )


def _visits() -> QuerySet[Visit]:
    return Visit.objects.select_related("patient", "practitioner", "service", "branch")


def _on(day: date, branch: str) -> Q:
    """Visits of a day: each branch has its own midnight."""
    found = Q(pk__in=[])
    places = Branch.objects.filter(external_id=branch) if branch else Branch.objects.all()
    zones: dict[str, list[int]] = {}
    for pk, zone in places.values_list("pk", "time_zone"):
        zones.setdefault(zone, []).append(pk)
    for zone, ids in zones.items():
        start = datetime.combine(day, time.min, ZoneInfo(zone))
        end = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
        found |= Q(branch__in=ids, starts_at__gte=start, starts_at__lt=end)
    return found


def _next(found: list[Visit], limit: int) -> str | None:
    return cursor(found[limit - 1].starts_at, found[limit - 1].pk) if len(found) > limit else None


def _row(visit: Visit, known: Standing) -> VisitRow:
    reach = known.reach
    return VisitRow(
        id=visit.external_id,
        patient=visit.patient.external_id,
        state=visit.state,
        start=visit.starts_at,
        end=visit.ends_at,
        version=visit.version,
        practitioner=NamedShape(id=visit.practitioner.external_id, name=visit.practitioner.name),
        service=NamedShape(id=visit.service.external_id, name=visit.service.name),
        branch=NamedShape(id=visit.branch.external_id, name=visit.branch.name),
        silent=known.silent,
        known=known.known,
        reachability=ReachShape(proven=reach.proven, channels=list(reach.channels), text=reach.text),
    )


def _confirmation(visit: Visit) -> ConfirmationShape | None:
    if visit.confirmed_at is None:
        return None
    return ConfirmationShape(
        by=visit.confirmed_by,
        channel=visit.confirmed_channel,
        evidence=visit.confirmed_evidence,
        at=visit.confirmed_at,
    )


def _notifications(visit: Visit) -> list[NotificationShape]:
    return [
        NotificationShape(
            kind=route.kind,
            state=route.state,
            goal=route.goal,
            reason=route.reason,
            legs=[
                LegShape(
                    channel=leg.channel,
                    address=leg.address,
                    state=leg.state,
                    signal=leg.signal,
                    evidence=leg.evidence,
                    at=leg.at,
                )
                for leg in route.legs
            ],
        )
        for route in routes(visit)
    ]
