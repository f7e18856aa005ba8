"""Letters to the staff (invitations, forgotten passwords) go over the clinic's own mail account, like all others."""

from __future__ import annotations

from datetime import timedelta

from priyom.contracts import registry
from priyom.contracts.card import Sort
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Purpose
from priyom.foundation.clock import now


def account() -> Account | None:
    """The mail account such letters leave by: a well one before a broken one; None when the clinic sends no mail."""
    mail = [card.key for card in registry.cards() if card.sort is Sort.MAIL]
    found = Account.objects.filter(channel__in=mail, enabled=True).exclude(purpose=Purpose.CAMPAIGNS).order_by("pk")
    return min(found, key=lambda row: row.health != "ok", default=None)


def post(email: str, subject: str, text: str, lasts: timedelta) -> bool:
    """Order the letter; it is not sent any more when its link is over. False: the clinic sends no mail."""
    way = account()
    if way is None:
        return False
    body = {"subject": subject, "text": text}
    enqueue(Order(way.pk, email, body, "system", goal="accepted", expires_at=now() + lasts))
    return True
