"""The managers' evening letter: what stands in it, who gets it, when, and that it comes once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from priyom.alerts import evening as letters
from priyom.alerts.models import DayLetter
from priyom.analytics.evening import evening_of
from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.house import house
from priyom.clinic.models import Branch, Role, Staff
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import turn
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import CallTask, Conversation
from priyom.inbox.tasks import open_call_task
from priyom.workers.evening import tell_evenings
from tests import factories as make

CLOSING = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""20:00 in Almaty."""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday() -> None:
    clock.freeze(make.MONDAY)


@pytest.fixture
def mail() -> Account:
    return make.make_account("smtp")


@pytest.fixture
def branch() -> Branch:
    return make.make_branch(name="На Абая")


@pytest.fixture
def owner() -> Staff:
    return manager("owner@clinic.example")


def manager(email: str, role: str = Role.OWNER) -> Staff:
    staff = make.make_staff(role)
    Staff.objects.filter(pk=staff.pk).update(email=email)
    return staff


def visit(branch: Branch, hour: int = 14, given: str = "Анна", **contacts: str) -> int:
    """A visit of this Monday at that local hour."""
    start = make.MONDAY + timedelta(hours=hour - 11)
    return make.make_visit(make.make_patient(given=given, **contacts), start, branch=branch).pk


def close() -> list[Delivery]:
    """Evening comes."""
    clock.freeze(CLOSING)
    tell_evenings()
    return list(Delivery.objects.filter(origin="alert").order_by("pk"))


@pytest.mark.usefixtures("owner")
def test_what_stayed_silent_and_who_waits(mail: Account, branch: Branch) -> None:
    known = visit(branch, 12, "Вера", phone="+77015550001")
    change.confirm(known, by="patient", channel="telegram", evidence="кнопка")
    silent = visit(branch, 14)
    open_call_task(Visit.objects.get(pk=silent), "пора звонить", make.MONDAY + timedelta(hours=2))
    asks = conversation_of(make.make_patient(given="Борис", phone="+77015550002"))
    Conversation.objects.filter(pk=asks.pk).update(branch=branch)
    turn.asks(Conversation.objects.get(pk=asks.pk), "можно раньше?", make.MONDAY)
    [letter] = close()
    assert (letter.account_id, letter.address, letter.goal) == (mail.pk, "owner@clinic.example", "accepted")
    assert letter.body["subject"] == "На Абая, 2 марта: молчит 1 из 2 визитов"
    said = letter.body["text"]
    assert "! Молчит 1 из 2 визитов:\n14:00 Анна К.: нет ни одного адреса. " in said
    assert f"/visits/{silent}" in said
    assert "Борис К.: с 11:00. " in said
    assert f"/chats/{asks.pk}" in said
    assert "Звонки: сделано 0 из 1; не сделано 1." in said
    assert "Ким" not in said  # a mail passes other people's servers: no family names, no words of patients
    assert "раньше" not in said
    [[button]] = letter.body["rows"]
    assert f"branch={branch.pk}&day=2026-03-02&show=silent" in button["url"]


@pytest.mark.usefixtures("owner", "mail")
def test_a_good_day_is_one_line(branch: Branch) -> None:
    for hour in (10, 12):
        change.confirm(visit(branch, hour), by="patient", channel="telegram", evidence="кнопка")
    [letter] = close()
    assert letter.body["subject"] == "На Абая, 2 марта: все визиты известны (2)"
    assert letter.body["text"] == (
        "На Абая, 2 марта. Итог дня.\n\nВсе визиты известны (2), ответа никто не ждет."
    )  # fmt: skip


@pytest.mark.usefixtures("owner", "mail", "branch")
def test_a_day_without_anything_sends_nothing() -> None:
    assert close() == []
    assert DayLetter.objects.count() == 1


@pytest.mark.usefixtures("owner", "mail")
def test_a_promise_is_broken_by_a_late_answer_and_by_none(branch: Branch) -> None:
    staff = make.make_staff()
    for given_name, minutes in (("Анна", 5), ("Борис", 40), ("Вера", None)):
        thread = conversation_of(make.make_patient(given=given_name))
        Conversation.objects.filter(pk=thread.pk).update(branch=branch)
        thread.refresh_from_db()
        clock.freeze(make.MONDAY)
        turn.asks(thread, "?", now())
        if minutes is not None:
            clock.freeze(make.MONDAY + timedelta(minutes=minutes))
            turn.expects(thread, staff)
    found = evening_of(branch, date(2026, 3, 2), CLOSING)
    assert (found.promised, found.late) == (3, 2)
    assert [row.who for row in found.waiting] == ["Вера К."]


def test_a_call_counts_as_made_by_a_result_and_not_by_an_answer(branch: Branch) -> None:
    ids = [visit(branch, hour) for hour in (12, 13, 14, 15)]
    for number, state in zip(ids, ("done", "unreached", "answered", "dropped"), strict=True):
        row = Visit.objects.get(pk=number)
        task = open_call_task(row, "", row.starts_at - timedelta(minutes=30))
        CallTask.objects.filter(pk=task.pk).update(state=state, closed_at=row.starts_at)
    found = evening_of(branch, date(2026, 3, 2), CLOSING)
    assert (found.calls, found.uncalled) == (3, 1)


def test_readers_are_managers_with_an_address_each_once(mail: Account, branch: Branch) -> None:
    visit(branch)
    manager("boss@clinic.example")
    manager("Boss@clinic.example", Role.ADMIN)
    manager("desk@clinic.example", Role.REGISTRAR)
    manager("")
    gone = manager("gone@clinic.example")
    Staff.objects.filter(pk=gone.pk).update(is_active=False)
    assert [letter.address for letter in close()] == ["boss@clinic.example"]


@pytest.mark.usefixtures("owner")
def test_it_waits_for_a_mailbox_and_comes_once(branch: Branch) -> None:
    visit(branch)
    assert close() == []
    assert not DayLetter.objects.exists()
    make.make_account("smtp")
    assert len(close()) == 1
    assert tell_evenings() == 0
    assert len(close()) == 1


@pytest.mark.usefixtures("owner")
def test_the_mailbox_that_works_is_taken(mail: Account, branch: Branch) -> None:
    other = make.make_account("smtp", key="smtp-2")
    Account.objects.filter(pk=mail.pk).update(health="broken")
    visit(branch)
    assert [letter.account_id for letter in close()] == [other.pk]


@pytest.mark.usefixtures("owner", "mail")
def test_each_branch_closes_by_its_own_clock(branch: Branch) -> None:
    later = make.make_branch("Europe/Kaliningrad", name="В Калининграде")  # 20:00 there is 18:00 UTC
    visit(branch)
    visit(later)
    assert [letter.body["subject"].split(",")[0] for letter in close()] == ["На Абая"]
    clock.freeze(CLOSING + timedelta(hours=3))
    assert tell_evenings() == 1


@pytest.mark.usefixtures("owner", "mail")
def test_it_can_be_turned_off(branch: Branch) -> None:
    visit(branch)
    rules = house()
    rules.silent_mail = False
    rules.save()
    assert close() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("owner", "mail")
def test_two_workers_send_it_once(branch: Branch) -> None:
    visit(branch)
    clock.freeze(CLOSING)
    evening = evening_of(branch, date(2026, 3, 2), CLOSING)

    def send() -> int:
        try:
            return letters.send(evening)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        sent = sorted(job.result() for job in [workers.submit(send) for _ in range(4)])
    assert sent == [0, 0, 0, 1]
    assert Delivery.objects.filter(origin="alert").count() == 1
