"""Each promise of the house broken by hand, one at a time: found once, put right, told; then all is quiet again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction

from priyom.appointments import change
from priyom.appointments.models import LIVE, Visit
from priyom.contracts.message import Signal
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Delivery, Doubt
from priyom.foundation.clock import clock, now
from priyom.journal.models import Fact, Pending
from priyom.notifications.models import Leg, Notification
from priyom.workers.lease import LOCKS
from priyom.workers.reconcile import reconcile
from tests.driver import BLOCKED, REJECTED, Refused, open_house, press, rest, turn
from tests.factories import CHAT, MAIL, MONDAY, PHONE, SETTINGS, make_account, make_patient, make_visit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

Plant = Callable[[Leg], object]


@pytest.fixture
def house(db: None) -> None:
    """A reminder is out and its leg waits for an answer, in a house that wants nothing."""
    clock.freeze(MONDAY)
    open_house()
    for channel in SETTINGS:
        make_account(channel)
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY)
    rest()
    turn(visit.starts_at - 23 * HOUR)
    assert reconcile() == 0


@contextmanager
def planted(plant: Plant) -> Iterator[Leg]:
    """The leg that waits, with this broken; the house is as it was afterwards."""
    at = now()
    try:
        with transaction.atomic():
            leg = Leg.objects.select_related("notification", "delivery", "account").get(state="waiting")
            plant(leg)
            yield leg
            transaction.set_rollback(True)
    except AssertionError as error:
        error.add_note(plant.__name__)
        raise
    clock.freeze(at)


def _now_is(leg: Leg, **values: object) -> None:
    Delivery.objects.filter(pk=leg.delivery_id or 0).update(**values)


def _order(leg: Leg, **more: object) -> int:
    values: dict[str, object] = {
        "account_id": leg.account_id, "address": leg.address, "body": {"text": "Ждем", "rows": []}, "origin": "staff"
    }  # fmt: skip
    return enqueue(Order(**{**values, **more}))  # type: ignore[arg-type]


def failed(leg: Leg) -> None:
    _now_is(leg, signal="failed", evidence="шлюз отказал", signal_at=now() - 3 * MINUTE)


def taken_back(leg: Leg) -> None:
    _now_is(leg, state="cancelled", signal="", evidence="сняли", signal_at=now() - 3 * MINUTE)


def goal_reached(leg: Leg) -> None:
    Notification.objects.filter(pk=leg.notification_id).update(goal="delivered")
    _now_is(leg, signal="read", signal_at=now() - 3 * MINUTE)


def goal_reached_late(leg: Leg) -> None:
    goal_reached(leg)
    Leg.objects.filter(pk=leg.pk).update(state="passed")


def ended(leg: Leg) -> None:
    ended_at = now() - 3 * MINUTE
    Notification.objects.filter(pk=leg.notification_id).update(state="cancelled", act_at=None, ended_at=ended_at)


def at_a_switched_off_account(leg: Leg) -> None:
    _now_is(leg, state="waiting", signal="", due_at=now() + HOUR)
    Account.objects.filter(pk=leg.account_id).update(enabled=False)


def left_in_hand(leg: Leg) -> None:
    _now_is(leg, state="sending", signal="", claimed_at=now() - 16 * MINUTE)


def an_edit_left_in_hand(leg: Leg) -> None:
    _order(leg, op="edit")
    Delivery.objects.filter(op="edit").update(state="sending", claimed_at=now() - 16 * MINUTE)


def past_its_time(leg: Leg) -> None:
    _now_is(leg, state="waiting", signal="", expires_at=now() - 3 * MINUTE, due_at=now() + HOUR)


def past_its_time_and_maybe_sent(leg: Leg) -> None:
    past_its_time(leg)
    _now_is(leg, maybe_sent=True)


def by_hand_at_a_switched_off_account(leg: Leg) -> None:
    _order(leg, due_at=now() - 61 * MINUTE)
    Account.objects.filter(pk=leg.account_id).update(enabled=False)


def unlisted(leg: Leg) -> None:
    _now_is(leg, signal="uncertain", maybe_sent=True, signal_at=now() - 3 * MINUTE)


def pumped_by_nobody(leg: Leg) -> None:
    _order(leg, due_at=now() - 16 * MINUTE)


PLANTS: dict[Plant, tuple[str, str]] = {
    failed: ("попытка не удалась, а путь ждал", "путь идет дальше"),
    taken_back: ("попытка не удалась, а путь ждал", "путь идет дальше"),
    goal_reached: ("цель достигнута, а путь шел дальше", "путь окончен"),
    goal_reached_late: ("цель достигнута, а путь шел дальше", "путь окончен"),
    ended: ("сообщение больше не нужно, а попытка ждала", "попытка отменена"),
    at_a_switched_off_account: ("попытка ждала выключенный канал", "путь идет дальше"),
    left_in_hand: ("сообщение отправлялось, но его никто не вел", "исход назван неизвестным"),
    an_edit_left_in_hand: ("сообщение отправлялось, но его никто не вел", "исход назван неизвестным"),
    past_its_time: ("сообщение ждало дольше своего срока", "оно снято"),
    past_its_time_and_maybe_sent: ("сообщение ждало дольше своего срока", "оно снято"),
    by_hand_at_a_switched_off_account: ("сообщение ждало выключенный канал", "сказано, что оно не ушло"),
    unlisted: ("неизвестно, дошло ли, а в списке нет", "внесено в список"),
    pumped_by_nobody: ("канал «Telegram» никто не вел", "канал назван неисправным"),
}

AFTERWARDS: dict[Plant, tuple[str, str, str, str]] = {
    failed: ("failed", "running", "settled", "failed"),
    taken_back: ("failed", "running", "cancelled", ""),
    goal_reached: ("reached", "reached", "settled", "read"),
    goal_reached_late: ("reached", "reached", "settled", "read"),
    ended: ("cancelled", "cancelled", "settled", "accepted"),
    at_a_switched_off_account: ("failed", "running", "cancelled", ""),
    left_in_hand: ("waiting", "running", "settled", "uncertain"),
    past_its_time: ("waiting", "running", "settled", "failed"),
    past_its_time_and_maybe_sent: ("waiting", "running", "settled", "uncertain"),
    unlisted: ("waiting", "running", "settled", "uncertain"),
}
"""Leg, notification, delivery, signal: right after the repair, before anybody has reacted."""


@pytest.mark.usefixtures("house")
def test_what_is_broken_is_found_once_and_put_right() -> None:
    for plant, words in PLANTS.items():
        with planted(plant) as leg:
            assert reconcile() == 1
            told = Fact.objects.filter(type="ReconcilerFound")
            assert [(fact.data["what"], fact.data["repaired"]) for fact in told] == [words]
            assert reconcile() == 0
            if plant in AFTERWARDS:
                leg = Leg.objects.select_related("notification", "delivery").get(pk=leg.pk)
                assert leg.delivery is not None
                states = leg.state, leg.notification.state, leg.delivery.state, leg.delivery.signal
                assert states == AFTERWARDS[plant]
            rest()
            turn(5 * MINUTE)
            assert reconcile() == 0
            assert told.count() == 1


@pytest.mark.usefixtures("house")
def test_what_follows_from_it() -> None:
    for plant in (left_in_hand, past_its_time_and_maybe_sent, unlisted):
        with planted(plant) as leg:
            reconcile()
            assert Doubt.objects.get().delivery_id == leg.delivery_id
    for plant in (failed, at_a_switched_off_account, past_its_time):
        with planted(plant) as leg:
            reconcile()
            [left] = rest()
            assert left.account_id != leg.account_id
            assert left.origin_id == leg.notification_id
    with planted(by_hand_at_a_switched_off_account):
        reconcile()
        [row] = Delivery.objects.filter(origin="staff")
        assert (row.state, row.signal, row.evidence) == ("settled", "failed", "канал выключен, сообщение не ушло")
    with planted(pumped_by_nobody) as leg:
        reconcile()
        leg.account.refresh_from_db()
        assert leg.account.health == "broken"
        assert Fact.objects.filter(type="AccountHealthChanged", data__health="broken").exists()


@pytest.mark.usefixtures("house")
def test_what_is_in_good_hands_is_left_alone() -> None:
    for plant in (left_in_hand, pumped_by_nobody):
        with planted(plant) as leg, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, leg.account_id])
            assert reconcile() == 0
    for plant in (failed, taken_back, goal_reached):
        with planted(plant) as leg:
            fact = Fact.objects.filter(type="DeliverySettled").latest("id")
            reactor, patient = "notifications.delivery_settled", leg.notification.patient_id
            waiting = Pending.objects.create(fact=fact, reactor=reactor, key=patient, next_try_at=now())
            assert reconcile() == 0
            Pending.objects.filter(pk=waiting.pk).update(parked=True)
            assert reconcile() == 1
    with planted(failed) as leg:
        _now_is(leg, signal_at=now() - MINUTE)
        staff = _order(leg, due_at=now() - 10 * MINUTE)
        Account.objects.filter(pk=leg.account_id).update(enabled=False)
        assert reconcile() == 0
        assert Delivery.objects.get(pk=staff).state == "waiting"


def test_a_clinic_in_which_much_goes_wrong_is_whole_all_day(db: None) -> None:
    """Gateways that refuse, stay silent and are blocked, patients who answer or do not, visits that move and fall."""
    dice = Random(20260302)
    clock.freeze(MONDAY - 3 * HOUR)
    open_house()
    for channel in SETTINGS:
        make_account(channel)
    contacts = (
        {"telegram": CHAT, "phone": PHONE},
        {"phone": PHONE, "email": MAIL},
        {"telegram": CHAT},
        {"email": MAIL},
    )
    starts = [MONDAY + hours * HOUR for hours in (3, 8, 22, 25, 27, 50)]
    visits = [make_visit(make_patient(**contacts[n % 4]), start) for n, start in enumerate(starts)]
    words: list[Signal | Refused] = [Signal.ACCEPTED, Signal.DELIVERED, Signal.UNCERTAIN, REJECTED, BLOCKED]
    for _ in range(14):
        left = turn(2 * HOUR, lambda delivery: dice.choice(words))
        assert reconcile() == 0
        for delivery in left:
            if delivery.signal in ("accepted", "delivered") and delivery.body.get("rows") and dice.random() < 0.3:
                press(delivery, "")
        visit = Visit.objects.get(pk=dice.choice(visits).pk)
        if visit.state in LIVE and visit.starts_at > now() and dice.random() < 0.3:
            if dice.random() < 0.5:
                change.move(visit.pk, visit.starts_at + 5 * HOUR, visit.ends_at + 5 * HOUR, by="mis")
            else:
                change.cancel(visit.pk, by="mis")
    turn(5 * MINUTE)
    assert reconcile() == 0
    assert not Fact.objects.filter(type="ReconcilerFound").exists()
    assert {"failed", "uncertain", "accepted"} <= set(Delivery.objects.values_list("signal", flat=True))
