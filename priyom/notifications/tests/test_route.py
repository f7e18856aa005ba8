"""The route of a notification: from channel to channel, planned back from the visit, until the goal or an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.consent.change import withdraw
from priyom.contracts.message import Signal
from priyom.delivery.consequence import Settled
from priyom.delivery.models import Delivery, Doubt
from priyom.foundation.clock import clock, now
from priyom.journal.models import Fact
from priyom.notifications.models import Leg, Notification
from priyom.notifications.notify import Order, call_at, last_call, notify
from priyom.notifications.tests.conftest import Accounts
from priyom.patients.models import ContactPoint, Reach
from priyom.patients.reach import lost as mark_lost
from tests.driver import BLOCKED, REJECTED, gateway, press, rest, settle_house, settle_now, tell, turn
from tests.factories import CHAT, MAIL, MAX_CHAT, MONDAY, PHONE, make_patient, make_reach, make_visit

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def almaty(day: int, hour: int, minute: int = 0) -> datetime:
    """A local moment of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - 5 * HOUR


def reminder(visit: Visit, **over: Any) -> Notification:
    values: dict[str, Any] = {"kind": "reminder_24h", "goal": "answered", "must_reach": True}
    number = notify(Order(visit, **{**values, **over}))
    assert number is not None
    return Notification.objects.get(pk=number)


def informing(visit: Visit, **over: Any) -> Notification:
    return reminder(visit, **{"kind": "confirmation", "goal": "delivered", "must_reach": False, "fresh": True, **over})


def legs(row: Notification) -> list[tuple[str, str]]:
    found = Leg.objects.filter(notification=row).order_by("position").select_related("account")
    return [(leg.account.channel, leg.state) for leg in found]


def fresh(row: Notification) -> Notification:
    return Notification.objects.get(pk=row.pk)


def channels(left: list[Delivery]) -> list[str]:
    return [delivery.account.channel for delivery in left]


def ends(row: Notification) -> list[str]:
    kinds = ("NotificationReached", "NotificationExhausted")
    found = Fact.objects.filter(type__in=kinds, data__notification_id=row.pk).order_by("id")
    return [fact.type for fact in found]


def doubted(row: Notification) -> tuple[str, str]:
    """How the doubt about its one uncertain leg stands: resolved by, and how."""
    found = Doubt.objects.get(delivery__leg__notification=row)
    return found.resolved, found.how


# -- once --


def test_one_per_visit_version_and_kind(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT), MONDAY + DAY)
    reminder(visit)
    assert notify(Order(visit, "reminder_24h", "answered")) is None
    assert notify(Order(visit, "reminder_2h", "answered")) is not None
    moved = change.move(visit.pk, MONDAY + 2 * DAY, MONDAY + 2 * DAY + HOUR, by="mis")
    assert notify(Order(moved, "reminder_24h", "answered")) is not None
    assert Notification.objects.count() == 3


# -- the cascade --


def test_messenger_then_sms_then_a_person_in_time(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE, email=MAIL), almaty(3, 15))
    row = reminder(visit)
    assert last_call(visit) == almaty(3, 14)
    assert row.call_at == call_at(visit, MONDAY) == almaty(3, 12)
    left = turn(almaty(3, 15))
    assert channels(left) == ["telegram", "smsc", "smtp"]
    assert legs(row) == [("telegram", "passed"), ("smsc", "passed"), ("smtp", "passed")]
    row = fresh(row)
    assert (row.state, row.act_at, ends(row)) == ("exhausted", None, ["NotificationExhausted"])
    fact = Fact.objects.get(type="NotificationExhausted")
    assert fact.at == almaty(3, 12)
    assert (fact.data["must_reach"], fact.data["call_until"]) == (True, almaty(3, 14).isoformat())


def test_each_leg_gets_its_share_of_the_open_time_and_the_last_one_waits_for_the_call(accounts: Accounts) -> None:
    # Seven hours until a call must be ordered, the evening before: the messenger and SMS need the same by their cards.
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE), almaty(3, 9))
    row = reminder(visit)
    assert row.call_at == almaty(2, 18)
    settle_house()
    first = Leg.objects.get(notification=row)
    assert first.wait_until == almaty(2, 14, 30)
    turn(almaty(2, 14, 30))
    second = Leg.objects.get(notification=row, position=1)
    assert (second.started_at, second.wait_until) == (almaty(2, 14, 30), almaty(2, 18))


def test_no_leg_but_the_last_waits_longer_than_four_usual_times(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 7 * DAY)
    make_reach(visit.patient, "telegram", "telegram", usual_answer_seconds=1800)
    row = reminder(visit)
    settle_house()
    assert Leg.objects.get(notification=row).wait_until == MONDAY + 2 * HOUR


def test_where_the_patient_last_answered_comes_first(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT, max=MAX_CHAT, phone=PHONE)
    make_reach(patient, "phone", "smsc", answered_at=MONDAY - DAY)
    make_reach(patient, "max", "max_messenger", started_at=MONDAY - DAY)
    row = reminder(make_visit(patient, MONDAY + 3 * DAY))
    left = turn(2 * DAY)
    assert channels(left) == ["smsc", "max_messenger", "telegram"]
    assert fresh(row).state == "running"


def test_nobody_to_write_to_is_known_at_once(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(), MONDAY + DAY))
    settle_house()
    assert (fresh(row).state, fresh(row).reason) == ("exhausted", "нет ни одного открытого канала")
    assert Fact.objects.get(type="NotificationExhausted").at == MONDAY


def test_a_late_start_shares_what_is_left_with_the_person(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 90 * MINUTE))
    assert row.call_at == MONDAY + 15 * MINUTE
    assert channels(turn(10 * MINUTE)) == ["telegram", "smsc"]
    turn(MONDAY + 15 * MINUTE)
    assert fresh(row).state == "exhausted"


def test_when_no_call_can_help_messages_go_on_alone(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 50 * MINUTE))
    assert row.call_at is None
    assert channels(turn(45 * MINUTE)) == ["telegram", "smsc"]


def test_mail_is_left_out_when_there_is_no_time_to_read_it(accounts: Accounts) -> None:
    near = make_visit(make_patient(email=MAIL, phone=PHONE), almaty(2, 15, 30))
    row = reminder(near)
    turn(almaty(2, 15))
    assert legs(row) == [("smsc", "passed")]
    only = reminder(make_visit(make_patient(email=MAIL), almaty(2, 18)))
    rest()
    assert legs(only) == [("smtp", "waiting")]


# -- the goal --


def test_delivered_is_what_sms_says(accounts: Accounts) -> None:
    row = informing(make_visit(make_patient(phone=PHONE, email=MAIL), MONDAY + 3 * DAY))
    [sms] = rest()
    assert sms.goal == "delivered"
    assert fresh(row).state == "running"
    tell(sms, Signal.SENT)
    settle_house()
    assert fresh(row).state == "running"
    tell(sms, Signal.DELIVERED)
    settle_house()
    assert (fresh(row).state, fresh(row).evidence, legs(row)) == ("reached", "доставлено: SMS", [("smsc", "reached")])
    assert turn(2 * DAY) == []
    assert ends(row) == ["NotificationReached"]


def test_accepted_counts_where_the_person_answered_lately(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT, phone=PHONE)
    make_reach(patient, "telegram", "telegram", answered_at=MONDAY - 10 * DAY)
    row = informing(make_visit(patient, MONDAY + 3 * DAY))
    assert channels(turn(2 * DAY)) == ["telegram"]
    assert fresh(row).state == "reached"
    assert fresh(row).evidence == "передано Telegram; дошло ли, он не сообщает; пациент недавно отвечал здесь"


def test_accepted_alone_is_no_delivery(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT, phone=PHONE)
    make_reach(patient, "telegram", "telegram", answered_at=MONDAY - 91 * DAY)
    row = informing(make_visit(patient, MONDAY + 3 * DAY))
    assert channels(turn(2 * DAY)) == ["telegram", "smsc"]
    assert fresh(row).state == "exhausted"


def test_accepted_never_counts_for_a_channel_that_can_say_more(accounts: Accounts) -> None:
    patient = make_patient(phone=PHONE)
    make_reach(patient, "phone", "smsc", answered_at=MONDAY - DAY)
    row = informing(make_visit(patient, MONDAY + 3 * DAY))
    rest()
    assert fresh(row).state == "running"


def test_delivered_is_no_answer(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(phone=PHONE), MONDAY + 3 * DAY))
    [sms] = rest()
    tell(sms, Signal.DELIVERED)
    settle_house()
    assert fresh(row).state == "running"


def test_a_late_signal_counts_after_its_leg_has_passed_and_stops_what_has_not_gone(accounts: Accounts) -> None:
    row = informing(make_visit(make_patient(phone=PHONE, email=MAIL), MONDAY + 3 * DAY))
    [sms] = rest()
    clock.freeze(Leg.objects.get(notification=row).wait_until)
    settle_house()  # the letter is ordered, and waits
    assert legs(row) == [("smsc", "passed"), ("smtp", "waiting")]
    tell(sms, Signal.DELIVERED)
    settle_house()
    assert legs(row) == [("smsc", "reached"), ("smtp", "cancelled")]
    assert Delivery.objects.get(account=accounts["smtp"]).state == "cancelled"
    assert rest() == []
    assert fresh(row).state == "reached"


# -- what fails --


def test_a_refused_leg_goes_on_at_once(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY))
    left = rest(lambda d: REJECTED if d.account.channel == "telegram" else Signal.ACCEPTED)
    assert channels(left) == ["telegram", "smsc"]
    assert now() == MONDAY
    assert legs(row) == [("telegram", "failed"), ("smsc", "waiting")]
    assert Leg.objects.get(position=0).reason == "шлюз отказал"


def test_a_report_of_failure_goes_on_at_once_too(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(phone=PHONE, telegram=CHAT), MONDAY + 3 * DAY))
    make_reach(row.patient, "phone", "smsc", answered_at=MONDAY)
    [sms] = rest()
    tell(sms, Signal.FAILED)
    assert channels(rest()) == ["telegram"]
    assert legs(row) == [("smsc", "failed"), ("telegram", "waiting")]


def test_all_refused_is_an_end_at_once(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY))
    rest(REJECTED)
    assert (fresh(row).state, fresh(row).reason, now()) == ("exhausted", "все способы испробованы", MONDAY)


def test_an_uncertain_reminder_waits_its_time(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY))
    assert channels(rest(Signal.UNCERTAIN)) == ["telegram"]
    assert legs(row) == [("telegram", "waiting")]
    assert doubted(row) == ("", "")
    clock.freeze(Leg.objects.get().wait_until)
    assert channels(rest()) == ["smsc"]
    assert doubted(row) == ("policy", "дальше отправлено: SMS")


def test_uncertain_news_goes_on_at_once(accounts: Accounts) -> None:
    row = informing(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY))
    left = rest(lambda d: Signal.UNCERTAIN if d.account.channel == "telegram" else Signal.ACCEPTED)
    assert channels(left) == ["telegram", "smsc"]
    assert legs(row)[1] == ("smsc", "waiting")
    assert doubted(row) == ("policy", "дальше отправлено: SMS")


def test_the_only_way_of_mere_news_is_no_matter_for_a_call(accounts: Accounts) -> None:
    row = informing(make_visit(make_patient(telegram=CHAT), MONDAY + 3 * DAY))
    rest(Signal.UNCERTAIN)
    assert doubted(row) == ("policy", "других путей нет")


def test_a_doubt_ends_with_its_route(accounts: Accounts) -> None:
    visits = [make_visit(make_patient(telegram=CHAT + n), MONDAY + 3 * DAY) for n in "123"]
    called, confirmed, moved = (reminder(visit) for visit in visits)
    rest(Signal.UNCERTAIN)
    change.confirm(visits[1].pk, by="staff", channel="call", evidence="по телефону")
    change.move(visits[2].pk, MONDAY + 4 * DAY, MONDAY + 4 * DAY + HOUR, by="mis")
    settle_house()
    assert doubted(confirmed) == ("policy", "пациент уже ответил")
    assert doubted(moved) == ("policy", "визит перенесен")
    assert doubted(called) == ("", "")
    turn(3 * DAY)
    assert doubted(called) == ("policy", "поставлена задача позвонить")


def test_a_doubt_that_comes_after_the_route_went_on_says_where_to(accounts: Accounts) -> None:
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY))
    settle_house()
    late = Delivery.objects.get()
    Delivery.objects.filter(pk=late.pk).update(state="sending", tries=1)
    clock.freeze(Leg.objects.get().wait_until)
    settle_house()
    settle_now(Settled(late.pk, 1, Signal.UNCERTAIN, "нет ответа"))
    settle_house()
    assert doubted(row) == ("policy", "дальше отправлено: SMS")
    assert press_evidence(late) == ("evidence", "пациент ответил; дальше отправлено: SMS")


def press_evidence(delivery: Delivery) -> tuple[str, str]:
    """The patient presses a button on it after all."""
    press(delivery, delivery.body["rows"][0][0]["label"])
    return doubted(Notification.objects.get(pk=delivery.origin_id or 0))


def test_a_blocked_chat_is_remembered_and_skipped_next_time(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT, phone=PHONE)
    reminder(make_visit(patient, MONDAY + 3 * DAY))
    rest(lambda d: BLOCKED if d.account.channel == "telegram" else Signal.ACCEPTED)
    assert Reach.objects.get(channel="telegram").lost == "blocked"
    reminder(make_visit(patient, MONDAY + 4 * DAY))
    assert channels(rest()) == ["smsc"]


def test_a_channel_the_patient_forbade_is_skipped_also_between_order_and_sending(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT, phone=PHONE)
    row = reminder(make_visit(patient, MONDAY + 3 * DAY))
    settle_house()
    withdraw(patient, "service", "telegram", "звонок", "не пишите")
    assert channels(rest()) == ["smsc"]
    assert legs(row) == [("telegram", "failed"), ("smsc", "waiting")]
    reminder(make_visit(patient, MONDAY + 4 * DAY))
    assert channels(rest()) == ["smsc"]


def test_a_word_to_one_gateway_cancels_what_waits_at_its_spare(accounts: Accounts) -> None:
    patients = [make_patient(phone=phone) for phone in (PHONE, "+77011234568", "+77011234569")]
    rows = [reminder(make_visit(patient, MONDAY + DAY)) for patient in patients]
    settle_house()
    withdraw(patients[0], "service", "smsru", "x", "")
    points = [ContactPoint.objects.get(patient=patient) for patient in patients]
    mark_lost(points[1], "smsru", "gone", "x", now())
    mark_lost(points[2], "smsru", "blocked", "x", now())
    settle_house()
    assert [legs(row) for row in rows] == [[("smsc", "failed")], [("smsc", "failed")], [("smsc", "waiting")]]
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "waiting",
    ]


def test_a_broken_or_disabled_account_is_no_way(accounts: Accounts) -> None:
    accounts["telegram"].health = "broken"
    accounts["telegram"].save()
    accounts["smsc"].enabled = False
    accounts["smsc"].save()
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY))
    assert rest() == []
    assert fresh(row).state == "exhausted"


# -- quiet hours --


def test_a_booking_at_night_whispers_in_the_messenger_and_sms_waits_for_the_morning(accounts: Accounts) -> None:
    clock.freeze(almaty(2, 23))
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE), almaty(5, 15))
    row = informing(visit)
    [whisper] = rest()
    assert (whisper.account.channel, whisper.quiet) == ("telegram", True)
    by_phone = informing(make_visit(make_patient(phone="+77017654321"), almaty(5, 15)))
    assert rest() == []
    assert fresh(by_phone).act_at == almaty(3, 8)
    left = turn(almaty(3, 12))
    assert {(d.account.channel, d.quiet, d.created_at >= almaty(3, 8)) for d in left} == {("smsc", False, True)}
    assert legs(row)[0] == ("telegram", "passed")


def test_a_reminder_ordered_at_night_waits_for_the_morning(accounts: Accounts) -> None:
    clock.freeze(almaty(2, 21))
    row = reminder(make_visit(make_patient(telegram=CHAT), almaty(3, 18)))
    assert rest() == []
    [morning] = turn(almaty(3, 9))
    assert (morning.created_at, morning.quiet) == (almaty(3, 8), False)
    assert row.not_before == almaty(3, 8)


def test_quiet_hours_are_those_of_the_patients_place(accounts: Accounts) -> None:
    clock.freeze(almaty(2, 22))
    patient = make_patient(telegram=CHAT)
    patient.time_zone = "Europe/Kaliningrad"  # 19:00 there
    patient.save()
    reminder(make_visit(patient, almaty(4, 18)))
    [at_once] = rest()
    assert not at_once.quiet


def test_news_that_cannot_be_told_before_its_end_is_given_up(accounts: Accounts) -> None:
    clock.freeze(almaty(2, 23))
    row = informing(make_visit(make_patient(phone=PHONE), almaty(3, 7)))
    assert rest() == []
    assert (fresh(row).state, fresh(row).reason) == ("exhausted", "тихие часы кончатся слишком поздно")


def test_a_gateway_that_was_down_in_the_evening_sends_nothing_at_night(accounts: Accounts) -> None:
    clock.freeze(almaty(2, 20, 50))
    row = reminder(make_visit(make_patient(telegram=CHAT, phone=PHONE), almaty(3, 18)))
    settle_house()  # ordered, and the gateway is down
    assert legs(row) == [("telegram", "waiting")]
    clock.freeze(almaty(3, 2))
    assert gateway() == []
    [sms] = turn(almaty(3, 9))
    assert sms.account.channel == "smsc"


# -- expiry, changes of the visit --


def test_what_could_not_leave_in_time_never_leaves(accounts: Accounts) -> None:
    row = informing(make_visit(make_patient(telegram=CHAT), MONDAY + HOUR))
    settle_house()
    clock.freeze(MONDAY + 2 * HOUR)
    assert gateway() == []
    assert (Delivery.objects.get().signal, Delivery.objects.get().code) == ("failed", "expired")
    settle_house()
    assert fresh(row).state == "exhausted"


def test_a_sleeping_house_wakes_to_an_expired_notification(accounts: Accounts) -> None:
    row = informing(make_visit(make_patient(telegram=CHAT), MONDAY + HOUR))
    clock.freeze(MONDAY + DAY)
    assert rest() == []
    assert fresh(row).state == "expired"


def test_a_moved_visit_cancels_what_waits(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT), MONDAY + 3 * DAY)
    row = reminder(visit)
    settle_house()
    change.move(visit.pk, MONDAY + 4 * DAY, MONDAY + 4 * DAY + HOUR, by="mis")
    settle_house()
    assert (fresh(row).state, fresh(row).reason, legs(row)) == (
        "cancelled", "визит перенесен", [("telegram", "cancelled")],
    )  # fmt: skip
    assert Delivery.objects.get().state == "cancelled"
    assert turn(5 * DAY) == []


def test_confirmed_ends_every_open_question_and_says_by_what(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY)
    day, hours = reminder(visit), reminder(visit, kind="reminder_2h")
    rest()
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка в Telegram")
    settle_house()
    for row in (day, hours):
        assert (fresh(row).state, fresh(row).evidence) == ("reached", "кнопка в Telegram")
        assert legs(row) == [("telegram", "reached")]
    assert turn(5 * DAY) == []
