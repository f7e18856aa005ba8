"""Conversations: the list, one thread over all channels, the composer, and unknown chats to be tied to a patient."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation
from priyom.inbox.read import read, settle, unsettle
from priyom.inbox.reply import reply, where
from priyom.inbox.thread import thread
from priyom.patients import linking
from priyom.web import frame, guard, say
from priyom.web.frame import WORKS, StaffRequest, screen
from priyom.web.patients.beside import beside
from priyom.web.patients.views import search

MOST = 60
MESSAGES = 100
LONGEST = 4000


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
    """`/chats/<id>/messages`: the thread alone, for the live page; `?before=` for earlier ones."""
    conversation = guard.conversation(request.user, conversation_id)
    return render(request, "web/chats/_messages.html", _messages(request, conversation))


@screen(*WORKS)
@require_POST
def send(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """The registrar's answer; it goes where the composer said."""
    conversation = guard.conversation(request.user, conversation_id)
    text = request.POST.get("text", "").strip()
    wrong = ""
    if not text:
        wrong = _("Write something first.")
    elif len(text) > LONGEST:
        wrong = _("The text is too long: %(n)d characters of %(most)d.") % {"n": len(text), "most": LONGEST}
    elif where(conversation) is None:
        wrong = _("There is no channel to write to this patient. Call them, or link a chat.")
    else:
        reply(request.user, conversation, text)
        text = ""
    conversation.refresh_from_db()
    context = {**thread_context(request, conversation), "wrong": wrong, "text": text}
    return frame.told(render(request, "web/chats/_chat.html", context))


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
    context = {**_messages(request, conversation), "route": where(conversation), "text": "", "wrong": ""}
    if conversation.patient is not None:
        context |= beside(request.user, conversation.patient)
    return context


def _messages(request: StaffRequest, conversation: Conversation) -> dict[str, Any]:
    entries = thread(conversation, limit=MESSAGES)
    return {"conversation": conversation, "entries": entries, "zone": frame.zone_of(request)}


def _unknown(request: StaffRequest, conversation_id: int) -> Conversation:
    conversation = guard.conversation(request.user, conversation_id)
    if conversation.patient_id is not None:
        raise Http404
    return conversation


def _list(request: StaffRequest) -> dict[str, Any]:
    show = request.GET.get("show", "")
    chats = guard.conversations(request.user)
    waiting = chats.filter(needs_answer=True)
    chosen = {"waiting": waiting, "unknown": chats.filter(patient=None)}.get(show, chats)
    rows, more = frame.first_page(chosen.order_by("-needs_answer", "-last_at"), MOST)
    return {
        "chats": rows,
        "more": more,
        "show": show,
        "waiting": waiting.count(),
        "unknown": chats.filter(patient=None).count(),
        "zone": frame.zone_of(request),
    }
