"""What the route does when something becomes known: a delivery settled, a visit changed, a consent withdrawn."""

from __future__ import annotations

from pathlib import Path

from django.db import connection
from django.db.models import QuerySet

from priyom.appointments.facts import (
    VisitArrived,
    VisitCancelled,
    VisitCompleted,
    VisitConfirmed,
    VisitMissed,
    VisitMoved,
)
from priyom.consent.facts import ConsentChanged
from priyom.contracts.message import Signal
from priyom.contracts.registry import family
from priyom.delivery.enqueue import cancel
from priyom.delivery.facts import DeliverySettled
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.journal.record import Seen, reacts_to
from priyom.notifications.advance import LIVING, accepted_counts, end, reach, reached_meanwhile, stale
from priyom.notifications.doubt import dispel, ended_how, went_on
from priyom.notifications.evidence import signal_words
from priyom.notifications.models import Leg, LegState, Notification, NotificationState
from priyom.notifications.standing import settle_standing
from priyom.patients.facts import ContactLost

sql = Statements(Path(__file__).parent / "sql")


@reacts_to(DeliverySettled)
def delivery_settled(fact: DeliverySettled, seen: Seen) -> None:
    """A leg has a signal: on to the next one, or the goal is reached - also when the leg's time was already over."""
    if fact.origin != "notification":
        return
    with connection.cursor() as cursor:
        cursor.execute(sql["leg_of"], {"delivery": fact.delivery_id})
        found = cursor.fetchone()
    signal = Signal(fact.signal)
    if found is None or not _concerns(signal, *found[1:]):
        return
    leg = Leg.objects.select_related("account", "notification").get(pk=found[0])
    row = leg.notification
    if signal == Signal.FAILED:
        _leg_failed(row, leg, fact.evidence or fact.code)
    elif signal == Signal.UNCERTAIN:
        _leg_uncertain(row, leg)
    elif signal.rung >= Signal(row.goal).rung:
        reach(row, leg, signal_words(leg.account.channel, signal.value))
    else:
        accepted_counts(row, leg, signal)


def _concerns(signal: Signal, state: str, goal: str) -> bool:
    """Whether the route has anything to do with it: most signals come on the way to an answer, or after the end."""
    if signal in (Signal.FAILED, Signal.UNCERTAIN):
        return True
    if state not in LIVING or goal == Signal.ANSWERED:
        return False
    return goal == Signal.DELIVERED or signal.rung >= Signal(goal).rung


def _leg_failed(row: Notification, leg: Leg, why: str) -> None:
    if leg.state != LegState.WAITING:
        return
    leg.state, leg.reason = LegState.FAILED, why[:300]
    leg.save(update_fields=["state", "reason"])
    if row.state in LIVING:
        row.act_at = now()
        row.save(update_fields=["act_at"])


def _leg_uncertain(row: Notification, leg: Leg) -> None:
    if row.state not in LIVING:
        dispel(row, ended_how(row))
    elif leg.state != LegState.WAITING:
        newest = row.legs.select_related("account").order_by("-position").first()
        if newest is not None and newest.pk != leg.pk:
            dispel(row, went_on(newest), newest)
    # A reminder prefers «not twice»: its timer goes on. News of a moved or fallen visit prefers «not never».
    if row.fresh and row.state in LIVING and leg.state == LegState.WAITING:
        row.act_at = now()
        row.save(update_fields=["act_at"])


@reacts_to(VisitConfirmed)
def visit_confirmed(fact: VisitConfirmed, seen: Seen) -> None:
    """The question is answered: every live notification that asked it has reached its goal. What only told of the visit
    need not be told another way, if it was taken where the answer came from."""
    for row in _live(fact.visit_id):
        if row.goal == Signal.ANSWERED:
            leg = row.legs.filter(account__channel=fact.channel).order_by("-position").first()
            reach(row, leg, fact.evidence)
        else:
            reached_meanwhile(row)
    settle_standing(fact.visit_id, "confirmed")


@reacts_to(VisitMoved)
def visit_moved(fact: VisitMoved, seen: Seen) -> None:
    """Reminders of the old time never go; what stands in the chats is struck."""
    _drop_stale(fact.visit_id)
    settle_standing(fact.visit_id, "moved")


@reacts_to(VisitCancelled)
def visit_cancelled(fact: VisitCancelled, seen: Seen) -> None:
    """The same for a visit that fell."""
    _drop_stale(fact.visit_id)
    settle_standing(fact.visit_id, "cancelled")


@reacts_to(ContactLost)
def contact_lost(fact: ContactLost, seen: Seen) -> None:
    """The way is closed while its leg waits there: on to the next one at once."""
    channels = family(fact.channel) if fact.how == "gone" else {fact.channel}
    for leg in _waiting(fact.patient_id).filter(contact_point=fact.contact_point_id, account__channel__in=channels):
        _close_way(leg, fact.why or "канал закрыт")


@reacts_to(ConsentChanged)
def consent_changed(fact: ConsentChanged, seen: Seen) -> None:
    """The patient forbids it while a leg waits there: likewise."""
    if fact.given:
        return
    legs = _waiting(fact.patient_id).filter(notification__purpose=fact.purpose)
    for leg in legs.filter(account__channel__in=family(fact.channel)) if fact.channel else legs:
        _close_way(leg, "пациент отказался от сообщений")


def _waiting(patient_id: int | None) -> QuerySet[Leg]:
    return Leg.objects.filter(state=LegState.WAITING, notification__patient_id=patient_id or 0)


def _close_way(leg: Leg, why: str) -> None:
    row = Notification.objects.select_for_update().get(pk=leg.notification_id)
    if leg.delivery_id is not None:
        cancel([leg.delivery_id], why)
    _leg_failed(row, leg, why)


@reacts_to(VisitArrived)
def visit_arrived(fact: VisitArrived, seen: Seen) -> None:
    """Nothing more to remind of."""
    _drop_stale(fact.visit_id)


@reacts_to(VisitCompleted)
def visit_completed(fact: VisitCompleted, seen: Seen) -> None:
    """Nothing more to remind of."""
    _drop_stale(fact.visit_id)


@reacts_to(VisitMissed)
def visit_missed(fact: VisitMissed, seen: Seen) -> None:
    """The same; the offer of other times is a new notification."""
    _drop_stale(fact.visit_id)


def _live(visit_id: int) -> list[Notification]:
    return list(
        Notification.objects.select_for_update(of=("self",))
        .select_related("visit")
        .filter(visit_id=visit_id, state__in=LIVING)
        .order_by("id")
    )


def _drop_stale(visit_id: int) -> None:
    for row in _live(visit_id):
        why = stale(row)
        if why:
            end(row, NotificationState.CANCELLED, why)
