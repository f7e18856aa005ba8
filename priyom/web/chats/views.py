"""Conversations: the list, one thread over all channels, the composer, and unknown chats to be tied to a patient."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from priyom.inbox import drafts
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation
from priyom.inbox.read import settle, unsettle
from priyom.web import frame, guard
from priyom.web.chats import compose, linking, messages
from priyom.web.chats.colleagues import colleagues
from priyom.web.chats.queue import listing
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/chats`: the list; `?chat=` opens one beside it."""
    context = listing(request)
    conversation_id = frame.number(request, "chat")
    if conversation_id is not None:
        context |= thread_context(request, guard.conversation(request.user, conversation_id))
    return frame.show(request, "web/chats/page.html", "chats", context)


@screen(*WORKS)
def chat(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>`: a page, or the part beside the list. Opening it marks it read."""
    conversation = guard.conversation(request.user, conversation_id)
    context = thread_context(request, conversation)
    if frame.part(request):
        return frame.told(render(request, "web/chats/_chat.html", context))
    return frame.show(request, "web/chats/page.html", "chats", {**listing(request), **context})


@screen(*WORKS)
@require_POST
def send(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """The registrar's answer, perhaps with files; it goes where the composer said. What is refused stays typed."""
    conversation = guard.conversation(request.user, conversation_id)
    draft = compose.typed(request, conversation)
    wrong = compose.send(request, conversation, draft)
    if wrong is None:
        drafts.clear(conversation, request.user)
    conversation.refresh_from_db()
    context = thread_context(request, conversation)
    if wrong is not None:
        context |= compose.composer(request, conversation, draft, wrong)
    return frame.told(render(request, "web/chats/_chat.html", context))


@screen(*WORKS)
@require_POST
def done(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Nothing to answer here: the chat leaves the top of the list."""
    conversation = guard.conversation(request.user, conversation_id)
    settle(conversation, request.user)
    return changed(request, conversation_id, settled=True)


@screen(*WORKS)
@require_POST
def undo(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Take «nothing to answer» back."""
    unsettle(guard.conversation(request.user, conversation_id))
    return changed(request, conversation_id)


@screen(*WORKS)
def of_patient(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`/chats/patient/<id>`: the patient's thread, begun when there is none."""
    patient = guard.patient(request.user, patient_id)
    return HttpResponseRedirect(reverse("web:chat", args=[conversation_of(patient).pk]))


def changed(request: StaffRequest, conversation_id: int, settled: bool = False) -> HttpResponse:
    """The thread anew, after something about it has changed."""
    conversation = guard.conversation(request.user, conversation_id)
    context = {**thread_context(request, conversation), "settled": settled}
    return frame.told(render(request, "web/chats/_chat.html", context))


def thread_context(request: StaffRequest, conversation: Conversation) -> dict[str, Any]:
    """Everything the part beside the list shows of one conversation, with what this person has begun to write."""
    begun = drafts.text_of(conversation, request.user)
    context = messages.opened(request, conversation)
    context |= compose.composer(request, conversation, compose.Draft(begun) if begun else None)
    context |= colleagues(conversation)
    if conversation.patient is not None:
        context |= beside(request.user, conversation.patient, opened="chat")
    else:
        context |= linking.unknown(request.user, conversation)
    return context
