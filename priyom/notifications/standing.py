"""Never stale: messages that already stand in a chat are edited when their visit is confirmed, moved or cancelled.

Only where the vendor allows edits; elsewhere the old buttons lose their force, because each names the visit's version.
"""

from __future__ import annotations

from typing import Any

from priyom.appointments.models import Visit
from priyom.contracts.card import Card
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Delivery, DeliveryState, Op
from priyom.notifications.wording import About, cut, label, stamp

CHANGE_ROW = ("move", "cancel")


def settle_standing(visit_id: int, how: str) -> int:
    """Edit what stands: `how` is confirmed, moved or cancelled. The number of edits ordered."""
    standing = list(
        Delivery.objects.select_related("account")
        .filter(visit_id=visit_id, op=Op.SEND, state=DeliveryState.SETTLED, body__has_key="rows")
        .exclude(signal__in=(Signal.FAILED, ""))
        .exclude(provider_id="")
        .order_by("-id")[:20]
    )
    if not standing:
        return 0
    visit = Visit.objects.select_related("patient", "branch", "service", "practitioner").get(pk=visit_id)
    edits = 0
    for delivery in standing:
        card = find_channel(delivery.account.channel).card
        concerned = _concerned(how, delivery.body.get("version"), visit.version)
        if card.edits and concerned and delivery.body.get("settled") != _mark(how, visit):
            _edit(delivery, visit, how, card)
            edits += 1
    return edits


def _concerned(how: str, told: int | None, version: int) -> bool:
    """A confirmation is about messages of this very time, a move about older ones, a cancellation about all."""
    if how == "confirmed":
        return told == version
    return how != "moved" or told is None or told < version


def _mark(how: str, visit: Visit) -> str:
    return f"{how}:{visit.version}"


def _edit(delivery: Delivery, visit: Visit, how: str, card: Card) -> None:
    line = f"\n\n{stamp(how, About(visit.patient, visit))}"
    text = cut(delivery.body["text"], card.text_limit - len(line)) + line
    body: dict[str, Any] = {"text": text, "target": delivery.provider_id}
    if how == "confirmed" and not delivery.body.get("kind", "").startswith("reply_"):
        # A confirmed visit can still be moved or cancelled.
        body["rows"] = [
            [
                {"id": str(n), "label": label(name, visit.patient), "action": f"{name}:{visit.pk}:{visit.version}"}
                for n, name in enumerate(CHANGE_ROW, 1)
            ]
        ]
    enqueue(
        Order(
            account_id=delivery.account_id, address=delivery.address, body=body, op=Op.EDIT.value, origin="system",
            origin_id=delivery.pk, contact_point_id=delivery.contact_point_id, patient_id=delivery.patient_id,
            visit_id=delivery.visit_id,
        )
    )  # fmt: skip
    Delivery.objects.filter(pk=delivery.pk).update(
        edited_text=text, body={**delivery.body, "settled": _mark(how, visit)}
    )
