"""Notes among colleagues in a thread."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.inbox import notes
from priyom.web import guard
from priyom.web.frame import WORKS, StaffRequest, screen

REFRESH = {"HX-Trigger": "fact"}
"""The page asks for its thread at once, without waiting for the stream to tell."""


@screen(*WORKS)
@require_POST
def write(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Write one; `mention` are the colleagues chosen by `@`. What is refused stays typed."""
    conversation = guard.conversation(request.user, conversation_id)
    colleagues = list(guard.colleagues(conversation))
    text = request.POST.get("text", "")
    picked = {int(number) for number in request.POST.getlist("mention") if number.isdecimal() and len(number) < 19}
    among = {one.pk: one.get_full_name() or one.username for one in colleagues}
    try:
        notes.write(request.user, conversation, text, among, picked)
    except ValueError:
        wrong = _("Write something first.")
        if text.strip():
            told = {"n": len(text.strip()), "most": notes.LONGEST}
            wrong = _("The text is too long: %(n)d characters of %(most)d.") % told
        context = {"conversation": conversation, "colleagues": colleagues, "note_text": text, "note_wrong": wrong}
        return render(request, "web/chats/_note.html", context)
    return HttpResponse(status=204, headers=REFRESH)


@screen(*WORKS)
@require_POST
def take_back(request: StaffRequest, conversation_id: int, note_id: int) -> HttpResponse:
    """Take one's own note back."""
    conversation = guard.conversation(request.user, conversation_id)
    try:
        notes.take_back(request.user, conversation, note_id)
    except notes.NotYours as error:
        raise Http404 from error
    return HttpResponse(status=204, headers=REFRESH)
