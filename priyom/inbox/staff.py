"""What staff say in their own messengers: a fact for whoever wrote to them; it never enters a patient's thread."""

from __future__ import annotations

from functools import singledispatch

from priyom.contracts.events import Event, Pressed, Said, Started
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Delivery, Op
from priyom.foundation.clock import now
from priyom.inbox.facts import StaffSpoke
from priyom.inbox.receive import SPINS, button_of
from priyom.inbox.rules import Choice, understand
from priyom.journal.record import record


@singledispatch
def spoke(event: Event, account: Account) -> bool:
    """Take a person's words; False for what is no person's word (a report), which goes the usual way."""
    return False


@spoke.register
def _(event: Pressed, account: Account) -> bool:
    # In a group the button hangs on a message to the group, and a person of it presses.
    delivery, button = button_of(account, None, event.payload)
    action = button.get("action", "") if button else ""
    if event.press_id:
        body = {"press_id": event.press_id, "text": "" if action else "Эта кнопка устарела"}
        enqueue(
            Order(
                account_id=account.pk, address=event.address, op=Op.PRESS.value, origin="system", body=body,
                expires_at=now() + SPINS,
            )
        )  # fmt: skip
    record(
        StaffSpoke(
            account_id=account.pk, address=event.address, name=event.name[:200], action=action,
            delivery_id=delivery.pk if delivery else None, press_id=event.press_id,
        )
    )  # fmt: skip
    return True


@spoke.register
def _(event: Said, account: Account) -> bool:
    """A digit, or the words of a button, answer the last question asked here."""
    asked = (
        Delivery.objects.filter(account=account, address=event.address, op=Op.SEND, body__has_key="rows")
        .exclude(sent_at=None)
        .order_by("-pk")
        .first()
    )
    buttons = [button for row in asked.body["rows"] for button in row] if asked else []
    action = understand(event.text, [Choice(button["action"]) for button in buttons])
    said = event.text.strip().casefold()
    action = next((b["action"] for b in buttons if b["label"].casefold() == said), action)
    known = action if any(button["action"] == action for button in buttons) else ""
    record(
        StaffSpoke(
            account_id=account.pk, address=event.address, name=event.name[:200], text=event.text[:1000],
            action=known, delivery_id=asked.pk if asked and known else None,
        )
    )  # fmt: skip
    return True


@spoke.register
def _(event: Started, account: Account) -> bool:
    record(
        StaffSpoke(
            account_id=account.pk, address=event.address, name=event.name[:200], started=True,
            payload=event.payload[:200],
        )
    )  # fmt: skip
    return True
