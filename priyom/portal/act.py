"""Perform what a patient pressed: one transaction with the visit locked first, so that an old button never acts on a
changed visit, and a button pressed twice acts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from priyom.appointments.change import cancel, confirm, move
from priyom.appointments.free import LOOK_AHEAD, TimeTaken, hours
from priyom.appointments.models import Visit
from priyom.appointments.rebook import rebook
from priyom.contracts import registry
from priyom.contracts.card import Sort
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of, touch
from priyom.patients.models import ContactPoint, Reach
from priyom.patients.reach import answered
from priyom.portal.questions import OTHER_TIME, Asking
from priyom.portal.rules import Action

ACTING = ("confirm", "keep", "cancel_yes", "slot", "rebook", "other_time")
"""The others (`cancel`, `move`) only lead to a question, however they are pressed."""
STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Act:
    """A press. `channel` carried the link."""

    visit_id: int
    channel: str
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
def act(press: Act) -> None:
    """Do it; what is old, over or done already is left alone. Raises TimeTaken, Visit.DoesNotExist."""
    asking = Asking(find(press.visit_id, lock=True))
    if asking.settled(press.action) or not asking.allows(press.action):
        return
    _perform(press, asking.visit)
    _remember(asking.visit, press.channel)


def _perform(press: Act, visit: Visit) -> None:
    action, channel, evidence = press.action, press.channel, press.evidence
    match action.verb:
        case "confirm" | "keep":
            confirm(visit.pk, by="patient", channel=channel, evidence=evidence)
        case "cancel_yes":
            cancel(visit.pk, by="patient", channel=channel, evidence=evidence)
        case "slot":
            start, end = _span(visit, action)
            move(visit.pk, start, end, by="patient", channel=channel, evidence=evidence, claim_time=True)
        case "rebook":
            rebook(visit, *_span(visit, action))
        case "other_time":
            _hand_over(visit)


def _hand_over(visit: Visit) -> None:
    touch(conversation_of(visit.patient), OTHER_TIME, now(), needs_answer=True)


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
