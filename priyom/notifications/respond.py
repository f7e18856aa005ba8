"""Answer in the chat where something was just said: one message, at once, no route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from priyom.appointments.models import Visit
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.notifications import catalogue
from priyom.notifications.wording import About, Offer, compose
from priyom.patients.models import ContactPoint


def respond(
    account: Account, point: ContactPoint, kind: str, visit: Visit | None = None, offers: Sequence[Offer] = ()
) -> int:
    """Order the reply to a known patient; the delivery's id."""
    card = find_channel(account.channel).card
    body = compose(kind, About(point.patient, visit, offers=offers), card)
    return _order(account, point.address, body, point, visit)


def respond_unknown(account: Account, address: str, kind: str) -> int:
    """Order a reply to somebody we do not know: both languages, with the contact button where there is one."""
    text = catalogue.text(kind)
    body: dict[str, Any] = {"kind": kind, "text": "\n\n".join(text.full[code] for code in catalogue.LANGUAGES)}
    card = find_channel(account.channel).card
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
