"""What is known of each visit, silent ones by the definition; reachability; timeline and routes in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from priyom.analytics.notifications import routes
from priyom.analytics.reachability import reachability
from priyom.analytics.standing import Standing, silent, standings
from priyom.analytics.timeline import timeline
from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.contracts.message import Signal
from priyom.foundation.clock import clock, now
from priyom.inbox import call, tasks
from priyom.inbox.models import CallTask
from priyom.notifications.models import Notification
from priyom.notifications.notify import last_call
from priyom.scenarios.models import Run
from tests.driver import REJECTED, open_house, press, rest, turn
from tests.factories import (
    CHAT,
    MONDAY,
    PHONE,
    SETTINGS,
    make_account,
    make_patient,
    make_reach,
    make_staff,
    make_visit,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def almaty(day: int, hour: int, minute: int = 0) -> datetime:
    """A local moment of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - 5 * HOUR


@pytest.fixture
def visit(db: None) -> Visit:
    """Booked for Thursday at 15:00, the confirmation is out."""
    clock.freeze(MONDAY)
    open_house()
    for channel in SETTINGS:
        make_account(channel)
    made = make_visit(make_patient(telegram=CHAT, phone=PHONE), almaty(5, 15))
    rest()
    return made


def stands(visit: Visit) -> Standing:
    rows = Visit.objects.filter(pk=visit.pk).select_related("branch")
    return standings(rows, now())[visit.pk]


def nothing_more() -> None:
    """Every run and notification has come to its end."""
    Run.objects.update(due_at=None, ended_at=now())
    Notification.objects.update(state="exhausted", act_at=None, ended_at=now())


def test_planned_then_waiting_then_a_call_then_silent(visit: Visit) -> None:
    turn(2 * DAY - HOUR - MINUTE)  # the confirmation's route is over, the reminder not due
    standing = stands(visit)
    assert (standing.known, standing.silent) == ("planned", False)
    assert standing.next_text == "напоминание за сутки: 04.03 15:00"
    turn(almaty(4, 15))
    standing = stands(visit)
    assert (standing.known, standing.evidence) == ("waiting", "передано Telegram; дошло ли, он не сообщает")
    assert standing.next_text.startswith("ждем до 04.03 ")
    turn(almaty(5, 12))
    standing = stands(visit)
    assert (standing.known, standing.silent, standing.next_text) == ("call", False, "позвонить до 05.03 14:00")
    turn(almaty(5, 14))
    assert not stands(visit).silent
    turn(almaty(5, 14, 1))
    assert (stands(visit).known, stands(visit).silent) == ("silent", True)


def test_confirmed_with_its_evidence(visit: Visit) -> None:
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка в Telegram")
    rest()
    standing = stands(visit)
    assert (standing.known, standing.evidence, standing.last_at) == ("confirmed", "кнопка в Telegram", MONDAY)
    nothing_more()
    assert not stands(visit).silent


@pytest.mark.parametrize(
    ("verb", "known"),
    [
        (lambda v: change.cancel(v.pk, by="mis"), "cancelled"),
        (lambda v: change.arrive(v.pk), "arrived"),
        (lambda v: change.complete(v.pk), "completed"),
        (lambda v: change.miss(v.pk), "missed"),
    ],
)
def test_ends(visit: Visit, verb: Callable[[Visit], object], known: str) -> None:
    verb(visit)
    rest()
    standing = stands(visit)
    assert (standing.known, standing.silent, standing.next_text) == (known, False, "")


def test_moved_is_an_open_question(visit: Visit) -> None:
    change.move(visit.pk, almaty(6, 15), almaty(6, 15, 30), by="mis")
    rest()
    assert (stands(visit).known, stands(visit).silent) == ("moved", False)


def test_silent_when_nobody_is_on_it(visit: Visit) -> None:
    nothing_more()
    standing = stands(visit)
    assert (standing.known, standing.silent, standing.next_text) == ("silent", True, "никто не занимается")
    task = tasks.open_call_task(visit, "x", last_call(visit))
    assert stands(visit).known == "call"
    call.unreached(task, make_staff())
    assert stands(visit).known == "silent"


def test_a_fact_nobody_has_reacted_to_yet_is_somebody_on_it(visit: Visit) -> None:
    other = make_visit(visit.patient, almaty(6, 15))
    assert not stands(other).silent
    assert CallTask.objects.count() == 0


def test_the_rule_itself(visit: Visit) -> None:
    last = last_call(visit)
    cases = [(True, last, False), (True, last + MINUTE, True), (False, last - DAY, True)]
    for on_it, at, expected in cases:
        assert silent(visit, on_it=on_it, at=at, last_call=last) is expected
    visit.history = True
    assert not silent(visit, on_it=False, at=last, last_call=last)


def test_as_many_queries_for_three_as_for_one(visit: Visit) -> None:
    for number in range(2):
        make_visit(make_patient(telegram=f"7{number}", phone=f"+7701123450{number}"), almaty(5, 15))
    turn(almaty(5, 12))
    counts = []
    for pks in ([visit.pk], list(Visit.objects.values_list("pk", flat=True))):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            found = standings(Visit.objects.filter(pk__in=pks).select_related("branch"), now())
        counts.append(len(seen))
        assert len(found) == len(pks)
    assert counts[0] == counts[1] <= 14


def test_reachability_in_words(db: None) -> None:
    clock.freeze(MONDAY)
    nobody, unproven, live, old, blocked = (make_patient(**c) for c in ({}, *[{"telegram": str(n)} for n in range(4)]))
    make_reach(live, "telegram", "telegram", answered_at=MONDAY - 10 * DAY)
    make_reach(old, "telegram", "telegram", answered_at=MONDAY - 181 * DAY)
    make_reach(blocked, "telegram", "telegram", answered_at=MONDAY, lost="blocked", lost_at=MONDAY)
    people = [nobody, unproven, live, old, blocked]
    found = reachability([p.pk for p in people], MONDAY, 180)
    assert [(found[p.pk].proven, found[p.pk].text) for p in people] == [
        (False, "нет ни одного адреса"),
        (False, "проверенного канала нет"),
        (True, "живой канал: Telegram"),
        (False, "проверенного канала нет"),
        (False, "закрыт: Telegram; проверенного канала нет"),
    ]


def test_timeline_and_routes_tell_the_whole_story(visit: Visit) -> None:
    clock.freeze(almaty(4, 15))
    left = rest(lambda d: REJECTED if d.account.channel == "telegram" else Signal.ACCEPTED)
    [sms] = [row for row in left if row.body["kind"] == "reminder_24h" and row.account.channel == "smsc"]
    clock.freeze(almaty(4, 15, 5))
    press(sms, "Приду")
    moments = [(m.kind, m.text) for m in timeline(visit)]
    assert moments[0] == ("booked", "Записан на 05.03 в 15:00")
    assert ("delivery", "Напоминание за сутки: не отправлено: Telegram (шлюз отказал)") in moments
    assert ("delivery", "Напоминание за сутки: передано SMS, ждем отчета о доставке") in moments
    assert ("reply", "Нажал «Приду» в SMS") in moments
    assert moments[-1] == ("confirmed", "Подтвержден: кнопка в SMS")
    asked = next(route for route in routes(visit) if route.kind == "reminder_24h")
    assert (asked.state, asked.goal, asked.evidence) == ("reached", "answered", "кнопка в SMS")
    assert [(leg.channel, leg.state, leg.signal) for leg in asked.legs] == [
        ("telegram", "failed", "failed"), ("smsc", "reached", "answered"),
    ]  # fmt: skip
