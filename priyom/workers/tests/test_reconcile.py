"""The reconciler finds what has no next action, puts it right and says so; in a healthy house it finds nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.models import CallTask
from priyom.inbox.tasks import open_call_task
from priyom.journal.models import Fact, Pending
from priyom.notifications.models import Leg, Notification
from priyom.notifications.notify import last_call
from priyom.scenarios.models import Run
from priyom.workers.reconcile import reconcile
from tests.driver import open_house, rest, turn
from tests.factories import CHAT, MONDAY, PHONE, SETTINGS, make_account, make_patient, make_visit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def visit(db: None) -> Visit:
    """A coming visit whose scenarios have begun, in a house at rest, ten minutes later."""
    clock.freeze(MONDAY)
    open_house()
    for channel in SETTINGS:
        make_account(channel)
    made = make_visit(make_patient(telegram=CHAT, phone=PHONE), MONDAY + 3 * DAY)
    rest()
    clock.freeze(MONDAY + 10 * MINUTE)
    return made


def found() -> list[tuple[str, str, int | None]]:
    rows = Fact.objects.filter(type="ReconcilerFound").order_by("id")
    return [(row.data["what"], row.data["repaired"], row.visit_id) for row in rows]


def test_a_healthy_house_gives_nothing_all_the_way(visit: Visit) -> None:
    for _ in range(40):
        turn(2 * HOUR)
        assert reconcile() == 0
        if now() > visit.starts_at:
            break
    assert found() == []
    assert CallTask.objects.exists()


def test_healthy_ends_give_nothing(visit: Visit) -> None:
    change.confirm(visit.pk, by="staff", evidence="по телефону")
    turn(HOUR)
    assert reconcile() == 0
    change.cancel(visit.pk, by="mis")
    turn(HOUR)
    assert reconcile() == 0


def test_a_leg_that_was_not_told_of_its_failure_goes_on(visit: Visit) -> None:
    turn(visit.starts_at - 23 * HOUR)
    leg = Leg.objects.filter(state="waiting").get()
    Delivery.objects.filter(pk=leg.delivery_id or 0).update(
        signal="failed", evidence="шлюз отказал", signal_at=now() - 3 * MINUTE
    )
    assert reconcile() == 1
    assert [what for what, _, _ in found()] == ["попытка не удалась, а путь ждал"]
    leg.refresh_from_db()
    assert (leg.state, leg.reason) == ("failed", "шлюз отказал")
    assert Notification.objects.get(pk=leg.notification_id).act_at == now()
    left = rest()
    assert [row.account.channel for row in left] != [leg.account.channel]
    assert reconcile() == 0


def test_a_task_for_a_settled_visit_is_closed(visit: Visit) -> None:
    open_call_task(visit, "нет ответа", MONDAY + DAY)
    Visit.objects.filter(pk=visit.pk).update(state="arrived")
    assert reconcile() == 1
    assert CallTask.objects.get().state == "dropped"
    assert found() == [("звонок по решенному визиту", "задача закрыта", visit.pk)]
    assert reconcile() == 0


@pytest.mark.parametrize("moved", [False, True])
def test_a_visit_without_scenarios_is_given_them(visit: Visit, moved: bool) -> None:
    if moved:
        change.move(visit.pk, MONDAY + 4 * DAY, MONDAY + 4 * DAY + HOUR, by="mis")
        rest()
        clock.freeze(MONDAY + 20 * MINUTE)
    Pending.objects.all().delete()
    Run.objects.all().delete()
    Notification.objects.all().delete()
    assert reconcile() == 1
    assert found() == [("у визита не начат ни один сценарий", "сценарии начаты", visit.pk)]
    left = rest()
    if moved:
        assert "Было: четверг, 5 марта в 11:00" in left[0].body["text"]
    assert Run.objects.filter(due_at__isnull=False).exists()
    assert reconcile() == 0


def test_a_visit_nobody_is_on_is_given_to_a_person(visit: Visit) -> None:
    Run.objects.update(due_at=None, ended_at=now())
    Notification.objects.update(state="exhausted", act_at=None, ended_at=now())
    Leg.objects.filter(state="waiting").update(state="passed")
    assert reconcile() == 1
    task = CallTask.objects.get()
    assert (task.visit, task.due_at) == (visit, last_call(visit))
    assert found() == [("визитом никто не занимался", "поставлена задача позвонить", visit.pk)]
    assert reconcile() == 0


def test_but_not_when_a_call_no_longer_helps_or_did_not(visit: Visit) -> None:
    Run.objects.update(due_at=None, ended_at=now())
    Notification.objects.update(state="exhausted", act_at=None, ended_at=now())
    Leg.objects.filter(state="waiting").update(state="passed")
    change.give_up(visit.pk)
    assert reconcile() == 0
    Visit.objects.update(unreachable_at=None)
    clock.freeze(last_call(visit) + MINUTE)
    assert reconcile() == 0
    assert not CallTask.objects.exists()


def test_what_is_young_may_still_be_on_its_way(visit: Visit) -> None:
    make_visit(visit.patient, MONDAY + 5 * DAY)
    clock.freeze(now() + MINUTE)
    assert reconcile() == 0


def test_history_is_left_alone(visit: Visit) -> None:
    make_visit(visit.patient, MONDAY + 5 * DAY, history=True)
    clock.freeze(now() + HOUR)
    assert reconcile() == 0


def test_a_message_that_landed_after_its_visit_moved_is_struck(visit: Visit) -> None:
    [first] = Delivery.objects.filter(visit_id=visit.pk, op="send")
    change.move(visit.pk, MONDAY + 4 * DAY, MONDAY + 4 * DAY + HOUR, by="mis")
    [news] = [d for d in rest() if d.body["kind"] == "moved"]
    Delivery.objects.filter(pk=first.pk).update(body=first.body, edited_text="")  # as if it had been on its way
    clock.freeze(MONDAY + 20 * MINUTE)
    assert reconcile() == 1
    assert found() == [("в чате стояло старое время", "сообщение исправлено", visit.pk)]
    assert "Перенесено" in Delivery.objects.get(pk=first.pk).edited_text
    assert Delivery.objects.get(pk=news.pk).edited_text == ""
    assert reconcile() == 0
