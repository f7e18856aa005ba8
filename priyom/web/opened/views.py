"""The log of openings: by patient, by person, by day; the newest first, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from priyom.clinic.models import Staff
from priyom.patients.models import Opened, Patient
from priyom.patients.opened import openings
from priyom.web import frame
from priyom.web.frame import SETS, StaffRequest, screen
from priyom.web.patients.views import search
from priyom.web.patients.words import places

SHOWN = 100
ALIKE = 50
"""By a name or phone, so many patients at most are looked for."""


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/opened?patient=&staff=&day=&q=`."""
    return frame.show(request, "web/opened/page.html", "opened", {**_rows(request), **_filters(request)})


@screen(*SETS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/opened/rows?...&before=&row=`: the next page of the same."""
    return render(request, "web/opened/_rows.html", _rows(request))


def _filters(request: StaffRequest) -> dict[str, Any]:
    return {"people": Staff.objects.order_by("last_name", "first_name", "username")}


def _rows(request: StaffRequest) -> dict[str, Any]:
    zone = frame.zone_of(request)
    patient_id, staff_id = frame.number(request, "patient"), frame.number(request, "staff")
    patient = Patient.objects.get(pk=patient_id) if patient_id is not None else None
    text, day = request.GET.get("q", "").strip()[:100], request.GET.get("day", "")
    found = openings(patient)
    if staff_id is not None:
        found = found.filter(staff=staff_id)
    if text and patient is None:
        found = found.filter(patient__in=list(search(request.user, text).values_list("pk", flat=True)[:ALIKE]))
    if day:
        first = datetime.combine(_day(day), time(), zone).astimezone(UTC)
        found = found.filter(at__gte=first, at__lt=first + timedelta(days=1))
    listed, more = frame.first_page(_after(request, found), SHOWN)
    asked = request.GET.copy()
    if more:
        asked["before"], asked["row"] = listed[-1].at.isoformat(), str(listed[-1].pk)
    return {
        "rows": listed,
        "next": asked.urlencode() if more else "",
        "zone": zone,
        "patient": patient,
        "chosen": staff_id,
        "day": day,
        "q": text,
        "names": places(),
    }


def _after(request: StaffRequest, found: QuerySet[Opened]) -> QuerySet[Opened]:
    """Behind the last row of the page before."""
    row = frame.number(request, "row")
    if row is None:
        return found
    at = parse_datetime(request.GET.get("before", "").replace(" ", "+"))
    if at is None or at.tzinfo is None:
        raise Http404
    return found.filter(Q(at__lt=at) | Q(at=at, pk__lt=row))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
