"""A member of staff answers in the thread: on the channel where the patient last spoke, or on the one chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import timedelta

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.contracts.card import Card
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Op, StoredFile
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Ending, Wait
from priyom.inbox.late import look_after
from priyom.inbox.later import Hold
from priyom.inbox.later import hold as remember
from priyom.inbox.models import Conversation
from priyom.inbox.routes import Route, where
from priyom.inbox.turn import expects

__all__ = [
    "CannotCarry", "Hold", "NowhereToWrite", "Route", "WindowClosed", "fits", "keep", "reply", "show_typing", "where",
    "write",
]  # fmt: skip

TYPING_LASTS = timedelta(seconds=8)


class NowhereToWrite(Exception):
    """The patient has no open channel: only a call is left."""


class WindowClosed(Exception):
    """The vendor takes free words only for some time after the person wrote; that time is over."""


class CannotCarry(ValueError):
    """The channel does not carry this file; the text says why, for people."""


@transaction.atomic
def reply(
    staff: Staff,
    conversation: Conversation,
    text: str,
    files: Sequence[StoredFile] = (),
    quoting: str = "",
    hold: Hold | None = None,
) -> int:
    """Send a text, perhaps with files, perhaps as an answer to the message `quoting` (its provider id), perhaps not
    before the end of `hold`; the delivery's id. Raises NowhereToWrite, WindowClosed (also when it will be closed by
    then), CannotCarry; ValueError for an empty message."""
    text = text.strip()
    if not text and not files:
        raise ValueError("пустое сообщение")
    route = where(conversation)
    if route is None:
        raise NowhereToWrite
    if route.closed or (hold is not None and route.open_until is not None and hold.until >= route.open_until):
        raise WindowClosed
    for file in files:
        fits(route.card, file.name, file.size or 0)
    body: dict[str, object] = {"text": text}
    if files:
        body["files"] = [file.pk for file in files]
    if quoting and route.card.replies:
        body["reply_to"] = quoting
    if route.open_until is not None:
        body["window_until"] = route.open_until.isoformat()
    return write(staff, conversation, route, body, text or files[0].name, hold)


@transaction.atomic
def write(
    staff: Staff, conversation: Conversation, route: Route, body: Mapping[str, object], shown: str, hold: Hold | None
) -> int:
    """Order this body over that way as an answer of the staff, and take the thread's turn; the delivery's id. `shown`
    is what the list says of it."""
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    before, ended = copy(thread), Wait.objects.filter(conversation=thread, ended_at=None).first()
    thread.last_at, thread.last_text = now(), shown[:200]
    thread.unread = 0
    thread.save(update_fields=["last_at", "last_text", "unread"])
    # Promised is an answer, not the intention of one.
    expects(thread, staff, Ending.SETTLED if hold is not None and hold.chosen else Ending.ANSWERED)
    until = hold.until if hold is not None else None
    made = enqueue(
        Order(
            account_id=route.account.pk, address=route.address, body=body, origin="staff", origin_id=staff.pk,
            contact_point_id=route.contact_point_id, patient_id=conversation.patient_id, due_at=until,
        )
    )  # fmt: skip
    if hold is not None:
        remember(made, hold, before, ended)
    look_after(made, route.card, until)
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
