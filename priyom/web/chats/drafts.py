"""What is being written in the composer, kept while it is."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from priyom.inbox import drafts
from priyom.web import guard
from priyom.web.frame import WORKS, StaffRequest, screen


@screen(*WORKS)
@require_POST
def keep(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/draft`: `text` stands there now; blank: nothing does."""
    drafts.keep(guard.conversation(request.user, conversation_id), request.user, request.POST.get("text", ""))
    return HttpResponse(status=204)
