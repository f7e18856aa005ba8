"""The messages of a thread: as much as the page asks for, again and again while it is open. The page names the places
between which it shows the thread, so that what was loaded by scrolling up stays when something new comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from priyom.foundation.clock import now
from priyom.inbox import again, notes, span
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.read import read
from priyom.inbox.reply import where
from priyom.inbox.span import Span
from priyom.inbox.thread import Entry, Key
from priyom.patients.models import ContactPoint
from priyom.web import frame, guard
from priyom.web.chats import compose, fold
from priyom.web.frame import WORKS, StaffRequest, screen

TYPING_LASTS = timedelta(seconds=6)
START = "start"
"""What a page that shows the thread from its beginning calls that place."""


@screen(*WORKS)
def messages(request: StaffRequest, conversation_id: int) -> HttpResponse:
    """`/chats/<id>/messages`: the thread alone, for the live page.

    `from` and `to` are the places it shows (`to` absent: the end), `older`, `newer`: with a piece more there. `at`:
    about that entry; `end`: the end again. `new` is where the unread begins, `away`: nobody is looking at the end.
    """
    conversation = guard.conversation(request.user, conversation_id)
    fresh = _place(request, "new")
    if fresh is None and request.GET.get("away"):
        fresh = span.first_unread(conversation)
    shown = _shown(request, conversation)
    see(request, conversation, shown)
    return render(request, "web/chats/_messages.html", context(request, conversation, shown, fresh))


def opened(request: StaffRequest, conversation: Conversation) -> dict[str, Any]:
    """The thread as it opens: at `?at=`, else at what nobody has read, else at its end."""
    at = request.GET.get("at", "")
    fresh = span.first_unread(conversation)
    shown = span.around(conversation, at) if at else span.newest(conversation, fresh)
    see(request, conversation, shown)
    return {**context(request, conversation, shown, fresh), "lit": at if any(e.id == at for e in shown.entries) else ""}


def see(request: StaffRequest, conversation: Conversation, shown: Span) -> None:
    """Somebody looks at it. Whoever reads in the past has not seen what is new."""
    if shown.newer:
        return
    if conversation.unread:
        read(conversation)
    notes.seen(conversation, request.user)


def context(request: StaffRequest, conversation: Conversation, shown: Span, fresh: Key | None) -> dict[str, Any]:
    """What `_messages.html` shows."""
    route = where(conversation)
    zone = frame.zone_of(request)
    return {
        "conversation": conversation,
        "days": fold.days(shown.entries, zone, fresh),
        "first": shown.first if shown.older else "",
        "last": shown.last if shown.newer else "",
        "fresh": fresh or "",
        "quotes": _quotes(conversation, shown.entries),
        "quotable": route if route is not None and route.card.replies and not route.closed else None,
        "mark": compose.mark(route),
        "typing": _typing(conversation),
        "zone": zone,
        **_again(conversation, shown.entries),
    }


def _shown(request: StaffRequest, conversation: Conversation) -> Span:
    asked = request.GET
    if at := asked.get("at"):
        return span.around(conversation, at)
    if asked.get("end") or not asked.get("from"):
        return span.newest(conversation)
    low = None if asked["from"] == START else _place(request, "from")
    return span.loaded(
        conversation, low, _place(request, "to"), older=bool(asked.get("older")), newer=bool(asked.get("newer"))
    )


def _place(request: StaffRequest, name: str) -> Key | None:
    text = request.GET.get(name, "")
    place = Key.read(text)
    if text and place is None:
        raise Http404
    return place


def _quotes(conversation: Conversation, entries: Sequence[Entry]) -> dict[str, tuple[str, str]]:
    """Provider id -> (entry id, words) of what may be quoted here and of what was, also further up than is shown."""
    found = {e.provider_id: (e.id, e.text or e.files[0].name) for e in entries if e.provider_id and (e.text or e.files)}
    missing = {entry.reply_to for entry in entries if entry.reply_to} - found.keys()
    if missing:
        rows = Incoming.objects.filter(conversation=conversation, provider_id__in=missing)
        found |= {row.provider_id: (f"i{row.pk}", row.text or _file_name(row)) for row in rows}
    return found


def _file_name(row: Incoming) -> str:
    return str(row.files[0].get("name", "")) if row.files else ""


def _again(conversation: Conversation, entries: Sequence[Entry]) -> dict[str, Any]:
    """What failed: where it went again; else by which way it could (`again_ways`: entry id -> Route); else whom to
    call."""
    went = span.sent_again(conversation, entries)
    failed = [entry for entry in again.offered(entries) if entry.id not in went]
    if not failed:
        return {"again_went": went, "again_ways": {}, "again_failed": set(), "again_call": ""}
    open_ways = again.open_ways(conversation)
    found = {e.id: again.way_for(open_ways, e.channel, e.text, [f.size for f in e.files]) for e in failed}
    ways = {number: way for number, way in found.items() if way is not None}
    return {
        "again_went": went, "again_ways": ways, "again_failed": {entry.id for entry in failed},
        "again_call": "" if len(ways) == len(failed) else _phone(conversation),
    }  # fmt: skip


def _phone(conversation: Conversation) -> str:
    points = ContactPoint.objects.filter(patient=conversation.patient_id, kind="phone", removed_at=None)
    own = sorted(points, key=lambda point: (point.relation != "own", point.pk)) if conversation.patient_id else []
    return own[0].address if own else ""


def _typing(conversation: Conversation) -> int:
    """For how many more milliseconds the person counts as writing; 0 when they do not, or have just sent it."""
    at = conversation.typing_at
    if at is None or at < conversation.last_at:
        return 0
    return max(0, int((at + TYPING_LASTS - now()) / timedelta(milliseconds=1)))
