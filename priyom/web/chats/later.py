"""Answers that have not left yet: shown above the composer, taken back, or sent at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.inbox import later
from priyom.inbox.models import Conversation
from priyom.web import guard
from priyom.web.chats import compose
from priyom.web.chats.hours import waiting, zone
from priyom.web.frame import WORKS, StaffRequest, screen


@screen(*WORKS)
def shown(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/waiting`: what has not left yet, for the live page."""
    conversation = guard.conversation(request.user, conversation_id)
    return render(request, "web/chats/_waiting.html", waiting(request, conversation))


@screen(*WORKS)
@require_POST
def back(request: StaffRequest, conversation_id: int, delivery_id: int) -> HttpResponse:
    """Take it back: its words and files stand in the composer again, before what was typed meanwhile."""
    conversation = guard.conversation(request.user, conversation_id)
    draft = compose.typed(request, conversation)
    try:
        taken = later.take_back(conversation, delivery_id)
    except later.AlreadyLeft:
        return _composer(request, conversation, draft, _("It has left already, and cannot be taken back."))
    text = "\n".join(part for part in (taken.text, draft.text) if part)
    again = compose.Draft(text, (), taken.quoting or draft.quoting, (*taken.files, *draft.kept))
    return _composer(request, conversation, again, at=taken.due_at if taken.chosen else None)


@screen(*WORKS)
@require_POST
def drop(request: StaffRequest, conversation_id: int, delivery_id: int) -> HttpResponse:
    """It shall not be sent after all."""
    conversation = guard.conversation(request.user, conversation_id)
    with suppress(later.AlreadyLeft):  # the thread shows that it has
        later.take_back(conversation, delivery_id)
    return _news(render(request, "web/chats/_waiting.html", waiting(request, conversation)))


@screen(*WORKS)
@require_POST
def at_once(request: StaffRequest, conversation_id: int, delivery_id: int) -> HttpResponse:
    """Let it leave now."""
    conversation = guard.conversation(request.user, conversation_id)
    with suppress(later.AlreadyLeft):  # that is what was wanted
        later.send_now(conversation, delivery_id)
    return _news(render(request, "web/chats/_waiting.html", waiting(request, conversation)))


def _composer(
    request: StaffRequest, conversation: Conversation, draft: compose.Draft, wrong: str = "", at: datetime | None = None
) -> HttpResponse:
    conversation.refresh_from_db()
    context = compose.alone(request, conversation, draft, compose.Wrong(wrong) if wrong else None)
    if at is not None:
        context["hour_at"] = f"{at.astimezone(zone(request, conversation)):%Y-%m-%dT%H:%M}"
    return _news(render(request, "web/chats/_composer.html", context))


def _news(response: HttpResponse) -> HttpResponse:
    response["HX-Trigger"] = "changed, fact"
    return response
