"""Answer in the chat where something was just said: one message, at once, no route."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from priyom.appointments.models import Visit
from priyom.contracts.card import Sort
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.notifications import catalogue
from priyom.notifications.templates import needed
from priyom.notifications.ways import ways, window_until
from priyom.notifications.wording import About, Offer, compose
from priyom.patients.models import ContactPoint

MUTE = (Sort.VOICE, Sort.NOTICE)
"""A call is over when it has been answered, and nobody can be answered in a notice: the reply goes another way."""


def respond(
    account: Account, point: ContactPoint, kind: str, visit: Visit | None = None, offers: Sequence[Offer] = ()
) -> int | None:
    """Order the reply to a known patient; the delivery's id, None when there is no way to write to them."""
    until: datetime | None = None
    if find_channel(account.channel).card.sort in MUTE:
        found = _another_way(point.patient_id)
        if found is None:
            return None
        account, point, until = found
    card = find_channel(account.channel).card
    until = until or window_until(card, now())  # they have just spoken here
    body = compose(kind, About(point.patient, visit, offers=offers), card, window_until=until)
    return _order(account, point.address, body, point, visit)


def _another_way(patient_id: int) -> tuple[Account, ContactPoint, datetime | None] | None:
    for way in ways(patient_id, "service", Signal.ANSWERED):
        account = Account.objects.get(pk=way.account_id)
        if way.sort in MUTE or needed(find_channel(account.channel).card, way.window_until):
            continue
        return account, ContactPoint.objects.select_related("patient").get(pk=way.contact_point_id), way.window_until
    return None


def respond_unknown(account: Account, address: str, kind: str) -> int:
    """Order a reply to somebody we do not know: both languages, with the contact button where there is one."""
    text = catalogue.text(kind)
    body: dict[str, Any] = {"kind": kind, "text": "\n\n".join(text.full[code] for code in catalogue.LANGUAGES)}
    card = find_channel(account.channel).card
    if (until := window_until(card, now())) is not None:
        body["window_until"] = until.isoformat()
    if card.asks_contact and kind.startswith("ask_"):
        body["ask_contact"] = " / ".join(catalogue.BUTTONS["contact"][code] for code in catalogue.LANGUAGES)
    return _order(account, address, body, None, None)


def _order(
    account: Account, address: str, body: dict[str, Any], point: ContactPoint | None, visit: Visit | None
) -> int:
    return enqueue(
        Order(
            account_id=account.pk, address=address, body=body, origin="reply",
            contact_point_id=point.pk if point else None, patient_id=point.patient_id if point else None,
            visit_id=visit.pk if visit else None,
        )
    )  # fmt: skip
