"""A person ends a doubt about a message: sends it again where the patient is written to now, or says how it was; and
takes the word back."""

from __future__ import annotations

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.delivery.models import Doubt, Resolved, StoredFile
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import Conversation
from priyom.inbox.reply import reply

AGAIN = "отправлено еще раз"
SAID = {"arrived": "дошло", "lost": "не дошло", "seen": "принято к сведению"}


class NotOpen(Exception):
    """It was ended meanwhile: by somebody else, or by what became known."""


@transaction.atomic
def send_again(staff: Staff, doubt_id: int) -> int:
    """The same words once more, by the way an answer takes now; the new delivery's id. The patient may have them twice.

    Raises NotOpen, and what `reply` raises.
    """
    row = _open(doubt_id)
    delivery = row.delivery
    files = StoredFile.objects.filter(pk__in=delivery.body.get("files", ()))
    made = reply(staff, _thread(row), str(delivery.body.get("text", "")), list(files.order_by("pk")))
    _end(row, staff, AGAIN)
    return made


@transaction.atomic
def settle(staff: Staff, doubt_id: int, how: str) -> None:
    """A person knows how it was: `how` is a key of SAID. Raises NotOpen, KeyError."""
    _end(_open(doubt_id), staff, SAID[how])


@transaction.atomic
def unsettle(doubt_id: int) -> None:
    """Take that back: the doubt is open again. Raises NotOpen when nobody has said it, or it was sent again."""
    row = Doubt.objects.select_for_update().get(pk=doubt_id)
    if not can_be_taken_back(row):
        raise NotOpen
    row.resolved, row.resolved_at, row.how = "", None, ""
    row.save(update_fields=["resolved", "resolved_at", "how"])


def can_be_taken_back(row: Doubt) -> bool:
    """Whether a person's word ended it, and nothing left because of it."""
    return row.resolved == Resolved.PERSON and row.how.rpartition(": ")[2] in SAID.values()


def _open(doubt_id: int) -> Doubt:
    row = Doubt.objects.select_for_update(of=("self",)).select_related("delivery__patient").get(pk=doubt_id)
    if row.resolved:
        raise NotOpen
    return row


def _thread(row: Doubt) -> Conversation:
    delivery = row.delivery
    if delivery.patient is not None:
        return conversation_of(delivery.patient)
    return Conversation.objects.get(patient=None, account=delivery.account_id, address=delivery.address)


def _end(row: Doubt, staff: Staff, how: str) -> None:
    row.resolved, row.resolved_at = Resolved.PERSON, now()
    row.how = f"{staff.get_full_name() or staff.username}: {how}"[:300]
    row.save(update_fields=["resolved", "resolved_at", "how"])
