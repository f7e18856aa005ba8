"""A chat becomes a patient's: by a personal link, by a proven number, or because a member of staff says so."""

from __future__ import annotations

from django.db import transaction

from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Delivery
from priyom.foundation.clock import now
from priyom.inbox.chat import Chat, conversation_of, touch
from priyom.inbox.merge import join_threads
from priyom.inbox.models import Conversation
from priyom.notifications.respond import respond
from priyom.patients import reach
from priyom.patients.linking import attach, by_phone, use_token
from priyom.patients.models import ContactPoint, Patient
from priyom.patients.moves import Moves


def link_by_token(chat: Chat, token: str) -> bool:
    """True when the token was good."""
    point = use_token(token, _kind(chat), chat.address)
    if point is None:
        return False
    linked(chat, point)
    return True


def link_by_phone(chat: Chat, phone: str) -> bool:
    """True when exactly one patient has this number."""
    patients = by_phone(phone)
    if len(patients) != 1:
        return False
    linked(chat, attach(patients[0], _kind(chat), chat.address, "phone"))
    return True


@transaction.atomic
def link_by_staff(thread: Conversation, patient: Patient) -> Conversation:
    """A member of staff says whose the unknown chat is; the patient's thread, with what was said."""
    if thread.account is None:
        raise ValueError("эта переписка уже принадлежит пациенту")
    chat = Chat.of(thread.account, thread.address, thread.name)
    linked(chat, attach(patient, _kind(chat), chat.address, "staff"))
    return conversation_of(patient)


def linked(chat: Chat, point: ContactPoint) -> None:
    """The chat is this patient's: what was said and answered there stands in their thread."""
    at = now()
    reach.opened(point, chat.account.channel, at)
    reach.answered(point, chat.account.channel, at)
    thread = conversation_of(point.patient)
    unknown = Conversation.objects.filter(patient=None, account=chat.account, address=chat.address).first()
    if unknown is not None:
        join_threads(Moves(), thread, unknown)
        unknown.delete()
    ours = Delivery.objects.filter(patient=None, account=chat.account, address=chat.address)
    ours.update(patient=point.patient, contact_point=point)
    touch(thread, "чат привязан", at, needs_answer=False)
    respond(chat.account, point, "reply_linked")


def _kind(chat: Chat) -> str:
    return find_channel(chat.account.channel).card.contact_kind
