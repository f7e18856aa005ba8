"""The way on into a messenger: a link and a QR code for each that is connected. Who is known gets a link that knows
them; a stranger the plain one."""

from __future__ import annotations

from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from priyom.contracts.card import Card, Sort
from priyom.delivery.models import Account
from priyom.notifications.ways import Use, candidates
from priyom.patients.linking import make_token
from priyom.patients.models import Kind, Patient
from priyom.portal.site_chat.entrance import answers, poster
from priyom.portal.site_chat.rules import GO_ON
from priyom.portal.site_chat.tally import count
from priyom.portal.site_chat.visitor import patient_of


@answers
@require_POST
def messengers(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /chat/<key>/messengers`: [{"title", "url", "qr"}]; `qr` is inline SVG. A POST, for it makes tokens."""
    caller = poster(request, key)
    count("go_on", GO_ON, request, caller.account.pk, caller.visitor)
    patient = patient_of(caller)
    return JsonResponse({"messengers": [_shown(account, card, patient) for account, card in offered()]})


def offered() -> list[tuple[Account, Card]]:
    """One account of each messenger that has an address people can open."""
    found: dict[str, tuple[Account, Card]] = {}
    for account, card in candidates(Use.TALK):
        linked = card.sort is Sort.MESSENGER and card.deep_link and account.bot_name
        if linked and card.contact_kind != Kind.WEBCHAT:
            found.setdefault(card.contact_kind, (account, card))
    return list(found.values())


def _shown(account: Account, card: Card, patient: Patient | None) -> dict[str, Any]:
    plain = card.deep_link.split("?")[0]
    url = (card.deep_link if patient else plain).format(
        bot=account.bot_name, token=make_token(patient) if patient else ""
    )
    return {
        "title": card.title,
        "url": url,
        "qr": segno.make(url, error="m").svg_inline(border=0, scale=4, omitsize=True),
    }
