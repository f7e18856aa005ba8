"""Two cards of one person become one, with their threads; and are made two again, as if nothing had been."""

from __future__ import annotations

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Draft, Wait
from priyom.inbox.models import Conversation
from priyom.inbox.turn import TURN, joins
from priyom.journal.record import record
from priyom.patients import merge as cards
from priyom.patients.facts import PatientMerged, PatientParted
from priyom.patients.models import Merge, Patient
from priyom.patients.moves import Moves, Snapshot, links, snapshot

THREAD = (*TURN, "branch_id")
WAIT = ("conversation_id", "branch_id", "since", "promised_until", "ended_at", "ended_by_id", "ending")


@transaction.atomic
def merge(kept: Patient, gone: Patient, staff: Staff) -> Merge:
    """Everything of `gone` belongs to `kept` from now on: visits, contacts, the thread, notes, consents, calls.

    Records PatientMerged. Raises cards.CannotMerge."""
    moves = cards.join(kept, gone, frozenset({Conversation._meta.label}))
    ours = Conversation.objects.filter(patient=kept).first()
    theirs = Conversation.objects.filter(patient=gone).first()
    if ours is not None and theirs is not None:
        join_threads(moves, ours, theirs)
        moves.remove(Conversation.objects.get(pk=theirs.pk))
    elif theirs is not None:
        moves.hand_over((Conversation, "patient"), gone.pk, kept.pk)
    made = Merge.objects.create(kept=kept, gone=gone, by=staff, at=now(), moved={"steps": moves.steps})
    record(PatientMerged(patient_id=kept.pk, gone_id=gone.pk, by_id=staff.pk))
    return made


@transaction.atomic
def undo(row: Merge, staff: Staff) -> None:
    """Give everything back to the card it came from. Records PatientParted for both. Raises cards.NotTheLast."""
    cards.part(row, staff)
    for patient_id in (row.kept_id, row.gone_id):
        record(PatientParted(patient_id=patient_id, gone_id=row.gone_id, by_id=staff.pk))


def join_threads(moves: Moves, thread: Conversation, other: Conversation) -> None:
    """What was said, noted and begun in `other` stands in `thread`; `other` is left empty. Inside a transaction."""
    waits = list(Wait.objects.filter(conversation__in=(thread, other), ended_at=None).values_list("pk", flat=True))
    before = _turns(thread, other, waits)
    joins(thread, other)
    moves.changed(before, _turns(thread, other, waits))
    for link in links(Conversation):
        moves.hand_over(link, other.pk, thread.pk)
    for draft in Draft.objects.filter(conversation=other):
        mine = Draft.objects.get(conversation=thread, staff=draft.staff_id)
        moves.write(mine, {"text": f"{mine.text}\n{draft.text}".strip()})
    values: dict[str, object] = {"unread": thread.unread + other.unread}
    if other.last_at > thread.last_at:
        values |= {"last_at": other.last_at, "last_text": other.last_text}
        values |= {"channel": other.channel or thread.channel}
    values["assigned_to_id"] = thread.assigned_to_id or other.assigned_to_id
    moves.write(thread, values)
    thread.refresh_from_db()


def _turns(thread: Conversation, other: Conversation, waits: list[int]) -> Snapshot:
    return snapshot(Conversation, (thread.pk, other.pk), THREAD) | snapshot(Wait, waits, WAIT)
