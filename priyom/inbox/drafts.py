"""What somebody has begun to write in a thread: kept here while they type, so that it is there on any computer."""

from __future__ import annotations

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Draft
from priyom.inbox.models import Conversation

LONGEST = 8000
"""Characters kept: twice what any channel carries."""


def keep(conversation: Conversation, staff: Staff, text: str) -> None:
    """This stands in their composer now; blank: nothing does any more."""
    if not text.strip():
        clear(conversation, staff)
        return
    Draft.objects.update_or_create(
        conversation=conversation, staff=staff, defaults={"text": text[:LONGEST], "changed_at": now()}
    )


def text_of(conversation: Conversation, staff: Staff) -> str:
    """What they have begun here; '' for nothing."""
    found = Draft.objects.filter(conversation=conversation, staff=staff).values_list("text", flat=True).first()
    return found or ""


def of(staff: Staff) -> dict[int, str]:
    """Everything they have begun: conversation id -> text, the newest first."""
    rows = Draft.objects.filter(staff=staff).order_by("-changed_at", "-pk")
    return dict(rows.values_list("conversation_id", "text"))


def clear(conversation: Conversation, staff: Staff) -> None:
    """It was sent, or thrown away."""
    Draft.objects.filter(conversation=conversation, staff=staff).delete()
