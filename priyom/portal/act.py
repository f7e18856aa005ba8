"""Perform what a patient pressed: one transaction with the visit locked first, so that an old button never acts on a
changed visit, and a button pressed twice acts once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from priyom.appointments.change import NotLive, cancel, confirm, move
from priyom.appointments.free import LOOK_AHEAD, TimeTaken, hours
from priyom.appointments.models import Visit
from priyom.contracts import registry
from priyom.contracts.card import Sort
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of, touch
from priyom.patients.models import ContactPoint, Reach
from priyom.patients.reach import answered
from priyom.portal import questions
from priyom.portal.page import Page
from priyom.portal.questions import Asking
from priyom.portal.rebook import rebook
from priyom.portal.rules import Action

STEP = timedelta(minutes=5)
OTHER_TIME = "Просит другое время (страница визита)"


@dataclass(frozen=True, slots=True)
class Act:
    """A press. `channel` carried the link."""

    visit_id: int
    channel: str
    language: str
    action: Action

    @property
    def evidence(self) -> str:
        """How the house knows, in words for people."""
        return "кнопка в письме" if _sort(self.channel) == Sort.MAIL else "страница визита"


def find(visit_id: int, *, lock: bool = False) -> Visit:
    """The visit with what its page shows. Raises Visit.DoesNotExist."""
    rows = Visit.objects.select_related("patient", "branch", "service", "practitioner")
    return (rows.select_for_update(of=("self",)) if lock else rows).get(pk=visit_id)


@transaction.atomic
def act(press: Act) -> Page:
    """Do it, or say why not; the page that follows. Pressed twice, it is done once. Raises Visit.DoesNotExist."""
    asking = Asking(find(press.visit_id, lock=True), press.language)
    if asking.settled(press.action):
        return replace(questions.after(asking, press.action), done=True)
    if not asking.allows(press.action):
        return questions.stale(asking)
    match press.action.verb:
        case "cancel":
            return questions.ask_cancel(asking)
        case "move":
            return questions.times(asking)
    try:
        page = _perform(press, asking)
    except NotLive:
        return questions.stale(asking)
    except TimeTaken:
        return replace(questions.times(asking, asking.words.taken), done=True)
    _remember(asking.visit, press.channel)
    return replace(page, done=True)


def _perform(press: Act, asking: Asking) -> Page:
    visit, action = asking.visit, press.action
    match action.verb:
        case "confirm" | "keep":
            confirm(visit.pk, by="patient", channel=press.channel, evidence=press.evidence)
        case "cancel_yes":
            cancel(visit.pk, by="patient", channel=press.channel, evidence=press.evidence)
        case "other_time":
            _hand_over(visit)
            return questions.handed_over(asking)
        case "slot":
            start, end = _span(visit, action)
            move(visit.pk, start, end, by="patient", channel=press.channel, evidence=press.evidence, claim_time=True)
        case "rebook":
            rebook(visit, *_span(visit, action))
    return questions.after(replace(asking, visit=find(visit.pk)), action)


def _hand_over(visit: Visit) -> None:
    thread = conversation_of(visit.patient)
    if not (thread.needs_answer and thread.last_text == OTHER_TIME):
        touch(thread, OTHER_TIME, now(), needs_answer=True)


def _span(visit: Visit, action: Action) -> tuple[datetime, datetime]:
    """The asked time, if the clinic could have offered it: the time in a link is not signed, anybody may type another.

    Raises TimeTaken. Whether somebody else has it is decided by the claim.
    """
    start, length = action.start, visit.ends_at - visit.starts_at
    assert start is not None
    if not now() < start < now() + LOOK_AHEAD + timedelta(days=1):
        raise TimeTaken
    local = start.astimezone(ZoneInfo(visit.branch.time_zone))
    end = (start + length).astimezone(local.tzinfo)
    fits = any(
        opens <= local.time() and end.time() <= closes and end.date() == local.date()
        for opens, closes in hours(visit.practitioner, visit.branch).get(local.weekday(), ())
    )
    if not fits or start.timestamp() % STEP.total_seconds():
        raise TimeTaken
    return start, start + length


def _remember(visit: Visit, channel: str) -> None:
    """It is an answer on that channel; on which address is known only when there is exactly one."""
    try:
        kind = registry.channel(channel).card.contact_kind
    except registry.NoSuchChannel:
        return
    lost = Reach.objects.filter(channel=channel).exclude(lost="").values("contact_point")
    points = ContactPoint.objects.filter(patient=visit.patient, kind=kind, removed_at=None).exclude(pk__in=lost)
    if len(points[:2]) == 1:
        answered(points[0], channel, now())


def _sort(channel: str) -> Sort | None:
    try:
        return registry.channel(channel).card.sort
    except registry.NoSuchChannel:
        return None
