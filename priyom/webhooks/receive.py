"""The webhook door as a view of Django's: it answers where `door.py` does not stand before Django, and gives webhooks
their place in the table of addresses. It decides alike, but keeps each webhook by itself."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from priyom.contracts import registry
from priyom.contracts.card import BadSettings
from priyom.contracts.channel import Request
from priyom.delivery.accounts import wire
from priyom.delivery.incoming import store
from priyom.delivery.models import Account
from priyom.foundation.encryption import WrongKey
from priyom.webhooks import verdict
from priyom.webhooks.verdict import Answer


@csrf_exempt
def hook(request: HttpRequest, channel: str, key: str, rest: str = "") -> HttpResponse:
    """`POST /hooks/{channel}/{account key}`: 404 nobody here, 403 forged (nothing kept), 413 too large, 503 the
    database is away or our key to the account's secrets is lost (to be repeated), else what the vendor takes for
    «accepted». A body that cannot be understood is kept too and shown later. A vendor that has addresses of its own
    below ours finds `rest` in the query as `_path`; GET is for vendors that report by it (`METHODS`) or try the address
    (`challenge`)."""
    try:
        answer = _answer(request, channel, key, rest)
    except OperationalError:
        answer = verdict.AWAY
    return HttpResponse(answer.content, status=answer.status, content_type=answer.kind, headers=dict(answer.headers))


def _answer(request: HttpRequest, channel: str, key: str, rest: str) -> Answer:
    method = request.method or ""
    account = Account.objects.filter(channel=channel, key=key).first()
    if account is None or channel not in registry.names():
        return verdict.NOBODY
    card, receiver = registry.channel(channel).card, registry.channel(channel).receiver
    if answer := verdict.by_method(method, receiver):
        return answer
    body = _body(request, card.hook_limit)
    if body is None:
        return verdict.TOO_LARGE
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = {name: request.GET[name] for name in request.GET} | ({"_path": rest} if rest else {})
    came = Request(headers, query, body)
    try:
        known = wire(account)
    except (WrongKey, BadSettings):  # nothing is lost as long as the vendor repeats
        return verdict.LOCKED
    if answer := verdict.by_proof(method, receiver, known, came):
        return answer
    store(account, came)
    return verdict.accepted(receiver, known, came)


def _body(request: HttpRequest, most: int) -> bytes | None:
    """The whole body; None when it is too large (nothing of it is read when its length is told)."""
    try:
        if int(request.headers.get("content-length") or 0) > most:
            return None
        body = request.body
    except (RequestDataTooBig, ValueError):
        return None
    return body if len(body) <= most else None
