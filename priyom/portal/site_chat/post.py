"""What a visitor's page posts: counted, then kept raw and answered, exactly as any gateway's webhook is. This is the
address `/hooks/webchat/<key>` of the protocol; it stands here because strangers must not flood what a gateway may."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from priyom.contracts import registry
from priyom.contracts.channel import Request
from priyom.contracts.errors import Forged
from priyom.delivery.accounts import wire
from priyom.delivery.incoming import store
from priyom.portal.site_chat.entrance import Refused, account_of, answers, shown_here
from priyom.portal.site_chat.rules import COME, POST, SAY
from priyom.portal.site_chat.tally import count
from priyom.portal.site_chat.visitor import made_up

MOST = 1024 * 1024
"""Bytes of an update."""
SAYING = (b'"kind":"said"', b'"kind":"phone"')
"""How the page itself writes it; whoever writes otherwise gains the wider limit of other updates and no more."""


@answers
@require_POST
def update(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /hooks/webchat/<key>`: 200 taken, 403 forged, 404 nobody here, 413 too large, 429 too often (with
    `Retry-After`), 503 later."""
    account = account_of(key)
    body = _body(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    came = Request(headers, {}, body)
    receiver, known = registry.channel(account.channel).receiver, wire(account)
    try:
        receiver.verify(known, came)
    except Forged:
        raise Refused(403, "signature") from None
    if not account.settings.get("relay_url"):  # another program counts for itself: all its visitors come from it
        visitor = headers.get("x-priyom-visitor", "").partition(".")[0]
        count("post", POST, request, account.pk, visitor)
        if any(word in body for word in SAYING):
            count("say", SAY, request, account.pk, visitor)
    store(account, came)
    status, kind, content = receiver.answer(came)
    return HttpResponse(content, status=status, content_type=kind)


@answers
@require_POST
def come(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /chat/<key>/visitor`: a new visitor and the key of theirs, for this browser alone."""
    account = shown_here(key)
    count("come", COME, request, account.pk)
    visitor, own = made_up(account)
    return JsonResponse({"visitor": visitor, "key": own})


def _body(request: HttpRequest) -> bytes:
    """The whole body. Raises Refused when it is too large (nothing of it is read when its length is told)."""
    try:
        if int(request.headers.get("content-length") or 0) > min(MOST, settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
            raise Refused(413, "large")
        body = request.body
    except (RequestDataTooBig, ValueError):
        raise Refused(413, "large") from None
    if len(body) > MOST:
        raise Refused(413, "large")
    return body
