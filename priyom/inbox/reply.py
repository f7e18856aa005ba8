"""A member of staff answers in the thread: on the channel where the patient last spoke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.contracts.card import Card, Sort
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Op, StoredFile
from priyom.foundation.clock import now
from priyom.inbox.chat import Chat
from priyom.inbox.late import look_after
from priyom.inbox.models import Conversation, Incoming
from priyom.notifications.templates import needed
from priyom.notifications.ways import Use, ways, window_until

TYPING_LASTS = timedelta(seconds=8)


class NowhereToWrite(Exception):
    """The patient has no open channel: only a call is left."""


class WindowClosed(Exception):
    """The vendor takes free words only for some time after the person wrote; that time is over."""


class CannotCarry(ValueError):
    """The channel does not carry this file; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an answer will go."""

    account: Account
    address: str
    channel_title: str
    contact_point_id: int | None
    costs: bool
    """True where each message costs money (SMS)."""
    card: Card
    closed: bool = False
    """The window for free words is over."""
    open_until: datetime | None = None
    """When that window will be over; None where there is none."""


def where(conversation: Conversation) -> Route | None:
    """Where the answer will go: where the person last wrote, if still open; else the best open way; None: nowhere."""
    last = Incoming.objects.filter(conversation=conversation).select_related("account").order_by("-id").first()
    if conversation.patient_id is None:
        assert conversation.account is not None
        return _route(conversation.account, conversation.address, None, last.at if last else None)
    found = _routes(conversation.patient_id, last)
    # A window that has closed is no way out while another stands open; alone it is shown, with what to do.
    best = next(found, None)
    return next((route for route in found if not route.closed), best) if best is not None and best.closed else best


def _routes(patient_id: int, last: Incoming | None) -> Iterator[Route]:
    """Every way an answer may go, the best first."""
    if last is not None and last.account.enabled and last.action != "stop" and _can_be_answered(last.account):
        point = Chat.of(last.account, last.address).point_of(patient_id)
        # Whoever writes to us may be answered there, also after «стоп»; not where they have closed the chat.
        if point is not None and not point.reaches.filter(channel=last.account.channel).exclude(lost="").exists():
            yield _route(last.account, last.address, point.pk, last.at)
    for way in ways(patient_id, "service", "delivered", Use.TALK):
        if _can_be_answered(account := Account.objects.get(pk=way.account_id)):
            yield _route(account, way.address, way.contact_point_id, way.answered_at)


@transaction.atomic
def reply(
    staff: Staff, conversation: Conversation, text: str, files: Sequence[StoredFile] = (), quoting: str = ""
) -> int:
    """Send a text, perhaps with files, perhaps as an answer to the message `quoting` (its provider id); the delivery's
    id. Raises NowhereToWrite, WindowClosed, CannotCarry; ValueError for an empty message."""
    text = text.strip()
    if not text and not files:
        raise ValueError("пустое сообщение")
    route = where(conversation)
    if route is None:
        raise NowhereToWrite
    if route.closed:
        raise WindowClosed
    for file in files:
        fits(route.card, file.name, file.size or 0)
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    thread.last_at, thread.last_text = now(), (text or files[0].name)[:200]
    thread.unread, thread.needs_answer = 0, False
    thread.save()
    body: dict[str, object] = {"text": text}
    if files:
        body["files"] = [file.pk for file in files]
    if quoting and route.card.replies:
        body["reply_to"] = quoting
    if route.open_until is not None:
        body["window_until"] = route.open_until.isoformat()
    made = enqueue(
        Order(
            account_id=route.account.pk, address=route.address, body=body, origin="staff",
            origin_id=staff.pk, contact_point_id=route.contact_point_id, patient_id=conversation.patient_id,
        )
    )  # fmt: skip
    look_after(made, route.card)
    return made


def keep(name: str, mime: str, content: bytes) -> StoredFile:
    """A file of ours, stored so that it can go out with a reply."""
    return StoredFile.objects.create(
        name=name[:200], mime=mime[:100], size=len(content), content=content, created_at=now()
    )


def fits(card: Card, name: str, size: int) -> None:
    """Raises CannotCarry unless a file of `size` bytes may go out over this channel."""
    if not card.carries_files:
        raise CannotCarry(f"{card.title} не передает файлы")
    if card.file_limit and size > card.file_limit:
        raise CannotCarry(f"«{name}» больше {card.file_limit // 1024 // 1024} МБ: {card.title} не примет")


def show_typing(conversation: Conversation) -> bool:
    """Let the person see that we are writing, where the channel can show it."""
    route = where(conversation)
    if route is None or route.closed or not route.card.types:
        return False
    enqueue(
        Order(
            account_id=route.account.pk, address=route.address, body={"typing": True}, op=Op.PRESS.value,
            origin="system", expires_at=now() + TYPING_LASTS,
        )
    )  # fmt: skip
    return True


def _can_be_answered(account: Account) -> bool:
    return find_channel(account.channel).card.sort not in (Sort.VOICE, Sort.NOTICE)


def _route(account: Account, address: str, contact_point_id: int | None, last_word: datetime | None) -> Route:
    card = find_channel(account.channel).card
    until = window_until(card, last_word)
    return Route(
        account, address, card.title, contact_point_id, card.sort is Sort.SMS, card, needed(card, until), until
    )
