"""What follows a fact: scenarios start and stop, answers are acted on, and where messages failed a person is asked."""

from __future__ import annotations

from priyom.appointments.facts import (
    VisitArrived,
    VisitBooked,
    VisitCancelled,
    VisitCompleted,
    VisitMissed,
    VisitMoved,
)
from priyom.appointments.models import LIVE, State, Visit
from priyom.contracts.card import Sort
from priyom.contracts.registry import channel as find_channel
from priyom.foundation.clock import now
from priyom.inbox.facts import PatientReplied
from priyom.inbox.models import Incoming
from priyom.inbox.rules import courtesy
from priyom.inbox.tasks import close_for_patient, open_call_task
from priyom.journal.record import Seen, reacts_to
from priyom.notifications.advance import hold
from priyom.notifications.facts import NotificationExhausted
from priyom.notifications.models import Notification
from priyom.notifications.notify import last_call
from priyom.scenarios.answer import answer
from priyom.scenarios.start import start, stop


@reacts_to(VisitBooked)
def visit_booked(fact: VisitBooked, seen: Seen) -> None:
    """Confirmation and reminders."""
    _follow("VisitBooked", fact.visit_id, fact.version, seen, {})


@reacts_to(VisitMoved)
def visit_moved(fact: VisitMoved, seen: Seen) -> None:
    """One message with both times; the reminders follow the new one."""
    _follow("VisitMoved", fact.visit_id, fact.version, seen, {"old_start": fact.old_start.isoformat()})


@reacts_to(VisitCancelled)
def visit_cancelled(fact: VisitCancelled, seen: Seen) -> None:
    """A short confirmation, nothing else."""
    stop(fact.visit_id, "визит отменен")
    _follow("VisitCancelled", fact.visit_id, fact.version, seen, {})


@reacts_to(VisitMissed)
def visit_missed(fact: VisitMissed, seen: Seen) -> None:
    """Half an hour later, the doctor's next free times."""
    stop(fact.visit_id, "пациент не пришел")
    _follow("VisitMissed", fact.visit_id, fact.version, seen, {})


@reacts_to(VisitArrived)
def visit_arrived(fact: VisitArrived, seen: Seen) -> None:
    """Nothing more to remind of."""
    stop(fact.visit_id, "пациент пришел")


@reacts_to(VisitCompleted)
def visit_completed(fact: VisitCompleted, seen: Seen) -> None:
    """Nothing more to remind of."""
    stop(fact.visit_id, "визит состоялся")


@reacts_to(PatientReplied)
def patient_replied(fact: PatientReplied, seen: Seen) -> None:
    """Confirm, move or cancel as the patient said; anything else waits in the thread for a person."""
    if fact.action:
        answer(fact)
        return
    text, files = Incoming.objects.values_list("text", "files").get(pk=fact.incoming_id)
    if courtesy(text) and not files:
        return
    if find_channel(fact.channel).card.sort is Sort.VOICE:
        _call_back(fact)
        return
    hold(fact.patient_id)
    close_for_patient(fact.patient_id, f"написал: «{text[:80]}», ответьте в чате")


@reacts_to(NotificationExhausted)
def notification_exhausted(fact: NotificationExhausted, seen: Seen) -> None:
    """Messages could not do it: a person shall call, while a call still helps."""
    if not fact.must_reach or fact.visit_id is None:
        return
    visit = Visit.objects.select_related("branch", "patient").get(pk=fact.visit_id)
    due = last_call(visit)
    if visit.state not in (State.BOOKED, State.MOVED) or due <= now():
        return
    row = Notification.objects.get(pk=fact.notification_id)
    if row.visit_version == visit.version:
        open_call_task(visit, fact.why, due, row)


def _call_back(fact: PatientReplied) -> None:
    """Asked for a person in a call of ours: words in a thread would not help somebody who listens."""
    coming = Visit.objects.select_related("branch", "patient").filter(state__in=LIVE, starts_at__gt=now())
    asked = coming.filter(pk=fact.visit_id) if fact.visit_id else coming.filter(patient_id=fact.patient_id)
    visit = asked.order_by("starts_at").first()
    hold(fact.patient_id)
    if visit is not None:
        open_call_task(visit, "просит позвонить", max(last_call(visit), now()))


def _follow(kind: str, visit_id: int, version: int, seen: Seen, context: dict[str, str]) -> None:
    visit = Visit.objects.get(pk=visit_id)
    if visit.version != version or visit.history:
        return  # a newer fact about the same visit is behind this one
    stop(visit_id, "визит перенесен", below_version=version)
    start(kind, visit_id, seen.at, context)
