"""The door at which gateways knock. A webhook is verified, kept raw, and only then answered; what it means is found out
later, by a worker. So a lost process loses nothing that was answered with «taken», and a repeat changes nothing."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from priyom.contracts import registry
from priyom.contracts.channel import Request
from priyom.contracts.errors import Forged
from priyom.delivery.accounts import wire
from priyom.delivery.incoming import store
from priyom.delivery.models import Account
from priyom.foundation.encryption import WrongKey

LATER = "Секреты этого канала сейчас не открыть: повторите позже\n"


@csrf_exempt
def hook(request: HttpRequest, channel: str, key: str, rest: str = "") -> HttpResponse:
    """`POST /hooks/{channel}/{account key}`: 404 nobody here, 403 forged (nothing kept), 413 too large, 503 our key to
    the account's secrets is lost (nothing kept, to be repeated), else what the vendor takes for «accepted». A body that
    cannot be understood is kept too and shown later. A vendor that has addresses of its own below ours finds `rest` in
    the query as `_path`; GET is for vendors that report by it (`METHODS`) or try the address (`challenge`)."""
    account = Account.objects.filter(channel=channel, key=key).first()
    if account is None or channel not in registry.names():
        return HttpResponse(status=404)
    if request.method == "HEAD":  # a vendor looks whether the address lives
        return HttpResponse(status=200)
    card, receiver = registry.channel(channel).card, registry.channel(channel).receiver
    tried = request.method == "GET" and hasattr(receiver, "challenge")
    if not tried and request.method not in getattr(receiver, "METHODS", ("POST",)):
        return HttpResponseNotAllowed(["POST"])
    body = _body(request, card.hook_limit)
    if body is None:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = {name: request.GET[name] for name in request.GET} | ({"_path": rest} if rest else {})
    came = Request(headers, query, body)
    try:
        known = wire(account)
        if tried:
            status, kind, content = receiver.challenge(known, came)
            return HttpResponse(content, status=status, content_type=kind)
        receiver.verify(known, came)
    except Forged:
        return HttpResponse(status=403)
    except WrongKey:  # nothing is lost as long as the vendor repeats
        return HttpResponse(LATER, status=503, content_type="text/plain; charset=utf-8")
    store(account, came)
    status, kind, content = receiver.reply(known, came) if hasattr(receiver, "reply") else receiver.answer(came)
    return HttpResponse(content, status=status, content_type=kind)


def _body(request: HttpRequest, most: int) -> bytes | None:
    """The whole body; None when it is too large (nothing of it is read when its length is told)."""
    try:
        if int(request.headers.get("content-length") or 0) > most:
            return None
        body = request.body
    except (RequestDataTooBig, ValueError):
        return None
    return body if len(body) <= most else None
