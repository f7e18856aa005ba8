"""The route of a notification, step by step: the next leg when the last one's time is over, until an end.

`advance_once` is the worker's step. Decisions about order and time are `rules`; here they are carried out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from priyom.appointments.models import LIVE, State
from priyom.contracts.card import Card
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, cancel, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.journal.due import Due
from priyom.journal.record import record
from priyom.notifications.doubt import dispel, ended_how, went_on
from priyom.notifications.evidence import signal_words
from priyom.notifications.facts import NotificationExhausted, NotificationReached
from priyom.notifications.models import Leg, LegState, Notification, NotificationState, Template
from priyom.notifications.notify import last_call, quiet
from priyom.notifications.offers import about
from priyom.notifications.rules import LEAST_WAIT, Quiet, Way, lawful, lawful_from, wait_until
from priyom.notifications.shelter import left_early, note_detour, ways_left
from priyom.notifications.templates import NoTemplate, template_for
from priyom.notifications.ways import counts_as_delivered
from priyom.notifications.wording import compose
from priyom.patients.models import Reach

INFORMS_WITHIN = timedelta(hours=12)
"""A route that only informs tries its next way within so long, however far the visit is."""
DUE = Due(Notification, "act_at")
LIVING = (NotificationState.PLANNED, NotificationState.RUNNING)


@transaction.atomic
def advance_once() -> bool:
    """Take one notification whose moment has come. True when there was one."""
    number = DUE.take()
    if number is None:
        return False
    wide = Notification.objects.select_related(
        "visit__branch", "visit__service", "visit__practitioner", "visit__patient", "patient"
    )
    _step(wide.get(pk=number), now())
    return True


def next_due() -> datetime | None:
    """When the next notification has something to do."""
    return DUE.nearest()


def _step(row: Notification, at: datetime) -> None:
    gone = stale(row)
    if gone:
        end(row, NotificationState.CANCELLED, gone)
        return
    if reached_meanwhile(row):
        return
    instead = left_early(row) if row.state == NotificationState.RUNNING else None
    close_legs(row, LegState.PASSED, "время вышло")
    if at >= row.expires_at:
        if row.state == NotificationState.PLANNED and not row.must_reach:
            end(row, NotificationState.EXPIRED, "поздно отправлять")
        else:
            exhaust(row, "срок сообщения прошел")
        return
    if row.call_at is not None and at >= row.call_at and row.legs.exists():
        exhaust(row, "пора звонить")
        return
    tried = set(row.legs.values_list("contact_point_id", "account_id"))
    left, passed_by = ways_left(row, at, tried)
    if not left:
        exhaust(row, "все способы испробованы" if tried else "нет ни одного открытого канала")
        return
    _start_leg(row, left, at, instead or passed_by)


def _start_leg(row: Notification, left: list[Way], at: datetime, instead_of: int | None) -> None:
    """`instead_of`: the account in a storm for which the route goes this way."""
    assert row.visit is not None
    hours = quiet(row.visit)
    open_now = lawful(left, at, hours.zone)
    if not open_now:
        _after_quiet(row, lawful_from(left, at, hours.zone))
        return
    way, left = open_now[0], open_now
    account = Account.objects.get(pk=way.account_id)
    card = find_channel(account.channel).card
    try:
        template = template_for(row.kind, about(row), card, account, way.window_until)
    except NoTemplate:
        _unsayable(row, way, account, at)
        return
    soundless = row.fresh and card.can_be_quiet
    if hours.holds(at) and not soundless and way.sort != "mail":
        _after_quiet(row, hours.over(at))
        return
    deadline = row.call_at or min(row.expires_at, at + INFORMS_WITHIN)
    bounded = row.call_at is not None
    until = wait_until(at, deadline, [w.usual for w in left], hours, last_waits=bounded)
    leg = Leg.objects.create(
        notification=row, position=row.legs.count(), contact_point_id=way.contact_point_id, account=account,
        address=way.address, started_at=at, wait_until=until,
    )  # fmt: skip
    # What a broken gateway could not take before the quiet hours must not ring in the middle of them.
    loud_until = None if soundless or way.sort == "mail" else hours.next_start(at)
    if way.hours is not None:
        loud_until = Quiet(way.hours[1], way.hours[0], hours.zone).next_start(at)
    last = min(row.expires_at, max(until, at + LEAST_WAIT), loud_until or row.expires_at)
    leg.delivery_id = enqueue(_order(row, way, account, card, template, silent=hours.holds(at), expires_at=last))
    leg.save(update_fields=["delivery"])
    if instead_of is not None and instead_of != account.pk:
        note_detour(leg.delivery_id, instead_of)
    dispel(row, went_on(leg), leg)
    row.state, row.act_at = NotificationState.RUNNING, until
    row.save(update_fields=["state", "act_at"])


def _order(
    row: Notification, way: Way, account: Account, card: Card, template: Template | None, *, silent: bool,
    expires_at: datetime,
) -> Order:  # fmt: skip
    # Below «answered» a channel is asked for its best honest signal up to the goal.
    goal = row.goal if row.goal == Signal.ANSWERED or Signal(row.goal) in card.signals else Signal.ACCEPTED.value
    return Order(
        account_id=account.pk,
        address=way.address,
        body=compose(row.kind, about(row), card, template, way.window_until),
        origin="notification",
        origin_id=row.pk,
        contact_point_id=way.contact_point_id,
        patient_id=row.patient_id,
        visit_id=row.visit_id,
        quiet=silent or way.muted,
        goal=goal,
        expires_at=expires_at,
    )


def _unsayable(row: Notification, way: Way, account: Account, at: datetime) -> None:
    """The vendor has approved no text that says this: the leg stands as failed, and the route goes on at once."""
    Leg.objects.create(
        notification=row, position=row.legs.count(), contact_point_id=way.contact_point_id, account=account,
        address=way.address, started_at=at, wait_until=at, state=LegState.FAILED,
        reason="нет одобренного шаблона этого сообщения",
    )  # fmt: skip
    row.act_at = at
    row.save(update_fields=["act_at"])


def _after_quiet(row: Notification, over: datetime) -> None:
    if over < min(row.expires_at, row.call_at or row.expires_at):
        row.act_at = over
        row.save(update_fields=["act_at"])
    else:
        exhaust(row, "тихие часы кончатся слишком поздно")


def stale(row: Notification) -> str:
    """Why the notification no longer fits its visit; '' when it does."""
    visit = row.visit
    if visit is None:
        return ""
    if row.visit_version != visit.version:
        return "визит перенесен"
    if row.kind == "cancelled":
        return "" if visit.state == State.CANCELLED else "визит снова в силе"
    if row.kind == "no_show":
        return "" if visit.state == State.MISSED else "пациент пришел"
    if visit.state not in LIVE:
        return "визит отменен" if visit.state == State.CANCELLED else "визит состоялся"
    if row.goal == Signal.ANSWERED and visit.state == State.CONFIRMED:
        return "визит уже подтвержден"
    return ""


def reached_meanwhile(row: Notification) -> bool:
    """The person has answered where a message of this route had been taken: now that counts. True: the route ends."""
    taken = row.legs.select_related("account").filter(delivery__signal__in=(Signal.ACCEPTED, Signal.SENT))
    told = taken.order_by("position").annotate(signal=F("delivery__signal"))
    return any(accepted_counts(row, leg, Signal(leg.signal)) for leg in told)


def accepted_counts(row: Notification, leg: Leg, signal: Signal) -> bool:
    """Below «delivered», where the channel tells no more: the policy. True: the goal is reached."""
    if row.state not in LIVING or row.goal != Signal.DELIVERED:
        return False
    known = Reach.objects.filter(contact_point_id=leg.contact_point_id, channel=leg.account.channel).first()
    if not counts_as_delivered(find_channel(leg.account.channel).card, known, now()):
        return False
    reach(row, leg, signal_words(leg.account.channel, signal.value) + "; пациент недавно отвечал здесь")
    return True


def reach(row: Notification, leg: Leg | None, evidence: str) -> None:
    """The goal is reached: the leg by which, and the end of the route. Records NotificationReached."""
    if row.state not in LIVING:
        return
    if leg is not None:
        leg.state, leg.reason = LegState.REACHED, evidence[:300]
        leg.save(update_fields=["state", "reason"])
    row.evidence = evidence[:300]
    end(row, NotificationState.REACHED, "")
    record(
        NotificationReached(
            patient_id=row.patient_id, visit_id=row.visit_id, notification_id=row.pk, kind=row.kind, evidence=evidence
        )
    )  # fmt: skip


def hold(patient_id: int) -> None:
    """The patient has written something only a person can answer: no further message of the running questions goes.

    Each waits for its call, or for its end; what is already out stays out.
    """
    asked = Notification.objects.select_for_update().filter(
        patient_id=patient_id, state=NotificationState.RUNNING, goal=Signal.ANSWERED
    )
    for row in asked.only("call_at", "expires_at"):
        row.act_at = max(now(), row.call_at or row.expires_at)
        row.save(update_fields=["act_at"])


def exhaust(row: Notification, why: str) -> None:
    """Messages have done what they could. Records NotificationExhausted."""
    end(row, NotificationState.EXHAUSTED, why, legs=LegState.PASSED)
    record(
        NotificationExhausted(
            patient_id=row.patient_id, visit_id=row.visit_id, notification_id=row.pk, kind=row.kind,
            must_reach=row.must_reach, call_until=last_call(row.visit) if row.visit else None, why=why,
        )
    )  # fmt: skip


def end(row: Notification, state: NotificationState, reason: str, legs: LegState = LegState.CANCELLED) -> None:
    """Nothing more is done for it; what still waits to be sent is taken back, and its legs get the state `legs`."""
    close_legs(row, legs, reason)
    row.state, row.act_at, row.ended_at = state, None, now()
    row.reason = reason[:300]
    row.save(update_fields=["state", "act_at", "ended_at", "reason", "evidence"])
    dispel(row, ended_how(row))


def close_legs(row: Notification, state: LegState, reason: str) -> None:
    """Legs still waiting are over; their deliveries that have not gone yet never will."""
    waiting = list(row.legs.select_for_update().filter(state=LegState.WAITING))
    if not waiting:
        return
    cancel([leg.delivery_id for leg in waiting if leg.delivery_id], reason or "больше не нужно")
    Leg.objects.filter(pk__in=[leg.pk for leg in waiting]).update(state=state, reason=reason[:300])
