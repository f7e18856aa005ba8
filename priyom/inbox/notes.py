"""Words among colleagues inside a thread: written, with the colleagues they name, and taken back. The patient never
sees them: a note is no delivery, and no room that sends knows of it. Records NoteWritten, NoteTakenBack."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import Count, QuerySet

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Mention, Note
from priyom.inbox.facts import NoteTakenBack, NoteWritten
from priyom.inbox.models import Conversation
from priyom.journal.record import record

LONGEST = 4000
SIGN = "@"


class NotYours(Exception):
    """Only who wrote a note takes it back."""


@transaction.atomic
def write(
    author: Staff, conversation: Conversation, text: str, among: Mapping[int, str], picked: Collection[int] = ()
) -> Note:
    """Write a note; who is named in it shall look. `among`: id -> name of those who may be named; `picked`: whom the
    author chose by hand where several bear one name. Raises ValueError for an empty or a too long one."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise ValueError("пустая или слишком длинная заметка")
    note = Note.objects.create(conversation=conversation, author=author, at=now(), text=text)
    named = sorted(called(text, among, picked) - {author.pk})
    Mention.objects.bulk_create(Mention(note=note, staff_id=number) for number in named)
    record(
        NoteWritten(
            patient_id=conversation.patient_id, conversation_id=conversation.pk, note_id=note.pk,
            author_id=author.pk, mentioned=tuple(named),
        )
    )  # fmt: skip
    return note


@transaction.atomic
def take_back(staff: Staff, conversation: Conversation, note_id: int) -> None:
    """The text is gone, the place stays; nobody has to look any more. A second time changes nothing. Raises NotYours,
    Note.DoesNotExist."""
    note = Note.objects.select_for_update().get(pk=note_id, conversation=conversation)
    if note.author_id != staff.pk:
        raise NotYours
    if note.removed_at is not None:
        return
    note.text, note.removed_at = "", now()
    note.save(update_fields=["text", "removed_at"])
    note.mentions.all().delete()
    record(NoteTakenBack(patient_id=conversation.patient_id, conversation_id=conversation.pk, note_id=note.pk))


def mentions_of(staff: Staff) -> QuerySet[Mention]:
    """Where they are named and have not looked yet, the newest first."""
    rows = Mention.objects.filter(staff=staff, seen_at=None).select_related("note__author", "note__conversation")
    return rows.order_by("-note_id")


def unseen(staff: Staff) -> dict[int, int]:
    """Conversation id -> how many notes in it name them and were not looked at."""
    rows = Mention.objects.filter(staff=staff, seen_at=None).values_list("note__conversation").order_by()
    return dict(rows.annotate(many=Count("pk")))


def seen(conversation: Conversation, staff: Staff) -> bool:
    """They look at this thread now. True when something in it named them and was news."""
    rows = Mention.objects.filter(staff=staff, seen_at=None, note__conversation=conversation)
    return rows.update(seen_at=now()) > 0


def called(text: str, among: Mapping[int, str], picked: Collection[int] = ()) -> set[int]:
    """Who is named: after each `@` the longest name that stands there, whatever its capitals. Of several people of one
    name those that were picked, or all of them."""
    names = sorted({name for name in among.values() if name}, key=len, reverse=True)
    lowered = text.casefold().replace("ё", "е")
    found: set[int] = set()
    for place, sign in enumerate(lowered):
        if sign != SIGN:
            continue
        name = next((name for name in names if _stands(lowered, place + 1, name)), None)
        same = {number for number, other in among.items() if name is not None and _plain(other) == _plain(name)}
        found |= same & set(picked) or same
    return found


def _stands(lowered: str, start: int, name: str) -> bool:
    end = start + len(_plain(name))
    return lowered[start:end] == _plain(name) and not lowered[end : end + 1].isalnum()


def _plain(name: str) -> str:
    return name.casefold().replace("ё", "е")
