"""Every scenario of the catalogue from the fact to the message, through all the rooms, with a clock that is turned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.consent.ask import allows
from priyom.contracts.events import Started, Stopped
from priyom.contracts.message import Signal
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.models import CallTask, Conversation
from priyom.notifications.models import Notification
from priyom.patients import reach
from priyom.patients.models import ContactPoint
from priyom.scenarios.models import Run, Scenario
from priyom.scenarios.tests.conftest import Accounts
from tests.driver import happen, press, rest, say, settle_house, tell, turn
from tests.factories import CHAT, MONDAY, PHONE, make_patient, make_practitioner, make_visit

MINUTE, HALF, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)


def almaty(day: int, hour: int, minute: int = 0) -> datetime:
    """A local moment of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - 5 * HOUR


def kinds(left: list[Delivery]) -> list[str]:
    """What left, but for replies in the chat."""
    return [row.body["kind"] for row in left if row.origin == "notification"]


def replies(left: list[Delivery]) -> list[str]:
    return [row.body["kind"] for row in left if row.origin == "reply"]


def fresh(visit: Visit) -> Visit:
    return Visit.objects.get(pk=visit.pk)


def booked(start: datetime, **contacts: str) -> Visit:
    return make_visit(make_patient(**(contacts or {"telegram": CHAT})), start)


def outcome(visit: Visit, key: str) -> str:
    return Run.objects.get(visit=visit, visit_version=fresh(visit).version, scenario__key=key).outcome


def of_kind(left: list[Delivery], kind: str) -> Delivery:
    return next(row for row in left if row.body["kind"] == kind)


# -- booked --


def test_booked_confirmed_by_a_press_and_left_in_peace(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), telegram=CHAT, phone=PHONE)
    [first] = rest()
    assert first.body["kind"] == "confirmation"
    press(first, "Приду")
    assert fresh(visit).state == "confirmed"
    assert fresh(visit).confirmed_evidence == "кнопка в Telegram"
    assert rest() == []  # the message itself is edited, nothing is sent
    [reminder] = turn(almaty(5, 16))
    assert (reminder.body["kind"], reminder.created_at) == ("reminder_24h_confirmed", almaty(4, 15))
    assert "Вы придете?" not in reminder.body["text"]
    assert outcome(visit, "reminder_2h") == "визит уже подтвержден"
    assert not CallTask.objects.exists()


def test_whoever_answers_another_question_here_is_not_told_the_rest_by_sms(accounts: Accounts) -> None:
    visit = booked(now() + DAY + HALF, telegram=CHAT, phone=PHONE)
    assert kinds(rest()) == ["confirmation"]
    [reminder] = turn(HALF)
    told = Notification.objects.get(kind="confirmation")
    assert (told.state, told.legs.get().state) == ("running", "waiting"), "nobody has ever answered in this chat"
    press(reminder, "Приду")
    rest()
    told.refresh_from_db()
    assert told.state == "reached"
    assert told.evidence.endswith("пациент недавно отвечал здесь")
    assert turn(DAY) == []
    assert fresh(visit).state == "confirmed"


def test_whoever_has_written_here_is_not_told_the_same_by_sms(accounts: Accounts) -> None:
    booked(almaty(5, 15), telegram=CHAT, phone=PHONE)
    assert kinds(rest()) == ["confirmation"]
    reach.answered(ContactPoint.objects.get(kind="telegram"), "telegram", now(), None)
    assert kinds(turn(almaty(3, 15))) == []
    told = Notification.objects.get(kind="confirmation")
    assert (told.state, told.legs.count()) == ("reached", 1)


def test_never_answered_is_telegram_then_sms_then_a_person(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), telegram=CHAT, phone=PHONE)
    left = turn(almaty(5, 12))
    asked = [(row.account.channel, row.body["kind"]) for row in left if row.body["kind"] == "reminder_24h"]
    assert asked == [("telegram", "reminder_24h"), ("smsc", "reminder_24h")]
    task = CallTask.objects.get()
    assert (task.visit, task.state, task.created_at, task.due_at) == (visit, "open", almaty(5, 12), almaty(5, 14))
    assert [t["channel"] for t in task.tried][-2:] == ["telegram", "smsc"]
    more = turn(almaty(5, 14))
    assert set(kinds(more)) == {"reminder_2h"}
    say(accounts["smsc"], PHONE, "1")
    assert (fresh(visit).state, CallTask.objects.get().state) == ("confirmed", "answered")


def test_a_booking_told_late_is_not_confirmed_but_reminded(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT)
    for number, minutes in enumerate((15, 16)):
        make_visit(patient, almaty(5, 15 + number), booked_at=MONDAY - minutes * MINUTE)
    assert kinds(rest()) == ["confirmation"]
    assert [row.visit_id for row in Notification.objects.all()] == [Visit.objects.order_by("id")[0].pk]
    assert kinds(turn(almaty(4, 17))).count("reminder_24h") == 2


def test_a_reminder_due_at_night_goes_the_evening_before(accounts: Accounts) -> None:
    visit = booked(almaty(5, 22))  # 24 h before is 22:00
    left = turn(almaty(4, 23))
    assert of_kind(left, "reminder_24h").created_at == almaty(4, 20, 30)
    early = booked(almaty(6, 8, 30), telegram="777")  # two hours before is 06:30
    left = turn(almaty(5, 23))
    assert {row.created_at for row in left if row.visit_id == early.pk and row.body["kind"] == "reminder_2h"} == {
        almaty(5, 20, 30)
    }
    assert visit.pk != early.pk


def test_too_near_for_a_reminder(accounts: Accounts) -> None:
    visit = booked(MONDAY + 3 * HOUR)
    assert kinds(rest()) == ["confirmation"]
    assert outcome(visit, "reminder_24h") == "поздно для этого напоминания"
    assert "reminder_2h" in kinds(turn(2 * HOUR))


def test_a_scenario_switched_off_does_not_start(accounts: Accounts) -> None:
    Scenario.objects.filter(key="confirmation").update(enabled=False)
    booked(almaty(5, 15))
    assert kinds(rest()) == []


def test_history_starts_nothing(accounts: Accounts) -> None:
    make_visit(make_patient(telegram=CHAT), MONDAY + DAY, history=True)
    assert turn(2 * DAY) == []
    assert not Run.objects.exists()


# -- moved, cancelled --


def test_moved_is_one_message_with_both_times_and_reminders_follow_the_new_one(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15))
    rest()
    change.move(visit.pk, almaty(7, 10), almaty(7, 10, 30), by="mis")
    [news] = rest()
    assert "Новое время: суббота, 7 марта в 10:00" in news.body["text"]
    assert "Было: четверг, 5 марта в 15:00" in news.body["text"]
    left = turn(almaty(7, 11))
    assert [row.created_at for row in left if row.body["kind"] == "reminder_24h"] == [almaty(6, 10)]
    assert all("15:00" not in row.body["text"] for row in left)
    assert all(row.created_at > almaty(5, 16) for row in left)


def test_moved_while_a_reminder_waits_it_never_goes(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15))
    rest()
    clock.freeze(almaty(4, 15))
    settle_house()  # the reminder is ordered, the gateway has not taken it yet
    change.move(visit.pk, almaty(7, 10), almaty(7, 10, 30), by="mis")
    assert kinds(rest()) == ["moved"]


def test_moved_twice_at_once_is_told_once(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15))
    rest()
    change.move(visit.pk, almaty(6, 10), almaty(6, 10, 30), by="mis")
    change.move(visit.pk, almaty(7, 10), almaty(7, 10, 30), by="mis")
    [news] = rest()
    assert "7 марта" in news.body["text"]


def test_cancelled_is_a_short_word_and_nothing_else(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), phone=PHONE)
    rest()
    change.cancel(visit.pk, by="mis")
    left = turn(almaty(5, 16), Signal.DELIVERED)
    assert kinds(left) == ["cancelled"]
    assert not CallTask.objects.exists()


def test_booked_again_after_a_cancellation_it_is_reminded_again(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15))
    rest()
    change.cancel(visit.pk, by="mis")
    rest()
    change.reopen(fresh(visit), almaty(6, 15), almaty(6, 15, 30))
    left = turn(almaty(6, 16))
    assert {"confirmation", "reminder_24h", "reminder_2h"} <= set(kinds(left))
    assert "cancelled" not in kinds(left)


# -- missed --


def missed(accounts: Accounts) -> tuple[Visit, Delivery]:
    """A visit missed yesterday noon, and the offer that followed."""
    visit = booked(MONDAY + HOUR)
    turn(MONDAY + 2 * HOUR)
    change.miss(visit.pk)
    assert kinds(turn(29 * MINUTE)) == []
    [offer] = turn(MINUTE)
    return visit, offer


def test_missed_is_offered_other_times_and_one_press_books_anew(accounts: Accounts) -> None:
    visit, offer = missed(accounts)
    assert offer.body["kind"] == "no_show"
    buttons = [button for row in offer.body["rows"] for button in row]
    assert len(buttons) == 6
    press(offer, buttons[2]["label"])
    assert fresh(visit).state == "missed"
    new = Visit.objects.exclude(pk=visit.pk).get()
    assert (new.state, new.claimed, new.practitioner, new.patient) == (
        "booked", True, visit.practitioner, visit.patient,
    )  # fmt: skip
    assert int(new.starts_at.timestamp()) == int(buttons[2]["action"].rpartition(":")[2])
    assert kinds(rest()) == ["confirmation"]


def test_a_second_press_shows_the_new_visit_and_moves_nothing(accounts: Accounts) -> None:
    visit, offer = missed(accounts)
    buttons = [button for row in offer.body["rows"] for button in row]
    press(offer, buttons[2]["label"])
    rest()
    new = Visit.objects.exclude(pk=visit.pk).get()
    press(offer, buttons[4]["label"])
    assert fresh(new).starts_at == new.starts_at
    assert replies(rest()) == ["reply_stale"]
    change.cancel(new.pk, by="mis")
    rest()
    press(offer, buttons[4]["label"])
    assert fresh(new).state == "cancelled"
    assert replies(rest()) == ["reply_over"]


def test_who_came_after_all_is_offered_nothing(accounts: Accounts) -> None:
    visit = booked(MONDAY + HOUR)
    turn(MONDAY + 2 * HOUR)
    change.miss(visit.pk)
    settle_house()
    change.complete(visit.pk)
    assert turn(DAY) == []


# -- answers --


def asked(accounts: Accounts, channel: str = "telegram") -> tuple[Visit, Delivery]:
    visit = booked(almaty(5, 15), **({"telegram": CHAT} if channel == "telegram" else {"phone": PHONE}))
    return visit, rest()[0]


def test_cancelling_is_asked_once_more(accounts: Accounts) -> None:
    visit, question = asked(accounts)
    press(question, "Отменить")
    assert fresh(visit).state == "booked"
    [sure] = rest()
    assert sure.body["kind"] == "reply_cancel_ask"
    press(sure, "Да")
    assert fresh(visit).state == "cancelled"
    assert kinds(rest()) == ["cancelled"]


def test_and_may_be_taken_back(accounts: Accounts) -> None:
    visit, question = asked(accounts)
    press(question, "Отменить")
    [sure] = rest()
    press(sure, "Нет")
    assert fresh(visit).state == "confirmed"
    assert replies(rest()) == ["reply_confirmed"]


def test_moving_takes_one_of_the_doctors_free_times(accounts: Accounts) -> None:
    visit, question = asked(accounts)
    press(question, "Перенести")
    [offer] = rest()
    assert offer.body["kind"] == "reply_offers"
    button = offer.body["rows"][0][0]
    press(offer, button["label"])
    row = fresh(visit)
    assert (row.state, row.claimed, row.version) == ("moved", True, 2)
    assert int(row.starts_at.timestamp()) == int(button["action"].rpartition(":")[2])
    assert kinds(rest()) == ["moved"]


def test_of_two_patients_one_gets_the_time_and_the_other_is_offered_others(accounts: Accounts) -> None:
    doctor = make_practitioner()
    first = make_visit(make_patient(telegram="1"), almaty(5, 15), practitioner=doctor)
    second = make_visit(make_patient(telegram="2"), almaty(5, 16), practitioner=doctor, branch=first.branch)
    for question in rest():
        press(question, "Перенести")
    mine, theirs = rest()
    label = mine.body["rows"][0][0]["label"]
    assert theirs.body["rows"][0][0]["label"] == label
    press(mine, label)
    press(theirs, label)
    assert (fresh(first).state, fresh(second).state) == ("moved", "booked")
    other = of_kind(rest(), "reply_taken")
    assert label not in [b["label"] for row in other.body["rows"] for b in row]


def test_a_time_that_has_passed_is_not_taken(accounts: Accounts) -> None:
    visit, question = asked(accounts)
    press(question, "Перенести")
    [offer] = rest()
    clock.freeze(almaty(4, 14))
    settle_house()
    press(offer, offer.body["rows"][0][0]["label"])
    assert fresh(visit).version == 1
    assert "reply_offers" in replies(rest())


def test_another_time_is_for_a_person(accounts: Accounts) -> None:
    _, question = asked(accounts)
    press(question, "Перенести")
    [offer] = rest()
    press(offer, "Другое")
    assert replies(rest()) == ["reply_to_person"]
    assert Conversation.objects.get().needs_answer


def test_an_old_button_shows_how_things_stand(accounts: Accounts) -> None:
    visit, question = asked(accounts)
    change.move(visit.pk, almaty(7, 10), almaty(7, 10, 30), by="mis")
    rest()
    press(question, "Отменить")
    assert fresh(visit).state == "moved"
    [stale] = [row for row in rest() if row.origin == "reply"]
    assert "суббота, 7 марта в 10:00" in stale.body["text"]
    press(stale, "Приду")
    assert fresh(visit).state == "confirmed"


def test_a_button_of_a_visit_that_is_over(accounts: Accounts) -> None:
    visit, question = asked(accounts)
    change.cancel(visit.pk, by="mis")
    rest()
    press(question, "Приду")
    assert fresh(visit).state == "cancelled"
    assert replies(rest()) == ["reply_over"]


def test_digits_and_words_by_sms(accounts: Accounts) -> None:
    visit, _ = asked(accounts, "smsc")
    say(accounts["smsc"], PHONE, "2")
    [offer] = rest()
    assert offer.body["kind"] == "reply_offers"
    say(accounts["smsc"], PHONE, "1")
    assert fresh(visit).state == "moved"
    left = rest()
    assert kinds(left) == ["moved"]
    tell(left[0], Signal.DELIVERED)
    say(accounts["smsc"], PHONE, "иә")
    assert now() == MONDAY


def test_anything_else_is_left_to_a_person(accounts: Accounts) -> None:
    visit, _ = asked(accounts)
    say(accounts["telegram"], CHAT, "Можно прийти с ребенком?")
    assert (fresh(visit).state, Conversation.objects.get().needs_answer, rest()) == ("booked", True, [])


# -- what only a person can answer --


def test_free_words_stop_the_messages_and_the_call_waits_for_its_time(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), telegram=CHAT, phone=PHONE)
    turn(almaty(4, 15))
    say(accounts["telegram"], CHAT, "А можно с ребенком?")
    asked = Notification.objects.get(visit=visit, kind="reminder_24h")
    assert (asked.state, asked.act_at) == ("running", asked.call_at)
    assert kinds(turn(almaty(5, 11))) == []  # no SMS behind his back
    turn(almaty(5, 12, 30))
    assert CallTask.objects.get(visit=visit).state == "open"


def test_free_words_close_the_call_and_the_thread_is_on_it(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), telegram=CHAT)
    turn(almaty(5, 12, 30))
    task = CallTask.objects.get(visit=visit)
    say(accounts["telegram"], CHAT, "Спасибо!")
    assert CallTask.objects.get(pk=task.pk).state == "open"  # a courtesy says nothing of coming
    say(accounts["telegram"], CHAT, "Опоздаю на десять минут")
    task.refresh_from_db()
    assert (task.state, Conversation.objects.get().needs_answer) == ("answered", True)
    assert "Опоздаю" in task.result


def test_booked_for_this_very_hour_is_asked_at_once(accounts: Accounts) -> None:
    visit = booked(MONDAY + 100 * MINUTE, telegram=CHAT)
    assert kinds(rest()) == ["confirmation"]
    row = Notification.objects.get(visit=visit)
    assert (row.goal, row.must_reach) == ("answered", True)
    turn(MONDAY + HALF)
    assert CallTask.objects.get(visit=visit).state == "open"


def test_blocking_the_bot_moves_the_route_on_at_once(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), telegram=CHAT, phone=PHONE)
    turn(almaty(4, 15))
    happen(accounts["telegram"], Stopped(CHAT, "kicked"))
    assert [d.account.channel for d in rest() if d.body["kind"] == "reminder_24h"] == ["smsc"]
    legs = Notification.objects.get(visit=visit, kind="reminder_24h").legs.order_by("position")
    assert [leg.state for leg in legs] == ["failed", "waiting"]


def test_stop_moves_the_route_on_and_start_opens_the_channel_again(accounts: Accounts) -> None:
    visit = booked(almaty(5, 15), telegram=CHAT, phone=PHONE)
    turn(almaty(4, 15))
    say(accounts["telegram"], CHAT, "стоп")
    assert [d.account.channel for d in rest() if d.body["kind"] == "reminder_24h"] == ["smsc"]
    assert not allows(visit.patient_id, "service", "telegram")
    happen(accounts["telegram"], Started(CHAT))
    assert allows(visit.patient_id, "service", "telegram")
