"""The supervisor's view: who waits longest, who has what in hand and is there, how quickly answers come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from priyom.analytics import desk
from priyom.clinic.access import branches
from priyom.clinic.house import house
from priyom.clinic.models import Branch, Staff
from priyom.foundation.clock import now
from priyom.inbox.assign import hand_on
from priyom.inbox.models import Conversation
from priyom.inbox.presence import has_left
from priyom.web import frame, say
from priyom.web.chats.colleagues import PRESENCE
from priyom.web.frame import SETS, StaffRequest, screen

HEIGHT = 72
"""Of the highest bar, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour of the chart: where it stands and how high it is, in units of the drawing."""

    hour: int
    many: int
    x: int
    y: int
    height: int


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/desk?branch=&day=`: all branches and today unless told."""
    return frame.show(request, "web/desk/page.html", "desk", _context(request))


@screen(*SETS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/desk/rows`: the figures alone, for the live page."""
    return render(request, "web/desk/_now.html", _context(request))


@screen(*SETS)
@require_POST
def pass_on(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Somebody has left or has a break: what waits for them goes to those who are there."""
    person = Staff.objects.select_related("presence").get(pk=staff_id, is_active=True)
    if not has_left(getattr(person, "presence", None), now()):
        return _told(request, bad=_("%(name)s is at the desk again.") % {"name": _name(person)})
    given, left = hand_on(person, request.user)
    good = ngettext("%(n)d conversation was handed out.", "%(n)d conversations were handed out.", given) % {"n": given}
    if left:
        good += " " + ngettext(
            "%(n)d is nobody's now: nobody is there.", "%(n)d are nobody's now: nobody is there.", left
        ) % {"n": left}
    return _told(request, good=good)


def _told(request: StaffRequest, **words: str) -> HttpResponse:
    return frame.told(render(request, "web/desk/_now.html", {**_context(request), **words}))


def _context(request: StaffRequest) -> dict[str, Any]:
    choices = branches(request.user)
    branch = _branch(request, choices)
    chosen = [branch] if branch else choices
    zone = ZoneInfo(chosen[0].time_zone if chosen else "UTC")
    today = now().astimezone(zone).date()
    day = _day(request, today)
    everywhere = branch is None
    figures = desk.figures(chosen, day, zone, everywhere=everywhere)
    people = desk.loads(chosen, day, zone, everywhere=everywhere)
    names = [(load, PRESENCE[load.state]) for load in people]
    waits = [(row, say.waits(now() - _since(row))) for row in desk.longest(chosen, everywhere=everywhere)]
    return {
        "branch": branch, "branches": choices, "day": day, "today": today, "is_today": day == today, "zone": zone,
        "figures": figures, "median": _exactly(figures.median), "ninety": _exactly(figures.ninety),
        "kept_badly": figures.promised > 0 and figures.kept * 10 < figures.promised * 9,
        "people": names, "waits": waits, "at": now(), "bars": _bars(figures.hours),
        "most": max((many for _hour, many in figures.hours), default=0), "hand_out": house().hand_out,
        "width": len(figures.hours) * 24, "height": HEIGHT + 34, "floor": HEIGHT + 16, "under": HEIGHT + 30,
        "query": urlencode({"branch": branch.pk if branch else "", "day": day.isoformat()}),
    }  # fmt: skip


def _branch(request: StaffRequest, choices: list[Branch]) -> Branch | None:
    wanted = request.GET.get("branch", "")
    if not wanted:
        return None
    found = next((one for one in choices if str(one.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def _day(request: StaffRequest, today: date) -> date:
    text = request.GET.get("day", "")
    if not text:
        return today
    try:
        return min(today, date.fromisoformat(text))
    except ValueError:
        raise Http404 from None


def _bars(hours: tuple[tuple[int, int], ...]) -> list[Bar]:
    """A bar for each hour, the highest one full; an hour without answers is a line."""
    most = max((many for _hour, many in hours), default=0)
    found = []
    for place, (hour, many) in enumerate(hours):
        height = max(1, round(HEIGHT * many / most)) if most else 1
        found.append(Bar(hour, many, place * 24 + 4, HEIGHT + 16 - height, height))
    return found


def _since(row: Conversation) -> datetime:
    return row.waiting_since or row.last_at


def _exactly(length: timedelta | None) -> str:
    return "" if length is None else say.span(length, minutes=True)


def _name(person: Staff) -> str:
    return person.get_full_name() or person.username
