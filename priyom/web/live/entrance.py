"""Who opens a stream, what they may be told of, and from where on: asked once, when the page comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.db import connections
from django.http import HttpRequest

from priyom.clinic.models import Staff
from priyom.inbox.looking import Pair
from priyom.web import guard
from priyom.web.frame import SEES, WORKS
from priyom.web.live.page import Page

MOST = 30
"""Things one page shows by name."""


class Entered(NamedTuple):
    """A page, and what it says it was told last; '' when it says nothing."""

    page: Page
    after: str


def enter(request: HttpRequest) -> Entered | None:
    """The page of whoever is signed in; None for strangers. Sync, in a thread of its own: its connection is closed,
    Django would keep it as long as the stream lasts, one per open page."""
    try:
        staff = request.user
        if not isinstance(staff, Staff) or not staff.is_active:
            return None
        after = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
        return Entered(page_of(staff, request.GET.getlist("about")[:MOST]), after)
    finally:
        connections.close_all()


def page_of(staff: Staff, about: list[str]) -> Page:
    """A page that shows these; of what they may not see it will hear nothing."""
    interest: defaultdict[str, set[str]] = defaultdict(set)
    looking: Pair | None = None
    for word in about:
        kind, _, number = word.partition(":")
        known = WATCHED.get(kind)
        if known is None or not number.isdecimal() or len(number) > 18:
            continue
        try:
            heard = known(staff, int(number))
        except ObjectDoesNotExist:
            continue
        for said in heard:
            interest[said].add(word)
        if kind == "looking" and heard:
            looking = (int(number), staff.pk)
    return Page(staff.role, {said: frozenset(words) for said, words in interest.items()}, looking)


def _chat(staff: Staff, number: int) -> set[str]:
    """A thread shows what was said, and what becomes of the messages to its patient."""
    if staff.role not in WORKS:
        return set()
    found = guard.conversation(staff, number)
    return {f"chat:{number}"} | ({f"patient:{found.patient_id}"} if found.patient_id else set())


def _looking(staff: Staff, number: int) -> set[str]:
    return {f"looking:{number}"} if _chat(staff, number) else set()


def _patient(staff: Staff, number: int) -> set[str]:
    return {f"patient:{guard.patient(staff, number).pk}"} if staff.role in SEES else set()


def _visit(staff: Staff, number: int) -> set[str]:
    return {f"visit:{guard.visit(staff, number).pk}"} if staff.role in SEES else set()


def _task(staff: Staff, number: int) -> set[str]:
    return {f"task:{guard.task(staff, number).pk}"} if staff.role in WORKS else set()


WATCHED: dict[str, Callable[[Staff, int], set[str]]] = {
    "chat": _chat, "looking": _looking, "patient": _patient, "visit": _visit, "task": _task,
}  # fmt: skip
"""What a region may be about, and the changes that concern it. Raise ObjectDoesNotExist for what they may not see."""
