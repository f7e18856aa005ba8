"""Give a thread to a colleague, with a word for them; take it; or leave it to whoever comes first."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from priyom.inbox.assign import assign
from priyom.web import guard
from priyom.web.chats import views
from priyom.web.frame import WORKS, StaffRequest, screen

LONGEST = 1000


@screen(*WORKS)
@require_POST
def give(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """Pass the thread on: `staff` is one of those who may have it, or nobody; `note` is what they shall know."""
    conversation = guard.conversation(request.user, conversation_id)
    chosen = request.POST.get("staff", "")
    to = next((one for one in guard.colleagues(conversation) if str(one.pk) == chosen), None)
    if chosen and to is None:
        raise Http404
    assign(conversation, to, request.user, request.POST.get("note", "").strip()[:LONGEST])
    return views.changed(request, conversation_id)
