"""Tell the staff, and take back or mend what was told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from priyom.alerts import words
from priyom.alerts.models import Alert, AlertKind, Recipient
from priyom.clinic.models import Staff
from priyom.contracts.card import Buttons, Card
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, cancel, enqueue
from priyom.delivery.models import Account, DeliveryState, Op
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Note
from priyom.inbox.models import CallTask, Conversation
from priyom.notifications.wording import cut

NUMBERED = "Ответьте {choices}"


def about_task(task: CallTask) -> int:
    """Everybody who wants call tasks of this branch; how many were told."""
    wanted = _active(tasks=True)
    if task.visit is not None:
        wanted = wanted.filter(Q(branch=None) | Q(branch=task.visit.branch))
    told = 0
    for recipient in wanted:
        text = words.of_task(task, details=recipient.details)
        told += _tell(recipient, AlertKind.TASK, text, _rows(task), task=task)
    return told


def about_chat(conversation: Conversation, staff: Staff) -> int:
    """The member of staff a conversation was given to, where they are reached in person."""
    return sum(
        _tell(recipient, AlertKind.CHAT, words.of_chat(conversation, details=recipient.details), [],
              conversation=conversation)
        for recipient in _active(chats=True).filter(staff=staff)
    )  # fmt: skip


def about_note(note: Note, staff: Staff) -> int:
    """A colleague who is named in a note, where they are reached in person."""
    return sum(
        _tell(recipient, AlertKind.CHAT, words.of_note(note, details=recipient.details), [],
              conversation=note.conversation)
        for recipient in _active(chats=True).filter(staff=staff)
    )  # fmt: skip


def about_account(account: Account | None, kind: AlertKind, text: str) -> int:
    """Everybody who wants alarms, over any account but the one in trouble (None: all of them together)."""
    wanted = _active(alarms=True)
    wanted = wanted if account is None else wanted.exclude(account=account)
    return sum(_tell(recipient, kind, text, [], about=account) for recipient in wanted)


def say(recipient: Recipient, text: str) -> int:
    """A plain word to one recipient (a test, an answer); the delivery's id."""
    return _send(recipient.account, recipient.address, {"text": text}, None)


@transaction.atomic
def close(task: CallTask, why: str) -> int:
    """The task needs nobody any more: what has not gone is taken back, what stands says so and loses its buttons."""
    rows = list(Alert.objects.select_for_update(of=("self",)).select_related("delivery", "recipient__account")
                .filter(task=task, closed_at=None))  # fmt: skip
    for row in rows:
        _mend(row, words.closed(row.text, why), [])
        row.closed_at = now()
        row.save(update_fields=["closed_at"])
    return len(rows)


@transaction.atomic
def show_taken(task: CallTask, who: str) -> None:
    """Colleagues see who is calling."""
    for row in Alert.objects.select_related("delivery", "recipient__account").filter(task=task, closed_at=None):
        _mend(row, f"{row.text}\n\n● Звонит {who}", [line for line in _rows(task) if line[0]["id"] != "1"])


def _active(**wants: bool) -> QuerySet[Recipient]:
    return Recipient.objects.select_related("account").filter(active=True, account__enabled=True, **wants)


@transaction.atomic
def _tell(
    recipient: Recipient, kind: AlertKind, text: str, rows: list[list[dict[str, str]]], *,
    task: CallTask | None = None, conversation: Conversation | None = None, about: Account | None = None,
) -> int:  # fmt: skip
    if task is not None and Alert.objects.filter(recipient=recipient, task=task).exists():
        return 0
    alert = Alert.objects.create(
        recipient=recipient, kind=kind, task=task, conversation=conversation, account=about, text=text,
        created_at=now(),
    )  # fmt: skip
    card = find_channel(recipient.account.channel).card
    alert.delivery_id = _send(recipient.account, recipient.address, _body(card, text, rows), alert)
    alert.save(update_fields=["delivery"])
    return 1


def _body(card: Card, text: str, rows: list[list[dict[str, str]]]) -> dict[str, Any]:
    """Buttons where the vendor has them (or writes them in its own way), else digits in the text."""
    body: dict[str, Any] = {"text": cut(text, card.text_limit)}
    if not rows:
        return body
    if card.buttons is Buttons.DIGITS:
        rows = [[button] for row in rows for button in row]
        choices = ", ".join(f"{n} - {row[0]['label'].lower()}" for n, row in enumerate(rows, 1))
        tail = "\n" + NUMBERED.format(choices=choices)
        body["text"] = cut(text, card.text_limit - len(tail)) + tail
    body["rows"] = [[{**button, "label": button["label"][: card.label_limit]} for button in row] for row in rows]
    return body


def _rows(task: CallTask) -> list[list[dict[str, str]]]:
    number = 0
    rows = []
    for line in words.BUTTONS:
        made = []
        for action, label in line:
            number += 1
            made.append({"id": str(number), "label": label, "action": f"{action}:{task.pk}"})
        rows.append(made)
    return rows


def _send(account: Account, address: str, body: dict[str, Any], alert: Alert | None) -> int:
    return enqueue(
        Order(
            account_id=account.pk, address=address, body=body, origin="alert",
            origin_id=alert.pk if alert else None, goal="accepted",
        )
    )  # fmt: skip


def _mend(row: Alert, text: str, rows: Iterable[list[dict[str, str]]]) -> None:
    delivery, account = row.delivery, row.recipient.account
    if delivery is None or cancel([delivery.pk], "больше не нужно"):
        return
    card = find_channel(account.channel).card
    if not card.edits or delivery.state not in (DeliveryState.SETTLED, DeliveryState.SENDING):
        return
    if not delivery.provider_id:
        return
    body = {**_body(card, text, list(rows)), "target": delivery.provider_id}
    enqueue(
        Order(
            account_id=account.pk, address=row.recipient.address, body=body, op=Op.EDIT.value, origin="alert",
            origin_id=row.pk,
        )
    )  # fmt: skip
