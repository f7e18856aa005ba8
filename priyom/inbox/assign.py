"""Give a conversation to a member of staff."""

from __future__ import annotations

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.inbox.facts import ConversationAssigned
from priyom.inbox.models import Conversation
from priyom.journal.record import record


@transaction.atomic
def assign(conversation: Conversation, staff: Staff | None, by: Staff) -> None:
    """It is theirs now; None: nobody's. Records ConversationAssigned when that is news."""
    row = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if row.assigned_to_id == (staff.pk if staff else None):
        return
    row.assigned_to = staff
    row.save(update_fields=["assigned_to"])
    record(
        ConversationAssigned(
            patient_id=row.patient_id, conversation_id=row.pk, staff_id=staff.pk if staff else None, by_id=by.pk
        )
    )
