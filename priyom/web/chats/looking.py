"""Who else has a thread open or writes in it. That the page itself is open its live stream tells; that somebody writes
the composer tells."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from priyom.foundation.clock import now
from priyom.inbox.looking import Looker, others, stops_writing, writes
from priyom.web import guard
from priyom.web.frame import WORKS, StaffRequest, screen

NAMED = 3
"""So many are named, the others counted."""


@screen(*WORKS)
def looking(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/looking`: who else is there, for the live page."""
    found = others(guard.conversation(request.user, conversation_id), request.user)
    context = {
        "writing": _line([one for one in found if one.writing]),
        "watching": _line([one for one in found if not one.writing]),
        "again": int((min(one.until for one in found) - now()) / timedelta(milliseconds=1)) + 50 if found else 0,
    }
    return render(request, "web/chats/_lookers.html", context)


@screen(*WORKS)
@require_POST
def writing(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/writing`: a key was pressed in the composer; `stopped=1`: it was sent, or is empty again."""
    conversation = guard.conversation(request.user, conversation_id)
    if request.POST.get("stopped"):
        stops_writing(conversation, request.user)
    else:
        writes(conversation, request.user)
    return HttpResponse(status=204)


def _line(lookers: list[Looker]) -> dict[str, object]:
    names = ", ".join(one.name for one in lookers[:NAMED])
    return {"count": len(lookers), "names": names, "more": max(0, len(lookers) - NAMED)}
