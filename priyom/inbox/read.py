"""Mark threads read and settled."""

from __future__ import annotations

from collections.abc import Iterable

from priyom.clinic.models import Staff
from priyom.inbox.models import Conversation
from priyom.inbox.turn import goes_on, rests


def read(conversation: Conversation) -> None:
    """Somebody has seen what is new. It still needs an answer until one is given or it is settled."""
    Conversation.objects.filter(pk=conversation.pk, unread__gt=0).update(unread=0)


def waiting_for_an_answer(patient_ids: Iterable[int]) -> set[int]:
    """Those whose words wait for a person."""
    rows = Conversation.objects.filter(patient__in=list(patient_ids), needs_answer=True)
    return {patient_id for patient_id in rows.values_list("patient_id", flat=True) if patient_id is not None}


def settle(conversation: Conversation, staff: Staff | None = None) -> None:
    """Nothing more to answer here, and nothing is waited for."""
    rests(conversation, staff)
    read(conversation)


def unsettle(conversation: Conversation) -> None:
    """Take `settle` back."""
    goes_on(conversation)
