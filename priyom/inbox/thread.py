"""The thread of one person over all channels, in order: what they said (Incoming) and what we wrote (deliveries)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from priyom.clinic.models import Staff
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Delivery, Doubt, Op, StoredFile
from priyom.inbox.models import Conversation, Incoming, LateAnswer

MOMENT = Coalesce("sent_at", "created_at")
"""Where a message of ours stands in the thread: when it left; until then, when it was written."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file on a message. `state` is delivery.FileState: here, wanted (still at the vendor), failed and why."""

    id: int
    name: str
    mime: str
    size: int | None
    state: str
    error: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a thread. `id` is unique within it: `d12` a delivery, `i7` something said."""

    id: str
    at: datetime
    direction: str
    channel: str
    channel_title: str
    account_key: str
    address: str
    text: str
    automatic: bool = False
    kind: str = ""
    buttons: tuple[str, ...] = ()
    pressed: bool = False
    signal: str = ""
    evidence: str = ""
    edited_text: str = ""
    staff_name: str = ""
    files: tuple[Attached, ...] = ()
    provider_id: str = ""
    reply_to: str = ""
    """The provider id of the message this one of ours quotes."""
    doubt: str = ""
    """`lost` or `twice`: what is not known of it, as delivery.Doubt.Kind; '' too once that is settled."""
    settled: str = ""
    """How a doubt about it was settled."""


def thread(conversation: Conversation, before: datetime | None = None, limit: int = 100) -> list[Entry]:
    """The newest `limit` messages (older than `before`), oldest first."""
    entries = [*_said(conversation, before, limit), *_written(conversation, before, limit)]
    # What was said stands before what we answered to it in the same moment.
    entries.sort(key=lambda entry: (entry.at, entry.direction == "out", int(entry.id[1:])))
    return entries[-limit:]


def file_of(conversation: Conversation, file_id: int) -> StoredFile:
    """A file that stands in this thread. Raises StoredFile.DoesNotExist also for one of another thread."""
    came = Incoming.objects.filter(conversation=conversation, files__contains=[{"id": file_id}])
    if not came.exists() and not _ours(conversation).filter(body__files__contains=file_id).exists():
        raise StoredFile.DoesNotExist
    return StoredFile.objects.get(pk=file_id)


def _ours(conversation: Conversation) -> QuerySet[Delivery]:
    if conversation.patient_id is not None:
        mine = Q(patient_id=conversation.patient_id)
    else:
        mine = Q(patient=None, account_id=conversation.account_id, address=conversation.address)
    return Delivery.objects.filter(mine, op=Op.SEND)


def _said(conversation: Conversation, before: datetime | None, limit: int) -> list[Entry]:
    rows = Incoming.objects.filter(conversation=conversation).select_related("account")
    if before is not None:
        rows = rows.filter(at__lt=before)
    newest = list(rows.order_by("-at", "-id")[:limit])
    stored = _stored(file.get("id", 0) for row in newest for file in row.files)
    return [
        Entry(
            id=f"i{row.pk}", at=row.at, direction="in", channel=row.account.channel,
            channel_title=find_channel(row.account.channel).card.title, account_key=row.account.key,
            address=row.address, text=row.text, pressed=row.pressed,
            files=_attached([file.get("id", 0) for file in row.files], stored), provider_id=row.provider_id,
        )
        for row in newest
    ]  # fmt: skip


def _written(conversation: Conversation, before: datetime | None, limit: int) -> list[Entry]:
    rows = _ours(conversation).select_related("account", "doubt").annotate(at=MOMENT)
    if before is not None:
        rows = rows.filter(at__lt=before)
    newest = list(rows.order_by("-at", "-id")[:limit])
    authors = {row.origin_id for row in newest if row.origin == "staff" and row.origin_id is not None}
    names = {s.pk: s.get_full_name() or s.username for s in Staff.objects.filter(pk__in=authors)} if authors else {}
    stored = _stored(number for row in newest for number in row.body.get("files", ()))
    went = _went(row.pk for row in newest)
    return [_entry(row, names, stored, went.get(row.pk, "")) for row in newest]


def _went(ids: Iterable[int]) -> dict[int, str]:
    """Where answers went that nobody saw on the page: delivery id -> channel title."""
    rows = LateAnswer.objects.filter(delivery__in=list(ids), went__isnull=False)
    found = rows.values_list("delivery_id", "went__account__channel")
    return {number: find_channel(channel).card.title for number, channel in found}


def _stored(ids: Iterable[int]) -> dict[int, Attached]:
    wanted = set(ids)
    if not wanted:
        return {}
    rows = StoredFile.objects.filter(pk__in=wanted).values_list("pk", "name", "mime", "size", "state", "error")
    return {row[0]: Attached(*row) for row in rows}


def _attached(ids: Iterable[int], stored: dict[int, Attached]) -> tuple[Attached, ...]:
    return tuple(stored[number] for number in ids if number in stored)


def _entry(row: Delivery, names: dict[int, str], stored: dict[int, Attached], went: str) -> Entry:
    doubt: Doubt | None = getattr(row, "doubt", None)
    evidence = f"на странице не увидели, ответ ушел еще и сюда: {went}" if went else row.evidence
    return Entry(
        id=f"d{row.pk}", at=row.sent_at or row.created_at, direction="out", channel=row.account.channel,
        channel_title=find_channel(row.account.channel).card.title, account_key=row.account.key, address=row.address,
        text=row.body.get("text", ""), automatic=row.origin != "staff", kind=row.body.get("kind", ""),
        buttons=tuple(b["label"] for buttons in row.body.get("rows", []) for b in buttons),
        signal=row.signal if row.state != "cancelled" else "cancelled", evidence=evidence,
        edited_text=row.edited_text, staff_name=names.get(row.origin_id or 0, ""),
        files=_attached(row.body.get("files", ()), stored), provider_id=row.provider_id,
        reply_to=row.body.get("reply_to", ""),
        doubt=doubt.kind if doubt is not None and not doubt.resolved else "",
        settled=doubt.how if doubt is not None and doubt.resolved else "",
    )  # fmt: skip
