"""A message that did not arrive, once more on another channel."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from priyom.delivery.models import Delivery
from priyom.inbox.again import NotToBeSent, OtherWay, send_again
from priyom.web import guard
from priyom.web.chats.notes import REFRESH
from priyom.web.frame import WORKS, StaffRequest, screen


@screen(*WORKS)
@require_POST
def again(request: StaffRequest, conversation_id: int, delivery_id: int) -> HttpResponse:
    """`account` is the way that was offered. Why not, in words, when it cannot be sent that way any more."""
    conversation = guard.conversation(request.user, conversation_id)
    account = request.POST.get("account", "")
    if not account.isdecimal() or len(account) > 18:
        raise Http404
    try:
        send_again(request.user, conversation, delivery_id, int(account))
    except Delivery.DoesNotExist as error:
        raise Http404 from error
    except NotToBeSent:
        return _wrong(_("It was sent again already."))
    except OtherWay:
        return _wrong(_("This way has just closed. Look again, and choose another one."))
    return HttpResponse(status=204, headers=REFRESH | {"HX-Trigger-After-Settle": "changed"})


def _wrong(words: str) -> HttpResponse:
    return HttpResponse(format_html('<span class="wrong" role="alert">{}</span>', words))
