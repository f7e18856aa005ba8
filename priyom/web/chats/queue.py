"""The list beside the thread: tabs with their counts, filters, rows in pieces as one scrolls, and the search. What is
chosen stands in the address: `?show=&branch=&channel=&q=`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from priyom.clinic.access import branches
from priyom.contracts.card import Audience
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.inbox import queue, search
from priyom.inbox.models import Conversation
from priyom.inbox.queue import Choice, Place
from priyom.patients import find
from priyom.patients.access import visible
from priyom.patients.models import Patient
from priyom.web import frame, guard, say
from priyom.web.frame import WORKS, StaffRequest, screen

TABS = {
    "all": gettext_noop("All"),
    "waiting": gettext_noop("Wait for an answer"),
    "mine": gettext_noop("Mine"),
    "nobody": gettext_noop("Nobody's"),
    "patient": gettext_noop("We wait for the patient"),
    "done": gettext_noop("Done"),
    "unknown": gettext_noop("Unknown"),
    "named": gettext_noop("I am named"),
}
RARE = ("unknown", "named")
"""Tabs that stand there only while there is something under them."""
PEOPLE, MESSAGES, PROGRAM = 8, 10, 4
"""How many of each a search shows."""
LONGEST = 100
FIND = "chat-find"
"""The id of the form in which one types: what it asks for changes the address in place."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody waits, and how that stands to the promise. `level`: '' | soon | late."""

    since: datetime
    until: datetime | None
    level: str
    text: str
    promise: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    chat: Conversation
    wait: Wait | None
    draft: str
    named: bool
    branch: str
    address: str
    """Of the page with this thread open."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    choice: Choice
    text: str

    def query(self, **over: str) -> str:
        """`?show=mine&branch=3`, without what is not chosen."""
        choice = self.choice
        known = {
            "show": "" if choice.tab == "all" else choice.tab, "branch": str(choice.branch or ""),
            "channel": choice.channel, "q": self.text,
        }  # fmt: skip
        chosen = {name: value for name, value in {**known, **over}.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""


@screen(*WORKS)
def rows(request: StaffRequest) -> HttpResponse:
    """`/chats/rows`: the list anew under another tab, filter or words; the page's address follows."""
    response = render(request, "web/chats/_list.html", listing(request))
    if frame.part(request) and request.htmx.current_url:
        address = f"{reverse('web:chats')}{wanted(request).query(**_open_beside(request.htmx.current_url))}"
        response["HX-Replace-Url" if request.htmx.trigger == FIND else "HX-Push-Url"] = address
    return response


@screen(*WORKS)
def piece(request: StaffRequest) -> HttpResponse:
    """`/chats/piece?after=&until=`: the rows between two places, for the live page and for scrolling."""
    asked = wanted(request)
    return render(request, "web/chats/_piece.html", {**_frame(request, asked), **_piece(request, asked)})


@screen(*WORKS)
def tabs(request: StaffRequest) -> HttpResponse:
    """`/chats/tabs`: the tabs with their counts, for the live page."""
    asked = wanted(request)
    return render(request, "web/chats/_tabs.html", {**_frame(request, asked), **_tabs(request, asked)})


def listing(request: StaffRequest) -> dict[str, Any]:
    """Everything the list shows: what was found for the words typed, or else the tabs and the first piece."""
    asked = wanted(request)
    context = _frame(request, asked) | _filters(request)
    if asked.text:
        return context | _found(request, asked)
    return context | _tabs(request, asked) | _piece(request, asked)


def wanted(request: StaffRequest) -> Wanted:
    """What the address asks for. Raises Http404 for a tab or a branch there is not."""
    tab = request.GET.get("show", "") or "all"
    if tab not in queue.TABS:
        raise Http404
    choice = Choice(tab, frame.number(request, "branch"), request.GET.get("channel", "")[:40])
    return Wanted(choice, " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST])


def _frame(request: StaffRequest, asked: Wanted) -> dict[str, Any]:
    return {"asked": asked, "show": asked.choice.tab, "zone": frame.zone_of(request), "moment": now()}


def _filters(request: StaffRequest) -> dict[str, Any]:
    """Branches and channels to choose from; a choice of one is none."""
    known = set(Account.objects.filter(enabled=True).values_list("channel", flat=True))
    cards = {key: card for key in known if (card := say.card(key)) is not None and card.audience is not Audience.STAFF}
    channels = sorted(cards, key=lambda key: cards[key].title)
    places = branches(request.user)
    return {
        "find_branches": places if len(places) > 1 else [],
        "find_channels": channels if len(channels) > 1 else [],
        "words": {"min": _("%(n)d min"), "h": _("%(n)d h"), "d": _("%(n)d d"), "waits": _("waits %(span)s")},
    }


def _tabs(request: StaffRequest, asked: Wanted) -> dict[str, Any]:
    counts = queue.counts(guard.conversations(request.user), request.user, asked.choice)
    shown = [
        {
            "key": key, "title": _(title), "count": counts[key], "chosen": key == asked.choice.tab,
            "query": replace(asked, choice=replace(asked.choice, tab=key), text="").query(),
        }
        for key, title in TABS.items()
        if key not in RARE or key == asked.choice.tab or counts[key] != "0"
    ]  # fmt: skip
    return {"tabs": shown, "branch_waits": queue.waiting(guard.conversations(request.user))}


def _piece(request: StaffRequest, asked: Wanted) -> dict[str, Any]:
    after, until = _place(request, "after"), _place(request, "until")
    chats = queue.chosen(guard.conversations(request.user).select_related("branch"), request.user, asked.choice)
    found = queue.piece(chats, after, until)
    return {
        "lines": lines(request, found.rows, asked),
        "cut": str(found.cut) if found.cut else "",
        "piece_after": str(after or ""),
        "piece_until": str(until or ""),
    }


def _place(request: StaffRequest, name: str) -> Place | None:
    text = request.GET.get(name, "")
    try:
        return Place.read(text) if text else None
    except ValueError as error:
        raise Http404 from error


def lines(request: StaffRequest, chats: Sequence[Conversation], asked: Wanted) -> list[Line]:
    """Rows with what this person sees of them."""
    zone = frame.zone_of(request)
    begun, named = queue.drafts(request.user, chats), queue.named(request.user, chats)
    several = asked.choice.branch is None and len(branches(request.user)) > 1
    return [
        Line(
            chat=chat, wait=wait(chat, zone), draft=begun.get(chat.pk, ""), named=chat.pk in named,
            branch=chat.branch.name if several and chat.branch is not None else "",
            address=f"{reverse('web:chats')}{asked.query(chat=str(chat.pk))}",
        )
        for chat in chats
    ]  # fmt: skip


def wait(chat: Conversation, zone: ZoneInfo) -> Wait | None:
    """How the wait stands now; None when nobody waits. The promise is told in the branch's own time."""
    since, until, at = chat.waiting_since, chat.promised_until, now()
    if since is None:
        return None
    level = "" if until is None else "late" if at >= until else "soon" if at >= since + (until - since) * 2 / 3 else ""
    there = ZoneInfo(chat.branch.time_zone) if chat.branch is not None else zone
    promise = _("promised by %(time)s") % {"time": say.until(_moment(until, at, there))} if until is not None else ""
    return Wait(since, until, level, say.waits(at - since), promise)


def _moment(at: datetime, today: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    if local.date() == today.astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{say.day(local.date(), today.astimezone(zone).date())} {local:%H:%M}"


def _found(request: StaffRequest, asked: Wanted) -> dict[str, Any]:
    threads = _narrowed(guard.conversations(request.user).select_related("branch"), asked.choice)
    with find.each_planned():
        people = find.best(visible(request.user), asked.text, PEOPLE)
        chats = list(threads.filter(patient__in=[patient.pk for patient in people]))
        strange = search.strangers(threads, asked.text, PEOPLE - len(people))
        said, sent = search.messages(threads, asked.text, MESSAGES, PROGRAM)
    by_patient = {line.chat.patient_id: line for line in lines(request, chats, asked)}
    shown = _shown(people, by_patient, asked.choice)
    prefetch_related_objects(shown, "contacts")
    return {
        "people": [(patient, by_patient.get(patient.pk)) for patient in shown],
        "strange": lines(request, strange, asked),
        "said": [(hit, _at(asked, hit)) for hit in said],
        "sent": [(hit, _at(asked, hit)) for hit in sent],
    }


def _at(asked: Wanted, hit: search.Found) -> str:
    """The address of the page with the thread open at that message."""
    return f"{reverse('web:chats')}{asked.query(chat=str(hit.conversation.pk), at=hit.entry)}"


def _narrowed(threads: QuerySet[Conversation], choice: Choice) -> QuerySet[Conversation]:
    """The search looks under every tab, but keeps to the branch and channel chosen."""
    if choice.branch is not None:
        threads = threads.filter(branch=choice.branch)
    return threads.filter(channel=choice.channel) if choice.channel else threads


def _shown(people: list[Patient], known: dict[int | None, Line], choice: Choice) -> list[Patient]:
    if choice.branch is None and not choice.channel:
        return people
    return [patient for patient in people if patient.pk in known]


def _open_beside(address: str) -> dict[str, str]:
    """The thread that is open on the page which asks: it stays in the address."""
    parts = urlsplit(address)
    chat = parse_qs(parts.query).get("chat", [""])[0]
    try:
        match = resolve(parts.path)
    except Resolver404:
        return {}
    if match.url_name == "chat":
        chat = str(match.kwargs["conversation_id"])
    return {"chat": chat} if chat.isdecimal() else {}
