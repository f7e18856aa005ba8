"""A chat: one address on one account, whose it is, and its thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Account, Delivery, Op
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.inbox.models import Conversation
from priyom.inbox.turn import asks, rests
from priyom.patients.linking import points
from priyom.patients.models import ContactPoint, Patient

sql = Statements(Path(__file__).parent / "sql")


@dataclass(frozen=True, slots=True)
class Chat:
    """Where something came from. `points`: every contact point with this address (a family shares a phone)."""

    account: Account
    address: str
    name: str
    points: tuple[ContactPoint, ...]

    @classmethod
    def of(cls, account: Account, address: str, name: str = "") -> Self:
        """The chat of an address, with what is known of it."""
        kind = find_channel(account.channel).card.contact_kind
        return cls(account, address, name, tuple(points(kind, address)))

    def last_sent(self, patient_id: int | None = None) -> Delivery | None:
        """Our last message here that asked something. One whose sending we have not heard the end of counts too: people
        answer more quickly than some gateways do."""
        chat = {"account": self.account.pk, "address": self.address, "patient": patient_id}
        return next(iter(Delivery.objects.raw(sql["last_sent"], chat)), None)

    def point_of(self, patient_id: int | None) -> ContactPoint | None:
        """The contact point of that patient here; the only one when the patient is not known."""
        for point in self.points:
            if point.patient_id == patient_id:
                return point
        return self.points[0] if patient_id is None and len(self.points) == 1 else None

    def whose(self, delivery: Delivery | None) -> ContactPoint | None:
        """Who speaks: the patient of the message answered; else the only one here; else whom we wrote to last."""
        if delivery is not None and delivery.patient_id is not None:
            return self.point_of(delivery.patient_id)
        if len(self.points) == 1:
            return self.points[0]
        last = (
            Delivery.objects.filter(account=self.account, address=self.address, op=Op.SEND, patient__isnull=False)
            .order_by("-id")
            .first()
        )
        return self.point_of(last.patient_id) if last else None


def conversation_of(patient: Patient) -> Conversation:
    """The patient's thread."""
    return _thread_of(patient.pk)


def _thread_of(patient_id: int) -> Conversation:
    known = next(iter(Conversation.objects.raw(sql["thread_of"], {"patient": patient_id})), None)
    return known or Conversation.objects.get_or_create(patient_id=patient_id, defaults={"last_at": now()})[0]


def conversation(chat: Chat, point: ContactPoint | None) -> Conversation:
    """The thread of a chat: the patient's, or the chat's own while nobody is known for it."""
    if point is not None:
        return _thread_of(point.patient_id)
    made, _ = Conversation.objects.get_or_create(
        patient=None, account=chat.account, address=chat.address, defaults={"name": chat.name, "last_at": now()}
    )
    return made


def touch(thread: Conversation, text: str, at: datetime, *, needs_answer: bool, channel: str = "") -> None:
    """The thread has something new; `needs_answer`: a person has to read it; `channel`: where the person said it."""
    values: dict[str, Any] = {"last_at": at, "last_text": text[:200]}
    if channel:
        values["channel"] = channel
    if needs_answer:
        asks(thread, text, at, unread=1, **values)
        return
    Conversation.objects.filter(pk=thread.pk).update(**values)
    for name, value in values.items():
        setattr(thread, name, value)
    if channel and thread.awaits_patient:  # a pressed button or a «thank you»: they have had their turn
        rests(thread, None)
