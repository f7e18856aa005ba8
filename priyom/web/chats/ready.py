"""Ready answers in a conversation: the list that opens by `/`, and keeping what was written as one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from priyom.inbox import ready
from priyom.inbox.about import language_of, nearest_visit, values_for
from priyom.inbox.models import Conversation
from priyom.web import guard
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.ready.keeping import choices, kept, typed


@screen(*WORKS)
def offered(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/ready`: all that may be answered here at once, filled in; the page narrows it down by itself."""
    conversation = guard.conversation(request.user, conversation_id)
    context = {"conversation": conversation, "ready": ready.offered(request.user, conversation)}
    return render(request, "web/chats/_ready.html", context)


@screen(*WORKS)
@require_POST
def keep(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/ready/keep`: with `text`, the form for what is written in the composer; with `word`, keep it."""
    conversation = guard.conversation(request.user, conversation_id)
    code = language_of(conversation)
    context = {"conversation": conversation, "code": code, "whose": choices(request.user)}
    if "word" in request.POST:
        form = typed(request)
        wrong = kept(request, form)
        return render(request, "web/chats/_keep.html", {**context, "form": form, "wrong": wrong, "done": not wrong})
    text = _without_names(conversation, request.POST.get("text", "").strip()[: ready.LONGEST_TEXT], code)
    return render(request, "web/chats/_keep.html", {**context, "form": {f"text_{code}": text, "whose": "own"}})


def _without_names(conversation: Conversation, text: str, code: str) -> str:
    return ready.unfilled(text, values_for(conversation, nearest_visit(conversation), code))
