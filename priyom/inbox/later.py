"""Answers that have not left yet: held for a moment so that they can be taken back, or written for a later hour. They
are deliveries that wait, so that whatever happens to us they leave in time; what they changed is kept to restore it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from priyom.clinic.house import house
from priyom.clinic.models import Staff
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Delivery, DeliveryState, Op, StoredFile
from priyom.foundation.clock import now
from priyom.inbox.answer_models import Held
from priyom.inbox.desk_models import Wait
from priyom.inbox.late import look_after
from priyom.inbox.models import Conversation
from priyom.inbox.turn import goes_on, rests

LONGEST = timedelta(days=60)
"""Nobody means an hour further away than this."""


class AlreadyLeft(Exception):
    """It is not in our hands any more."""


@dataclass(frozen=True, slots=True)
class Hold:
    """How long an answer stays: `chosen` is an hour somebody chose, else the moment in which it can be taken back."""

    until: datetime
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that stands here. `left`: seconds until it leaves."""

    id: int
    text: str
    files: tuple[str, ...]
    due_at: datetime
    chosen: bool
    left: float
    staff_id: int | None
    staff_name: str
    channel: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken back: as it was written, with its files."""

    text: str
    files: tuple[StoredFile, ...]
    quoting: str
    due_at: datetime
    chosen: bool


def moment_to_undo() -> Hold | None:
    """How long an answer is held by the house's rule; None: it leaves at once."""
    seconds = house().undo_seconds
    return Hold(now() + timedelta(seconds=seconds)) if seconds else None


def unsent() -> Q:
    """Deliveries that stand here, untouched: no thread shows them as messages yet."""
    return Q(origin="staff", op=Op.SEND, state=DeliveryState.WAITING, tries=0, due_at__gt=now(), held__isnull=False)


def waiting(conversation: Conversation) -> list[Waiting]:
    """What stands in this thread, the next to leave first."""
    rows = list(_of(conversation).select_related("held", "account").order_by("due_at", "pk"))
    names = {s.pk: s.get_full_name() or s.username for s in _authors(rows)}
    files = dict(StoredFile.objects.filter(pk__in=_file_ids(rows)).values_list("pk", "name")) if _file_ids(rows) else {}
    return [
        Waiting(
            row.pk, str(row.body.get("text", "")), tuple(files[n] for n in row.body.get("files", ()) if n in files),
            row.due_at, row.held.chosen, (row.due_at - now()).total_seconds(), row.origin_id,
            names.get(row.origin_id or 0, ""), row.account.channel,
        )
        for row in rows
    ]  # fmt: skip


def hold(delivery_id: int, kept: Hold, thread: Conversation, ended: Wait | None) -> None:
    """Remember what taking it back restores; `thread` as it was before, `ended` the wait it has ended."""
    Held.objects.create(
        delivery_id=delivery_id, chosen=kept.chosen, ended=ended, awaited=thread.awaits_patient,
        before_at=thread.last_at, before_text=thread.last_text,
    )  # fmt: skip


@transaction.atomic
def take_back(conversation: Conversation, delivery_id: int) -> Taken:
    """It was never sent: the thread, its turn and the person's wait are as before. Raises AlreadyLeft."""
    row = _take(conversation, delivery_id)
    files = {file.pk: file for file in StoredFile.objects.filter(pk__in=row.body.get("files", ()))}
    taken = Taken(
        "" if "template" in row.body else str(row.body.get("text", "")),
        tuple(files[n] for n in row.body.get("files", ()) if n in files), str(row.body.get("reply_to", "")),
        row.due_at, row.held.chosen,
    )  # fmt: skip
    _restore(conversation, row, row.held)
    row.delete()
    return taken


@transaction.atomic
def send_now(conversation: Conversation, delivery_id: int) -> int:
    """Let it leave at once; the new delivery's id (ordering it anew wakes the worker). Raises AlreadyLeft."""
    row = _take(conversation, delivery_id)
    order = Order(
        account_id=row.account_id, address=row.address, body=row.body, origin=row.origin, origin_id=row.origin_id,
        contact_point_id=row.contact_point_id, patient_id=row.patient_id,
    )  # fmt: skip
    card = find_channel(row.account.channel).card
    row.delete()
    made = enqueue(order)
    look_after(made, card)
    return made


def _of(conversation: Conversation) -> QuerySet[Delivery]:
    if conversation.patient_id is not None:
        return Delivery.objects.filter(unsent(), patient_id=conversation.patient_id)
    theirs = Q(patient=None, account_id=conversation.account_id, address=conversation.address)
    return Delivery.objects.filter(unsent(), theirs)


def _take(conversation: Conversation, delivery_id: int) -> Delivery:
    rows = _of(conversation).select_for_update(of=("self",)).select_related("held", "account")
    row = rows.filter(pk=delivery_id).first()
    if row is None:
        raise AlreadyLeft
    return row


def _restore(conversation: Conversation, row: Delivery, held: Held) -> None:
    """The thread as it was before this answer; where another one stands behind it, that one takes the memory over."""
    after = Held.objects.filter(delivery__in=_of(conversation).filter(pk__gt=row.pk)).order_by("delivery_id").first()
    if after is not None:
        after.before_at, after.before_text = held.before_at, held.before_text
        after.ended_id, after.awaited = after.ended_id or held.ended_id, held.awaited
        after.save()
        return
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if thread.last_at <= row.created_at:  # nothing has been said since
        thread.last_at, thread.last_text = held.before_at, held.before_text
        thread.save(update_fields=["last_at", "last_text"])
    if _answered_since(row):
        return
    if held.ended_id is not None:
        last = Wait.objects.filter(conversation=thread).order_by("-since", "-pk").first()
        if last is not None and last.pk == held.ended_id:
            goes_on(thread)
    elif not held.awaited and thread.awaits_patient:
        rests(thread, None)


def _answered_since(row: Delivery) -> bool:
    later = Delivery.objects.filter(origin="staff", op=Op.SEND, pk__gt=row.pk)
    if row.patient_id is not None:
        return later.filter(patient_id=row.patient_id).exists()
    return later.filter(account_id=row.account_id, address=row.address).exists()


def _authors(rows: list[Delivery]) -> QuerySet[Staff]:
    return Staff.objects.filter(pk__in={row.origin_id for row in rows if row.origin_id is not None})


def _file_ids(rows: list[Delivery]) -> set[int]:
    return {number for row in rows for number in row.body.get("files", ())}
