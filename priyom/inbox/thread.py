"""The thread of one person over all channels, in order: what they said (Incoming) and what we wrote (deliveries)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Coalesce

from priyom.clinic.models import Staff
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Delivery, Doubt, Op, StoredFile
from priyom.inbox.later import unsent
from priyom.inbox.models import Conversation, Incoming, LateAnswer

M = TypeVar("M", bound=Model)

SAID, NOTED, WRITTEN = 0, 1, 2
"""Of one moment: what was said stands before what we answered to it, our own notes between them."""
RANKS = {"i": SAID, "n": NOTED, "d": WRITTEN}
"""By the first letter of an entry's id."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
KEY = re.compile(r"(-?\d{1,17})\.([012])\.(\d{1,18})", re.ASCII)

MOMENT = Coalesce("sent_at", "created_at")
"""Where a message of ours stands in the thread: when it left; until then, when it was written."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A place in a thread. As text it names the place to an open page, also after the message there has moved on."""

    at: datetime
    rank: int
    number: int

    def __str__(self) -> str:
        return f"{(self.at - BEGINNING) // timedelta(microseconds=1)}.{self.rank}.{self.number}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The place a page has named; None for what is no place."""
        found = KEY.fullmatch(text)
        if found is None:
            return None
        return cls(BEGINNING + timedelta(microseconds=int(found[1])), int(found[2]), int(found[3]))

    @property
    def behind(self) -> Key:
        """The place right after this one."""
        return Key(self.at, self.rank, self.number + 1)


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
    author_id: int | None = None
    """Who of the staff wrote it."""
    removed: bool = False
    """A note that was taken back."""
    mentioned: tuple[str, ...] = ()
    """Names of the colleagues a note is for."""
    again: int | None = None
    """The delivery of which this is the same once more, over another channel."""

    @property
    def ours(self) -> bool:
        """Whether a member of staff wrote it to the person."""
        return self.direction == "out" and not self.automatic

    @property
    def key(self) -> Key:
        """Where it stands."""
        return Key(self.at, RANKS[self.id[0]], int(self.id[1:]))


def thread(conversation: Conversation, before: datetime | None = None, limit: int = 100) -> list[Entry]:
    """The newest `limit` messages (older than `before`), oldest first. Without notes: those are no messages."""
    high = Key(before, SAID, 0) if before is not None else None
    entries = [*said(conversation, None, high, limit), *written(conversation, None, high, limit)]
    return sorted(entries, key=lambda entry: entry.key)[-limit:]


def file_of(conversation: Conversation, file_id: int) -> StoredFile:
    """A file that stands in this thread. Raises StoredFile.DoesNotExist also for one of another thread."""
    came = Incoming.objects.filter(conversation=conversation, files__contains=[{"id": file_id}])
    if not came.exists() and not ours(conversation).filter(body__files__contains=file_id).exists():
        raise StoredFile.DoesNotExist
    return StoredFile.objects.get(pk=file_id)


def between(rows: QuerySet[M], rank: int, low: Key | None, high: Key | None) -> QuerySet[M]:
    """Rows of one kind (they have `at`) from `low` on, and before `high`."""
    if low is not None:
        rows = rows.filter(at__gte=low.at) if rank >= low.rank else rows.filter(at__gt=low.at)
        if rank == low.rank:
            rows = rows.exclude(at=low.at, pk__lt=low.number)
    if high is not None:
        rows = rows.filter(at__lte=high.at) if rank <= high.rank else rows.filter(at__lt=high.at)
        if rank == high.rank:
            rows = rows.exclude(at=high.at, pk__gte=high.number)
    return rows


def some(rows: QuerySet[M], limit: int, *, newest: bool = True) -> list[M]:
    """So many of them, from their newest or their oldest end."""
    return list(rows.order_by("-at", "-pk")[:limit] if newest else rows.order_by("at", "pk")[:limit])


def ours(conversation: Conversation) -> QuerySet[Delivery]:
    """What we wrote here, with the moment `at` by which it stands in the thread."""
    if conversation.patient_id is not None:
        mine = Q(patient_id=conversation.patient_id)
    else:
        mine = Q(patient=None, account_id=conversation.account_id, address=conversation.address)
    return Delivery.objects.filter(mine, op=Op.SEND).annotate(at=MOMENT)


def said(
    conversation: Conversation, low: Key | None, high: Key | None, limit: int, *, newest: bool = True
) -> list[Entry]:
    """What the person said, from `low` on and before `high`; in no order."""
    rows = Incoming.objects.filter(conversation=conversation).select_related("account")
    found = some(between(rows, SAID, low, high), limit, newest=newest)
    stored = _stored(file.get("id", 0) for row in found for file in row.files)
    return [
        Entry(
            id=f"i{row.pk}", at=row.at, direction="in", channel=row.account.channel,
            channel_title=find_channel(row.account.channel).card.title, account_key=row.account.key,
            address=row.address, text=row.text, pressed=row.pressed,
            files=_attached([file.get("id", 0) for file in row.files], stored), provider_id=row.provider_id,
        )
        for row in found
    ]  # fmt: skip


def written(
    conversation: Conversation, low: Key | None, high: Key | None, limit: int, *, newest: bool = True
) -> list[Entry]:
    """What we wrote, from `low` on and before `high`; in no order. What still stands here to be taken back is no
    message yet."""
    rows = ours(conversation).exclude(unsent()).select_related("account", "doubt")
    found = some(between(rows, WRITTEN, low, high), limit, newest=newest)
    authors = {row.origin_id for row in found if row.origin == "staff" and row.origin_id is not None}
    names = {s.pk: s.get_full_name() or s.username for s in Staff.objects.filter(pk__in=authors)} if authors else {}
    stored = _stored(number for row in found for number in row.body.get("files", ()))
    went = _went(row.pk for row in found)
    return [_entry(row, names, stored, went.get(row.pk, "")) for row in found]


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
        author_id=row.origin_id if row.origin == "staff" else None, again=row.body.get("again"),
    )  # fmt: skip
