"""Who else is at a thread: who has it open, who is writing in it, and whether a colleague has answered meanwhile.

A row of `Looking` stands while a page's live stream shows the thread: the stream's process writes it, says every few
seconds that it still holds, and removes it when the page has gone. A row nobody speaks for any more counts no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from priyom.clinic.models import Staff
from priyom.delivery.models import Delivery, DeliveryState, Op
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.inbox.desk_models import Looking
from priyom.inbox.models import Conversation, LateAnswer

sql = Statements(Path(__file__).parent / "sql")

STILL_EVERY = timedelta(seconds=10)
"""So often a process says that its pages are still there."""
HOLDS = timedelta(seconds=25)
"""A row nobody spoke for so long is left over from a process that died."""
WRITING_LASTS = timedelta(seconds=6)
"""Somebody who pressed a key counts as writing for so long; the page tells again while they go on."""

Pair = tuple[int, int]
"""Ids: conversation, staff."""


@dataclass(frozen=True, slots=True)
class Looker:
    """A colleague at the thread. `until`: when this line is to be looked at anew, unless something happens before."""

    staff_id: int
    name: str
    writing: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a colleague has written to the patient. `entry` names it as the thread does (`d12`)."""

    entry: str
    name: str
    text: str
    files: int
    at: datetime


def answered_meanwhile(conversation: Conversation, staff: Staff, last_seen_entry: str) -> Answer | None:
    """The newest answer of a colleague of `staff` that is newer than `last_seen_entry`; None: nobody has answered.

    `last_seen_entry` is the newest answer of the staff that stood on the page when writing began: what `newest_answer`
    said when the composer was rendered, carried back by the form in a field named `seen` (the page itself keeps that
    field up to date while nothing is typed); '' when there was none. Anything else counts as ''.

    Call it inside the transaction that will send: it locks the conversation's row, so that of two who send in the same
    moment the second one is told of the first. What was taken back before it left does not count.
    """
    Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
    rows = _answers(conversation).filter(pk__gt=_number(last_seen_entry)).exclude(origin_id=staff.pk)
    row = rows.order_by("-pk").first()
    if row is None:
        return None
    author = Staff.objects.filter(pk=row.origin_id or 0).first()
    return Answer(
        entry=f"d{row.pk}", name=_named(author) if author else "", text=row.body.get("text", ""),
        files=len(row.body.get("files", ())), at=row.created_at,
    )  # fmt: skip


def newest_answer(conversation: Conversation) -> str:
    """The newest answer of the staff in the thread, as the thread names it (`d12`); '' when there is none."""
    found = _answers(conversation).order_by("-pk").values_list("pk", flat=True).first()
    return f"d{found}" if found is not None else ""


def others(conversation: Conversation, staff: Staff) -> list[Looker]:
    """The colleagues who have the thread open now, those who write first."""
    at = now()
    rows = Looking.objects.filter(conversation=conversation, seen_at__gt=at - HOLDS, seen_at__lt=at + HOLDS)
    rows = rows.exclude(staff=staff).select_related("staff")
    found = [_looker(row, at) for row in rows]
    return sorted(found, key=lambda looker: (not looker.writing, looker.name, looker.staff_id))


def writes(conversation: Conversation, staff: Staff) -> None:
    """They have pressed a key in the thread's composer."""
    at = now()
    Looking.objects.update_or_create(conversation=conversation, staff=staff, defaults={"seen_at": at, "wrote_at": at})


def stops_writing(conversation: Conversation, staff: Staff) -> None:
    """They have sent it, or emptied the composer."""
    Looking.objects.filter(conversation=conversation, staff=staff, wrote_at__isnull=False).update(wrote_at=None)


def seen_values(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Parameters of `looking_here.sql`: these are at these threads now."""
    pairs = sorted(pairs)
    return {"conversations": [pair[0] for pair in pairs], "staff": [pair[1] for pair in pairs], "now": now()}


def gone_values(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Parameters of `looking_gone.sql`: these have left."""
    return {"conversations": [pair[0] for pair in pairs], "staff": [pair[1] for pair in pairs]}


def _looker(row: Looking, at: datetime) -> Looker:
    writing_until = row.wrote_at + WRITING_LASTS if row.wrote_at is not None else at
    writing = at < writing_until <= at + WRITING_LASTS
    return Looker(row.staff_id, _named(row.staff), writing, writing_until if writing else row.seen_at + HOLDS)


def _answers(conversation: Conversation) -> QuerySet[Delivery]:
    if conversation.patient_id is not None:
        theirs = Q(patient_id=conversation.patient_id)
    else:
        theirs = Q(patient=None, account_id=conversation.account_id, address=conversation.address)
    rows = Delivery.objects.filter(theirs, op=Op.SEND, origin="staff").exclude(state=DeliveryState.CANCELLED)
    # What went out once more on another way, because nobody saw it on the page, is no answer of its own.
    return rows.exclude(Exists(LateAnswer.objects.filter(went=OuterRef("pk"))))


def _named(staff: Staff) -> str:
    return staff.get_full_name() or staff.username


def _number(entry: str) -> int:
    digits = entry.removeprefix("d")
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 18 else 0
