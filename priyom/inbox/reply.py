"""A member of staff answers in the thread: on the channel where the patient last spoke."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.contracts.card import Sort
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.inbox.chat import Chat
from priyom.inbox.models import Conversation, Incoming
from priyom.notifications.ways import ways


class NowhereToWrite(Exception):
    """The patient has no open channel: only a call is left."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an answer will go."""

    account: Account
    address: str
    channel_title: str
    contact_point_id: int | None
    costs: bool
    """True where each message costs money (SMS)."""


def where(conversation: Conversation) -> Route | None:
    """Where the answer will go: where the person last wrote, if still open; else the best open way; None: nowhere."""
    if conversation.patient_id is None:
        assert conversation.account is not None
        return _route(conversation.account, conversation.address, None)
    last = Incoming.objects.filter(conversation=conversation).select_related("account").order_by("-id").first()
    if last is not None and last.account.enabled and last.action != "stop":
        point = Chat.of(last.account, last.address).point_of(conversation.patient_id)
        # Whoever writes to us may be answered there, also after «стоп»; not where they have closed the chat.
        if point is not None and not point.reaches.filter(channel=last.account.channel).exclude(lost="").exists():
            return _route(last.account, last.address, point.pk)
    open_ways = ways(conversation.patient_id, "service", "delivered")
    if not open_ways:
        return None
    return _route(Account.objects.get(pk=open_ways[0].account_id), open_ways[0].address, open_ways[0].contact_point_id)


@transaction.atomic
def reply(staff: Staff, conversation: Conversation, text: str) -> int:
    """Send a text; the delivery's id. Raises NowhereToWrite, ValueError for an empty text."""
    text = text.strip()
    if not text:
        raise ValueError("пустое сообщение")
    route = where(conversation)
    if route is None:
        raise NowhereToWrite
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    thread.last_at, thread.last_text = now(), text[:200]
    thread.unread, thread.needs_answer = 0, False
    thread.save()
    return enqueue(
        Order(
            account_id=route.account.pk, address=route.address, body={"text": text}, origin="staff",
            origin_id=staff.pk, contact_point_id=route.contact_point_id, patient_id=conversation.patient_id,
        )
    )  # fmt: skip


def _route(account: Account, address: str, contact_point_id: int | None) -> Route:
    card = find_channel(account.channel).card
    return Route(account, address, card.title, contact_point_id, card.sort in (Sort.SMS, Sort.VOICE))
