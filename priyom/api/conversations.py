"""`GET /conversations/{patient id}`: what was said, over all channels, in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from priyom.api.paging import PAGE, cursor, moment_and_entry
from priyom.api.patients import find
from priyom.api.shapes import ConversationPage, MessageShape
from priyom.inbox.models import Conversation
from priyom.inbox.thread import Entry, thread

router = Router(tags=["conversations"])
make_cursor = cursor


@router.get("/conversations/{path:patient_id}", response=ConversationPage, summary="One patient's conversation")
def one(
    request: HttpRequest,
    patient_id: str,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> ConversationPage:
    """The newest messages, oldest first; `next` leads to older ones."""
    patient = find(patient_id)
    conversation = Conversation.objects.filter(patient=patient).first()
    if conversation is None:  # they never wrote, but we may have: a thread without a row of its own
        conversation = Conversation(pk=0, patient=patient)
    entries = _entries(conversation, cursor, limit)
    page = entries[-limit:]
    more = make_cursor(page[0].at, page[0].id) if len(entries) > limit else None
    return ConversationPage(patient=patient.external_id, items=[_shape(entry) for entry in page], next=more)


def _entries(conversation: Conversation, after: str, limit: int) -> list[Entry]:
    """Everything before the cursor that a page needs, and at least one entry more where there is one."""
    if not after:
        return thread(conversation, None, limit + 1)
    last = moment_and_entry(after)
    most = 2 * limit + 1
    while True:
        entries = thread(conversation, last[0] + timedelta(microseconds=1), most)
        older = [entry for entry in entries if _place(entry.at, entry.id) < _place(*last)]
        if len(older) > limit or len(entries) < most:
            return older
        most *= 2  # a crowd of one moment stands between the cursor and what is older


def _place(at: datetime, entry_id: str) -> tuple[datetime, bool, int]:
    """Where an entry stands in a thread: of one moment, what was said comes before what we wrote, each by number."""
    return at, entry_id.startswith("d"), int(entry_id[1:])


def _shape(entry: Entry) -> MessageShape:
    return MessageShape(
        id=entry.id,
        at=entry.at,
        direction=entry.direction,
        channel=entry.channel,
        account=entry.account_key,
        address=entry.address,
        text=entry.text,
        automatic=entry.automatic,
        kind=entry.kind,
        buttons=list(entry.buttons),
        pressed=entry.pressed,
        signal=entry.signal,
        evidence=entry.evidence,
        edited_text=entry.edited_text,
        staff=entry.staff_name,
        files=[file.name for file in entry.files],
    )
