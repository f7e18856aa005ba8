"""The proof of a phone number: a short code by SMS, typed in here. Only then the chat is tied to the patient who has
the number; a number alone says nothing, for everybody may type another's."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from priyom.contracts.card import Card, Sort
from priyom.contracts.events import SharedPhone
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.foundation.phone import BadPhone, normalize, show
from priyom.inbox.chat import Chat
from priyom.inbox.receive import shared_phone
from priyom.notifications.ways import Use, candidates
from priyom.portal.models import PhoneCode
from priyom.portal.site_chat.entrance import Caller, Refused, answers, fields, poster
from priyom.portal.site_chat.rules import (
    CODE,
    CODE_DIGITS,
    CODE_LIVES,
    CODE_TRIES,
    CODES_TO_NUMBER,
    CODES_TO_NUMBER_A_DAY,
    gets_code,
)
from priyom.portal.site_chat.tally import count, once
from priyom.portal.site_chat.visitor import is_known
from priyom.portal.site_chat.words import lines


@answers
@require_POST
def ask(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /chat/<key>/phone` {"number", "language"}: a code goes out by SMS. 400 no such number, 429 too often, 409
    no SMS account is well."""
    caller = poster(request, key)
    said = fields(request)
    phone = _number(str(said.get("number", ""))[:40])
    route = _route(phone)
    if route is None:
        raise Refused(409, "sms")
    count("code", CODE, request, caller.account.pk, caller.visitor)
    once(f"code:{_digest(phone)}", CODES_TO_NUMBER)
    once(f"codes:{_digest(phone)}", CODES_TO_NUMBER_A_DAY)
    send(caller, phone, route, str(said.get("language", "")))
    return JsonResponse({"phone": show(phone), "seconds": int(CODE_LIVES.total_seconds())})


@answers
@require_POST
def prove(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /chat/<key>/code` {"code"}: 200 {"known"}; 400 wrong, with the tries `left`; 410 no code stands."""
    caller = poster(request, key)
    left = check(caller, str(fields(request).get("code", "")))
    if left is None:
        return JsonResponse({"known": is_known(caller)})
    raise Refused(400, "code", left=left) if left else Refused(410, "code")


def can_prove() -> bool:
    """Whether there is an SMS account to send a code with."""
    return any(card.sort is Sort.SMS for _, card in candidates(Use.NOTIFY))


@transaction.atomic
def send(caller: Caller, phone: str, account: Account, language: str) -> None:
    """Make a code and order its SMS; an earlier one of this visitor is void."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    until = now() + CODE_LIVES
    values = {"phone": phone, "digest": _digest(f"{caller.visitor}:{code}"), "tries": 0, "expires_at": until}
    PhoneCode.objects.update_or_create(account=caller.account, visitor=caller.visitor, defaults=values)
    body = {"text": lines(language).code_sms.format(code=code)}
    enqueue(Order(account.pk, phone, body, "system", goal="delivered", expires_at=until))


@transaction.atomic
def check(caller: Caller, code: str) -> int | None:
    """None when the code is right: the number is the visitor's own, and the inbox is told. Else the tries left."""
    row = PhoneCode.objects.select_for_update().filter(account=caller.account, visitor=caller.visitor).first()
    if row is None or row.expires_at <= now() or row.tries >= CODE_TRIES:
        return 0
    digits = "".join(char for char in code if char.isdigit())
    if not hmac.compare_digest(row.digest, _digest(f"{caller.visitor}:{digits}")):
        row.tries += 1
        row.save(update_fields=["tries"])
        return CODE_TRIES - row.tries
    own = SharedPhone(caller.visitor, row.phone, True, f"{caller.visitor}.{row.digest[:32]}")
    row.delete()
    shared_phone(Chat.of(caller.account, caller.visitor), own, None)
    return None


def _number(text: str) -> str:
    try:
        phone = normalize(text)
    except BadPhone:
        raise Refused(400, "number") from None
    if not gets_code(phone):
        raise Refused(400, "number")
    return phone


def _route(phone: str) -> Account | None:
    def takes(account: Account, card: Card) -> bool:
        return card.sort is Sort.SMS and (card.reaches is None or card.reaches(account.settings, phone))

    return next((account for account, card in candidates(Use.NOTIFY) if takes(account, card)), None)


def _digest(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"chat:{text}".encode(), hashlib.sha256).hexdigest()
