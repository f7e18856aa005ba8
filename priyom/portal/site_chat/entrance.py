"""Who knocks: the account of an address, the visitor behind a signature, the words for a refusal."""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from priyom.contracts import registry
from priyom.contracts.channel import Account as Wire
from priyom.delivery.accounts import wire
from priyom.delivery.models import Account
from priyom.foundation.encryption import WrongKey
from priyom.patients.models import Kind
from priyom.portal.site_chat.tally import TooOften

P = ParamSpec("P")
_SHOWN = re.compile(r"([A-Za-z0-9_-]{16,64})\.([0-9a-f]{64})", re.ASCII)


class Refused(Exception):
    """The answer is a status and a word for the page."""

    def __init__(self, status: int, word: str, **more: object) -> None:
        super().__init__(word)
        self.status, self.said = status, {"error": word, **more}


@dataclass(frozen=True, slots=True)
class Caller:
    """A visitor whose signature was right."""

    account: Account
    wire: Wire
    visitor: str


def answers(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of the page in the frame: no cookie is looked at, refusals are JSON, nothing is stored on the way."""

    @csrf_exempt  # the visitor's signature is the authority; there is no session to ride on
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Refused as refused:
            response = JsonResponse(refused.said, status=refused.status)
        except TooOften as often:
            response = JsonResponse({"error": "often", "seconds": often.seconds}, status=429)
            response["Retry-After"] = str(often.seconds)
        except WrongKey:  # the account's secret cannot be opened now
            response = JsonResponse({"error": "later"}, status=503)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guarded


def account_of(key: str) -> Account:
    """The account of a chat that the portal itself shows. Raises Http404."""
    found = Account.objects.filter(key=key, enabled=True, channel__in=_chats()).first()
    if found is None:
        raise Http404
    return found


def shown_here(key: str) -> Account:
    """The same, unless another program shows its messages. Raises Http404."""
    found = account_of(key)
    if found.settings.get("relay_url"):
        raise Http404
    return found


def reader(request: HttpRequest, key: str) -> Caller:
    """Who asks by GET: the signature is over `read:` and the path with its query. Raises Refused, Http404."""
    return signed(request, key, b"read:" + request.get_full_path().encode())


def poster(request: HttpRequest, key: str) -> Caller:
    """Who posts: the signature is over `update:` and the body, as of an update. Raises Refused, Http404."""
    return signed(request, key, b"update:" + request.body)


def fields(request: HttpRequest) -> dict[str, Any]:
    """The body as one JSON object. Raises Refused."""
    try:
        said: object = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "json") from None
    if not isinstance(said, dict):
        raise Refused(400, "json")
    return said


def signed(request: HttpRequest, key: str, text: bytes) -> Caller:
    """The visitor whose key made `x-priyom-visitor` of this text. Raises Refused, Http404."""
    account = shown_here(key)
    shown = _SHOWN.fullmatch(request.headers.get("x-priyom-visitor", ""))
    if shown is None:
        raise Refused(403, "signature")
    known = wire(account)
    made = hmac.new(visitor_key(account, known, shown[1]).encode(), text, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, shown[2]):
        raise Refused(403, "signature")
    return Caller(account, known, shown[1])


def visitor_key(account: Account, known: Wire, visitor: str) -> str:
    """The key that signs for this visitor alone."""
    receiver: Any = registry.channel(account.channel).receiver
    made: str = receiver.visitor_key(known.hook_secret, visitor)
    return made


def _chats() -> list[str]:
    return [card.key for card in registry.cards() if card.contact_kind == Kind.WEBCHAT]
