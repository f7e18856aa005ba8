"""Give a conversation to a member of staff: by hand, or in turn to those who are at the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from priyom.clinic.house import house
from priyom.clinic.models import Role, Staff
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Presence
from priyom.inbox.facts import ConversationAssigned
from priyom.inbox.models import Conversation
from priyom.inbox.notes import SIGN, write
from priyom.inbox.presence import present
from priyom.journal.record import record

BY_ITSELF = 0
"""Who gives a conversation that is handed out in turn: nobody."""
_TURN_LOCK = 0x5052_0007
"""Advisory lock: two conversations are handed out one after the other, so that the second sees the first."""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@transaction.atomic
def assign(conversation: Conversation, staff: Staff | None, by: Staff, note: str = "") -> None:
    """It is theirs now; None: nobody's. `note`: what the next one shall know; it stands in the thread among colleagues.
    Records ConversationAssigned when that is news. Raises ValueError for a note that is too long."""
    row = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if note:
        _note(row, by, note, staff)
    _give(row, staff, by.pk)


@transaction.atomic
def hand_out(conversation_id: int) -> Staff | None:
    """Give a conversation that waits and is nobody's to whoever is at the desk of its branch and has the fewest that
    wait; of several, to the one who got one longest ago. None: nobody is there, or there is nothing to give."""
    if not house().hand_out:
        return None
    _one_at_a_time()
    row = Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation_id).first()
    if row is None or not row.needs_answer or row.assigned_to_id is not None:
        return None
    chosen = _next(row)
    if chosen is not None:
        _give(row, chosen, BY_ITSELF)
        Presence.objects.filter(staff=chosen).update(handed_at=now())
    return chosen


@transaction.atomic
def hand_on(staff: Staff, by: Staff) -> tuple[int, int]:
    """Somebody has left: what waits for them goes to those who are there, or back among nobody's. How many were given
    to somebody, how many to nobody."""
    _one_at_a_time()
    given = left = 0
    rows = Conversation.objects.select_for_update(of=("self",)).filter(assigned_to=staff, needs_answer=True)
    for row in rows.order_by("-urgent", "waiting_since", "pk"):
        chosen = _next(row, leave_out=staff.pk)
        _give(row, chosen, by.pk)
        if chosen is None:
            left += 1
        else:
            given += 1
            Presence.objects.filter(staff=chosen).update(handed_at=now())
    return given, left


def _next(row: Conversation, leave_out: int = 0) -> Staff | None:
    """Whose turn it is, of those at the desk where this person goes."""
    waiting = Count("conversation", filter=Q(conversation__needs_answer=True))
    there = _team(row).exclude(pk=leave_out).select_related("presence").annotate(waiting=waiting)
    return min(there, key=lambda one: (one.waiting, one.presence.handed_at or _NEVER, one.pk), default=None)


def _team(row: Conversation) -> QuerySet[Staff]:
    """Registrars at the desk now, of the conversation's branch; whoever has no branch of their own is of every one."""
    there = Staff.objects.filter(present(), is_active=True, role=Role.REGISTRAR)
    if row.branch_id is None:
        return there
    of_branches = Staff.branches.through.objects.values("staff_id")
    return there.filter(Q(pk__in=of_branches.filter(branch_id=row.branch_id)) | ~Q(pk__in=of_branches))


def _give(row: Conversation, staff: Staff | None, by_id: int) -> None:
    if row.assigned_to_id == (staff.pk if staff else None):
        return
    row.assigned_to = staff
    row.save(update_fields=["assigned_to"])
    record(
        ConversationAssigned(
            patient_id=row.patient_id, conversation_id=row.pk, staff_id=staff.pk if staff else None, by_id=by_id
        )
    )


def _note(row: Conversation, by: Staff, text: str, to: Staff | None) -> None:
    """A note in the thread; the one it is for is named, so that they look."""
    if to is None or to.pk == by.pk:
        write(by, row, text, {})
        return
    name = to.get_full_name() or to.username
    write(by, row, f"{SIGN}{name} {text}", {to.pk: name}, (to.pk,))


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_TURN_LOCK])
