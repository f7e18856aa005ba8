"""What went wrong and waits for a person: each with what to do about it. Nothing here is hidden or dropped."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.delivery import incoming
from priyom.delivery.models import Account, Doubt, RawState, RawUpdate
from priyom.journal.models import Pending
from priyom.journal.react import replay
from priyom.web import frame
from priyom.web.accounts import weather
from priyom.web.frame import SETS, StaffRequest, screen

MOST = 50


@screen(*SETS)
def page(request: StaffRequest) -> HttpResponse:
    """`/attention`: three lists and the way to the doubts; the empty ones said in one line."""
    return frame.show(request, "web/attention/page.html", "attention", _context(request))


@screen(*SETS)
@require_POST
def replay_update(request: StaffRequest, update_id: int) -> HttpResponse:
    """Interpret a gateway's update once more."""
    incoming.replay(RawUpdate.objects.get(pk=update_id, state=RawState.FAILED).pk)
    return _again(request, _("The update will be read again."))


@screen(*SETS)
@require_POST
def replay_fact(request: StaffRequest, pending_id: int) -> HttpResponse:
    """Give a parked fact another round of tries."""
    replay(Pending.objects.get(pk=pending_id, parked=True).pk)
    return _again(request, _("The reaction will be tried again."))


def _again(request: StaffRequest, good: str) -> HttpResponse:
    return frame.told(render(request, "web/attention/_lists.html", {**_context(request), "good": good}))


def _context(request: StaffRequest) -> dict[str, Any]:
    updates = RawUpdate.objects.filter(state=RawState.FAILED).select_related("account")
    parked = Pending.objects.filter(parked=True).select_related("fact")
    unwell = Account.objects.exclude(health="ok").filter(enabled=True)
    return {
        "doubts": Doubt.objects.filter(resolved="").count(),
        "updates": list(updates.order_by("-id")[:MOST]),
        "parked": list(parked.order_by("id")[:MOST]),
        "weather": weather.lines(frame.zone_of(request)),
        "days": weather.day_lines(),
        "unwell": list(unwell.order_by("name")),
        "zone": frame.zone_of(request),
        "most": MOST,
    }
