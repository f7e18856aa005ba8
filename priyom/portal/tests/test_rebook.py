"""After a missed visit: another time is booked once, whatever is pressed and over which channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from priyom.appointments.change import miss
from priyom.appointments.models import State, Visit
from priyom.appointments.rebook import external_id, rebooked
from priyom.delivery.accounts import create
from priyom.foundation.clock import clock
from priyom.inbox.facts import PatientReplied
from priyom.notifications.offers import offers
from priyom.patients.models import ContactPoint
from priyom.portal.tests.conftest import HALF, START, Desk
from priyom.scenarios.answer import answer


@pytest.fixture
def missed(desk: Desk) -> Desk:
    clock.freeze(START + 2 * HALF)
    miss(desk.visit.pk)
    return desk


def test_times_are_offered_and_one_is_booked(missed: Desk) -> None:
    page = missed.get(missed.url())
    assert page.heading == "Этот визит не состоялся"
    first, second = (span[0] for span in offers(missed.fresh())[:2])
    asked = missed.get(missed.url(missed.do("rebook", first)))
    assert asked.heading == "Записать вас? Время: четверг, 26 ноября, 16:30"
    assert rebooked(missed.visit) is None
    done = missed.post(page.choices[0][1])
    assert (done.heading, done.labels) == ("Вы записаны", [])
    assert "Ждем вас в четверг, 26 ноября в 16:30." in done.html
    for at in (first, second):
        assert missed.post(missed.url(missed.do("rebook", at))).heading == "Вы записаны"
    again = rebooked(missed.visit)
    assert again is not None
    assert (again.starts_at, again.version, again.claimed) == (first, 1, True)
    assert Visit.objects.count() == 2
    assert missed.fresh().state == State.MISSED


def test_a_taken_time_shows_the_others(missed: Desk, taken: Callable[[datetime], Visit]) -> None:
    first = offers(missed.fresh())[0][0]
    taken(first)
    page = missed.post(missed.url(missed.do("rebook", first)))
    assert "Это время только что заняли" in page.html
    assert page.labels[0] == "Четверг, 26 ноября, 17:00"
    assert rebooked(missed.visit) is None


def test_a_visit_that_was_not_missed_is_not_booked_twice(desk: Desk) -> None:
    first = offers(desk.visit)[0][0]
    assert "Кнопка устарела" in desk.post(desk.url(desk.do("rebook", first))).html
    assert Visit.objects.count() == 1


def test_a_press_in_a_chat_makes_the_very_same_visit(missed: Desk) -> None:
    account = create("telegram", "Бот", "tg", {"token": "1:abc", "base_url": "http://127.0.0.1:1"})
    point = ContactPoint.objects.get(patient=missed.patient)
    start = offers(missed.fresh())[0][0]
    answer(
        PatientReplied(
            patient_id=missed.patient.pk, incoming_id=0, account_id=account.pk, address="1", channel="telegram",
            action=missed.do("rebook", start), pressed=True, contact_point_id=point.pk,
        )
    )  # fmt: skip
    assert Visit.objects.exclude(pk=missed.visit.pk).get().external_id == external_id(missed.visit)
