"""The proof by phone of who writes in an unknown chat: a code by SMS to the patient's own number, told back in the chat
or to whoever asks. A number alone says nothing: everybody may type another's."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from priyom.clinic.models import Staff
from priyom.contracts.card import Card, Sort
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.inbox.chat import Chat
from priyom.inbox.link import linked
from priyom.inbox.link_models import LinkCode
from priyom.inbox.models import Conversation
from priyom.notifications.ways import Use, candidates
from priyom.patients.linking import attach
from priyom.patients.models import ContactPoint

DIGITS = 5
TRIES = 3
LIVES = timedelta(minutes=10)
MOST = ((timedelta(hours=1), 3), (timedelta(days=1), 5))
"""So many codes to one number within so long: each costs money, and its owner did not ask for it."""
CODE = re.compile(r"\D*(\d{5})\D*")
TEXT = {
    "ru": "Код {code}: напишите его в чате с клиникой, чтобы мы узнали вас. Если вы нам не писали, не отвечайте.",
    "kk": "Код {code}: сізді тануымыз үшін клиникамен чатта жазыңыз. Бізге жазбаған болсаңыз, жауап бермеңіз.",
}


class NoSms(Exception):
    """No account can send a code to this number."""


class TooOften(Exception):
    """This number got enough codes for now."""


@transaction.atomic
def send(thread: Conversation, point: ContactPoint, staff: Staff) -> LinkCode:
    """A fresh code to the patient's number; an earlier one of this chat is void. Raises NoSms, TooOften."""
    account = way(point.address)
    if account is None:
        raise NoSms
    at = now()
    for window, most in MOST:
        if LinkCode.objects.filter(phone=point.address, at__gt=at - window).count() >= most:
            raise TooOften
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    LinkCode.objects.filter(conversation=thread, expires_at__gt=at).update(expires_at=at)
    made = LinkCode.objects.create(
        conversation=thread, patient_id=point.patient_id, phone=point.address, digest=_digest(thread.pk, code),
        by=staff, at=at, expires_at=at + LIVES,
    )  # fmt: skip
    body = {"text": TEXT.get(point.patient.language, TEXT["ru"]).format(code=code)}
    # Of no patient: a code that stood in their thread would prove nothing.
    enqueue(Order(account.pk, point.address, body, "system", goal="delivered", expires_at=at + LIVES))
    return made


def way(phone: str) -> Account | None:
    """The account a code to this number goes out over; None when there is none."""

    def takes(account: Account, card: Card) -> bool:
        return card.sort is Sort.SMS and (card.reaches is None or card.reaches(account.settings, phone))

    return next((account for account, card in candidates(Use.NOTIFY) if takes(account, card)), None)


def standing(thread: Conversation) -> LinkCode | None:
    """The code that is waited for in this chat."""
    row = LinkCode.objects.filter(conversation=thread).select_related("patient").order_by("-pk").first()
    return row if row is not None and row.expires_at > now() and row.tries < TRIES else None


@transaction.atomic
def prove(thread: Conversation, text: str) -> ContactPoint | None:
    """The contact point the chat becomes when the code is right; None when it is not, or none is waited for."""
    row = LinkCode.objects.select_for_update().filter(conversation=thread).order_by("-pk").first()
    found = CODE.fullmatch(text.strip())
    if row is None or found is None or thread.account is None or row.expires_at <= now() or row.tries >= TRIES:
        return None
    if not hmac.compare_digest(row.digest, _digest(thread.pk, found[1])):
        row.tries += 1
        row.save(update_fields=["tries"])
        return None
    chat = Chat.of(thread.account, thread.address, thread.name)
    point = attach(row.patient, find_channel(chat.account.channel).card.contact_kind, chat.address, "phone")
    linked(chat, point)
    return point


def told(chat: Chat, text: str) -> bool:
    """Whether what was said in an unknown chat is the code we wait for there: then the chat is the patient's by now."""
    if chat.points or CODE.fullmatch(text.strip()) is None:
        return False
    thread = Conversation.objects.filter(patient=None, account=chat.account, address=chat.address).first()
    return thread is not None and prove(thread, text) is not None


def _digest(thread_id: int, code: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"link:{thread_id}:{code}".encode(), hashlib.sha256).hexdigest()
