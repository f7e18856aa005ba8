"""Conversations: the list, one thread over all channels, the composer, and unknown chats to be tied to a patient."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from priyom.foundation.clock import now
from priyom.inbox.assign import assign
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation
from priyom.inbox.read import read, settle, unsettle
from priyom.inbox.reply import where
from priyom.inbox.thread import thread
from priyom.patients import linking
from priyom.web import frame, guard, say
from priyom.web.chats import compose
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside
from priyom.web.patients.views import search

MOST = 60
MESSAGES = 100
TYPING_LASTS = timedelta(seconds=6)


@screen(*WORKS)
def page(request: StaffRequest) -> HttpResponse:
    """`/chats`: the list; `?chat=` opens one beside it."""
    context = _list(request)
    conversation_id = frame.number(request, "chat")
    if conversation_id is not None:
        context |= thread_context(request, guard.conversation(request.user, conversation_id))
    return frame.show(request, "web/chats/page.html", "chats", context)


@screen(*WORKS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/chats/rows`: the list alone, for the live page."""
    return render(request, "web/chats/_list.html", _list(request))


@screen(*WORKS)
def chat(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>`: a page, or the part beside the list. Opening it marks it read."""
    conversation = guard.conversation(request.user, conversation_id)
    if conversation.unread:
        read(conversation)
    context = thread_context(request, conversation)
    if frame.part(request):
        return frame.told(render(request, "web/chats/_chat.html", context))
    return frame.show(request, "web/chats/page.html", "chats", {**_list(request), **context})


@screen(*WORKS)
def messages(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/messages`: the thread alone, for the live page."""
    conversation = guard.conversation(request.user, conversation_id)
    if conversation.unread:  # somebody is looking at it
        read(conversation)
    return render(request, "web/chats/_messages.html", _messages(request, conversation))


@screen(*WORKS)
@require_POST
def send(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """The registrar's answer, perhaps with files; it goes where the composer said. What is refused stays typed."""
    conversation = guard.conversation(request.user, conversation_id)
    draft = compose.typed(request)
    wrong = compose.send(request, conversation, draft)
    conversation.refresh_from_db()
    context = thread_context(request, conversation)
    if wrong:
        context |= compose.composer(conversation, draft, wrong)
    return frame.told(render(request, "web/chats/_chat.html", context))


@screen(*WORKS)
@require_POST
def give(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Pass the thread on: `staff` is one of those who may have it, or nobody."""
    conversation = guard.conversation(request.user, conversation_id)
    chosen = request.POST.get("staff", "")
    to = next((one for one in guard.colleagues(conversation) if str(one.pk) == chosen), None)
    if chosen and to is None:
        raise Http404
    assign(conversation, to, request.user)
    return _changed(request, conversation_id)


@screen(*WORKS)
@require_POST
def done(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Nothing to answer here: the chat leaves the top of the list."""
    conversation = guard.conversation(request.user, conversation_id)
    settle(conversation)
    return _changed(request, conversation_id, settled=True)


@screen(*WORKS)
@require_POST
def undo(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Take «nothing to answer» back."""
    unsettle(guard.conversation(request.user, conversation_id))
    return _changed(request, conversation_id)


@screen(*WORKS)
def of_patient(request: StaffRequest, patient_id: int) -> HttpResponse:
    """`/chats/patient/<id>`: the patient's thread, begun when there is none."""
    patient = guard.patient(request.user, patient_id)
    return HttpResponseRedirect(reverse("web:chat", args=[conversation_of(patient).pk]))


@screen(*WORKS)
def who(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/who?q=`: patients this unknown chat may belong to."""
    conversation = _unknown(request, conversation_id)
    text = request.GET.get("q", "").strip()[:100]
    found = list(search(request.user, text).prefetch_related("contacts")[:8]) if len(text) >= 2 else []
    return render(request, "web/chats/_who.html", {"conversation": conversation, "found": found, "q": text})


@screen(*WORKS)
@require_POST
def attach(request: StaffRequest, conversation_id: int, patient_id: int) -> HttpResponse:
    """This chat is this patient's: a person has said so."""
    conversation = _unknown(request, conversation_id)
    patient = guard.patient(request.user, patient_id)
    assert conversation.account is not None
    card = say.card(conversation.account.channel)
    if card is None:
        raise Http404
    linking.attach(patient, card.contact_kind, conversation.address, "staff")
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("web:chat_of", args=[patient.pk])
    return response


def _changed(request: StaffRequest, conversation_id: int, settled: bool = False) -> HttpResponse:
    conversation = guard.conversation(request.user, conversation_id)
    context = {**thread_context(request, conversation), "settled": settled}
    return frame.told(render(request, "web/chats/_chat.html", context))


def thread_context(request: StaffRequest, conversation: Conversation) -> dict[str, Any]:
    """Everything the part beside the list shows of one conversation."""
    context = {**_messages(request, conversation), **compose.composer(conversation)}
    context["colleagues"] = list(guard.colleagues(conversation))
    if conversation.patient is not None:
        context |= beside(request.user, conversation.patient)
    return context


def _messages(request: StaffRequest, conversation: Conversation) -> dict[str, Any]:
    entries = thread(conversation, limit=MESSAGES)
    route = where(conversation)
    return {
        "conversation": conversation,
        "entries": entries,
        "quotes": {m.provider_id: m.text or m.files[0].name for m in entries if m.provider_id and (m.text or m.files)},
        "quotable": route if route is not None and route.card.replies and not route.closed else None,
        "mark": compose.mark(route),
        "typing": _typing(conversation),
        "zone": frame.zone_of(request),
    }


def _typing(conversation: Conversation) -> int:
    """For how many more milliseconds the person counts as writing; 0 when they do not, or have just sent it."""
    at = conversation.typing_at
    if at is None or at < conversation.last_at:
        return 0
    return max(0, int((at + TYPING_LASTS - now()) / timedelta(milliseconds=1)))


def _unknown(request: StaffRequest, conversation_id: int) -> Conversation:
    conversation = guard.conversation(request.user, conversation_id)
    if conversation.patient_id is not None:
        raise Http404
    return conversation


def _list(request: StaffRequest) -> dict[str, Any]:
    show = request.GET.get("show", "")
    chats = guard.conversations(request.user)
    waiting = chats.filter(needs_answer=True)
    mine = chats.filter(assigned_to=request.user)
    chosen = {"waiting": waiting, "mine": mine, "unknown": chats.filter(patient=None)}.get(show, chats)
    rows, more = frame.first_page(chosen.order_by("-needs_answer", "-last_at"), MOST)
    return {
        "chats": rows,
        "more": more,
        "show": show,
        "waiting": waiting.count(),
        "mine": mine.count(),
        "unknown": chats.filter(patient=None).count(),
        "zone": frame.zone_of(request),
    }
