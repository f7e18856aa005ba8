"""A stretch of a thread as a page of the staff shows it: messages and notes in order, from its end, about one of them,
or as much as an open page has loaded already. It is cut by places (`thread.Key`), never by counting: nothing is read
that is not shown, however long the thread is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from priyom.contracts.registry import channel as find_channel
from priyom.inbox.desk_models import Mention, Note
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.rules import courtesy
from priyom.inbox.thread import NOTED, Entry, Key, between, ours, said, some, written

PIECE = 50
"""Entries loaded at once."""
MOST = 1000
"""So many at most are shown at once; whoever goes back further loses the newest beyond."""
REACH = 200
"""A message no further from the end than this is shown with everything after it."""
LED_BY = 5
"""Entries shown above the first unread one."""
ENTRY = re.compile(r"([ind])(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Entries, oldest first; whether there are older and newer ones than these."""

    entries: Sequence[Entry]
    older: bool = False
    newer: bool = False

    @property
    def first(self) -> Key | None:
        """Where it begins."""
        return self.entries[0].key if self.entries else None

    @property
    def last(self) -> Key | None:
        """Where it ends."""
        return self.entries[-1].key if self.entries else None


def newest(conversation: Conversation, unread: Key | None = None) -> Span:
    """The end of the thread; back to the first `unread` entry and a few before it, where that stands further up."""
    entries = read(conversation, None, None, PIECE + 1)
    if unread is None or len(entries) <= PIECE or entries[1].key <= unread:
        return Span(entries[-PIECE:], older=len(entries) > PIECE)
    before = read(conversation, None, unread, LED_BY + 1)
    after = read(conversation, unread, None, MOST)
    return Span([*before[-LED_BY:], *after], older=len(before) > LED_BY)


def around(conversation: Conversation, entry_id: str) -> Span:
    """That entry, what stands before it, and after it; the end of the thread when it stands in none of its places."""
    key = key_of(conversation, entry_id)
    if key is None:
        return newest(conversation)
    before = read(conversation, None, key, PIECE + 1)
    after = read(conversation, key, None, REACH + 1, newest=False)
    far = len(after) > REACH
    return Span([*before[-PIECE:], *(after[:PIECE] if far else after)], older=len(before) > PIECE, newer=far)


def loaded(
    conversation: Conversation, low: Key | None, high: Key | None, *, older: bool = False, newer: bool = False
) -> Span:
    """What an open page shows: from `low` (None: the beginning) to `high` (None: the end), as it stands now. `older`
    and `newer`: with one more piece there."""
    entries = read(conversation, low, high.behind if high else None, MOST + 1)
    before = read(conversation, None, low, PIECE + 1) if older and low else []
    after = read(conversation, high.behind, None, PIECE + 1, newest=False) if newer and high else []
    whole = [*before[-PIECE:], *entries, *after[:PIECE]]
    more = len(before) > PIECE if older and low else low is not None
    further = len(after) > PIECE if newer and high else high is not None
    if older and len(whole) > MOST:
        return Span(whole[:MOST], more, True)
    return Span(whole[-MOST:], more or len(whole) > MOST, further)


def first_unread(conversation: Conversation) -> Key | None:
    """Where what nobody has read yet begins, by the thread's own count of it; None when all was read."""
    left = conversation.unread
    if not left:
        return None
    rows = Incoming.objects.filter(conversation=conversation, action="", pressed=False).order_by("-id")
    place = None
    for row in rows.only("id", "at", "text", "files")[: left * 2 + 10]:
        if row.files or not courtesy(row.text):  # a «thank you» was not counted
            place, left = Key(row.at, 0, row.pk), left - 1
        if not left:
            break
    return place


def key_of(conversation: Conversation, entry_id: str) -> Key | None:
    """Where an entry stands; None for one that is not of this thread."""
    found = ENTRY.fullmatch(entry_id)
    if found is None:
        return None
    number = int(found[2])
    at = (
        {
            "i": Incoming.objects.filter(conversation=conversation, pk=number),
            "n": Note.objects.filter(conversation=conversation, pk=number),
            "d": ours(conversation).filter(pk=number),
        }[found[1]]
        .values_list("at", flat=True)
        .first()
    )
    return Key(at, "ind".index(found[1]), number) if at is not None else None


def read(
    conversation: Conversation, low: Key | None, high: Key | None, limit: int, *, newest: bool = True
) -> list[Entry]:
    """At most `limit` entries from `low` on and before `high`, from the newest or the oldest end; oldest first."""
    entries = [
        *said(conversation, low, high, limit, newest=newest),
        *written(conversation, low, high, limit, newest=newest),
        *_noted(conversation, low, high, limit, newest=newest),
    ]
    entries.sort(key=lambda entry: entry.key)
    return entries[-limit:] if newest else entries[:limit]


def sent_again(conversation: Conversation, entries: Sequence[Entry]) -> dict[str, str]:
    """Failed messages of the staff that went once more: entry id -> the channel's title."""
    failed = [int(e.id[1:]) for e in entries if e.signal == "failed" and e.ours]
    if not failed:
        return {}
    rows = ours(conversation).filter(body__again__in=failed).select_related("account").order_by("pk")
    return {f"d{row.body['again']}": find_channel(row.account.channel).card.title for row in rows}


def _noted(
    conversation: Conversation, low: Key | None, high: Key | None, limit: int, *, newest: bool
) -> list[Entry]:  # fmt: skip
    rows = Note.objects.filter(conversation=conversation).select_related("author")
    named = Prefetch("mentions", Mention.objects.select_related("staff").order_by("pk"))
    found = some(between(rows.prefetch_related(named), NOTED, low, high), limit, newest=newest)
    return [
        Entry(
            id=f"n{row.pk}", at=row.at, direction="note", channel="", channel_title="", account_key="", address="",
            text=row.text, author_id=row.author_id, removed=row.removed_at is not None,
            staff_name=(row.author.get_full_name() or row.author.username) if row.author else "",
            mentioned=tuple(m.staff.get_full_name() or m.staff.username for m in row.mentions.all()),
        )
        for row in found
    ]  # fmt: skip
