"""The first screen: what must I do now. The list keeps its place while visits open beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from priyom.clinic.models import Branch
from priyom.foundation.clock import now
from priyom.web import frame
from priyom.web.accounts import weather
from priyom.web.frame import SEES, WORKS, StaffRequest, screen
from priyom.web.news.latest import waiting_by_branch
from priyom.web.today import day as days
from priyom.web.visit.views import visit_context


@screen(*SEES)
def page(request: StaffRequest) -> HttpResponse:
    """`/`: the day of a branch; `?visit=` opens one beside the list."""
    branch, branches = frame.branch_of(request)
    if branch is None:
        return frame.show(request, "web/today/no_branch.html", "today", {})
    context = {**_list(request, branch), "branch": branch, "branches": _waiting(request, branches)}
    context |= _tomorrow(request, branch, context)
    visit_id = frame.number(request, "visit")
    if visit_id is not None:
        context |= visit_context(request, visit_id)
    return frame.show(request, "web/today/page.html", "today", context)


@screen(*SEES)
def rows(request: StaffRequest) -> HttpResponse:
    """`/today/rows`: the counts and the list alone, for the live page."""
    branch, _ = frame.branch_of(request)
    if branch is None:
        return HttpResponse()
    return render(request, "web/today/_list.html", {**_list(request, branch), "branch": branch})


def _waiting(request: StaffRequest, choices: list[Branch]) -> list[tuple[Branch, int]]:
    """The branches one may choose, with how many people wait for an answer there."""
    counted = waiting_by_branch(request.user) if len(choices) > 1 and request.user.role in WORKS else {}
    return [(branch, counted.get(branch.pk, 0)) for branch in choices]


def _list(request: StaffRequest, branch: Branch) -> dict[str, Any]:
    zone = ZoneInfo(branch.time_zone)
    chosen = days.pick(request.GET.get("day", ""), zone)
    show, by = request.GET.get("show", ""), request.GET.get("by", "time")
    today = now().astimezone(zone).date()
    return {
        "day": days.load(request.user, branch, chosen, show, by),
        "chosen": chosen,
        "weather": weather.lines(zone) if chosen == today else [],
        "zone": zone,
        "today": today,
        "show": show,
        "by": by,
        "near": [(today - timedelta(1), "yesterday"), (today, "today"), (today + timedelta(1), "tomorrow")],
        "link": _link(branch, chosen, show, by),
        "filters": [("", ""), *((name, name) for name in days.FILTERS)],
    }


def _link(branch: Branch, chosen: date, show: str, by: str) -> dict[str, str]:
    """Addresses of this list with one thing changed."""
    base = {"branch": str(branch.pk), "day": chosen.isoformat(), "show": show, "by": by}
    filters = ("", "unproven", *days.FILTERS)
    made = {f"show_{name}": "?" + urlencode({**base, "show": name}) for name in filters}
    made |= {f"by_{name}": "?" + urlencode({**base, "by": name}) for name in ("time", "doctor")}
    return made | {"here": urlencode(base), "days": urlencode({**base, "day": "", "show": ""})}


def _tomorrow(request: StaffRequest, branch: Branch, context: dict[str, Any]) -> dict[str, Any]:
    """How many of tomorrow's visits have no proven live channel, said on today's page too."""
    tomorrow = context["today"] + timedelta(days=1)
    if context["chosen"] != context["today"]:
        return {}
    count = days.load(request.user, branch, tomorrow, "", "time").unproven
    query = {"branch": branch.pk, "day": tomorrow.isoformat(), "show": "unproven"}
    return {"unproven_tomorrow": count, "unproven_link": "?" + urlencode(query)}
