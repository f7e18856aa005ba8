"""The choice of the way an answer takes, and approved texts where free words are not taken."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.inbox.approved import NotApproved, Unfilled, send_approved
from priyom.inbox.later import moment_to_undo
from priyom.inbox.models import Conversation
from priyom.inbox.reply import NowhereToWrite
from priyom.inbox.routes import choices, choose_way, where
from priyom.web import guard
from priyom.web.chats import compose, pieces
from priyom.web.frame import WORKS, StaffRequest, screen


@screen(*WORKS)
def ways(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/ways`: every way to this person, with what it costs and what stands against it."""
    conversation = guard.conversation(request.user, conversation_id)
    return render(request, "web/chats/_ways.html", {"conversation": conversation, "ways": choices(conversation)})


@screen(*WORKS)
@require_POST
def way(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Answer that way from now on: `key` names it, or `n`, its number in the list. The composer, laid out for it."""
    conversation = guard.conversation(request.user, conversation_id)
    key, number = request.POST.get("key", ""), request.POST.get("n", "")
    if number:
        usable = [one.route.key for one in choices(conversation) if one.usable]
        key = usable[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(usable) else ""
    wrong = None
    if key and not choose_way(conversation, key) and conversation.patient_id is not None:
        wrong = compose.Wrong(_("This way is not open any more."))
    draft = compose.typed(request, conversation)
    context = compose.alone(request, conversation, draft, wrong)
    return _news(render(request, "web/chats/_composer.html", context))


@screen(*WORKS)
def approved(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/approved?kind=`: one approved text, filled in, to look at before it goes."""
    conversation = guard.conversation(request.user, conversation_id)
    route = where(conversation)
    if route is None:
        raise Http404
    context = pieces.closed(conversation, route, request.GET.get("kind", ""))
    return render(request, "web/chats/_approved.html", {"conversation": conversation, "route": route, **context})


@screen(*WORKS)
@require_POST
def approved_send(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Send it as it was shown."""
    conversation = guard.conversation(request.user, conversation_id)
    values = {name.removeprefix("v."): str(value) for name, value in request.POST.items() if name.startswith("v.")}
    wrong = ""
    try:
        send_approved(request.user, conversation, request.POST.get("kind", ""), values, moment_to_undo())
    except Unfilled:
        wrong = _("Fill in every place of the text.")
    except (NotApproved, NowhereToWrite):
        wrong = _("This text cannot go there any more. Choose another one.")
    return _news(_composer(request, conversation, wrong))


def _composer(request: StaffRequest, conversation: Conversation, wrong: str) -> HttpResponse:
    conversation.refresh_from_db()
    context = compose.alone(request, conversation, None, compose.Wrong(wrong) if wrong else None)
    return render(request, "web/chats/_composer.html", context)


def _news(response: HttpResponse) -> HttpResponse:
    response["HX-Trigger"] = "changed, fact"
    return response
