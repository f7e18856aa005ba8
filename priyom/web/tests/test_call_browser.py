"""The calls in a real browser: two registrars and one task, a wrong number, a slip taken back, the patient's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.clinic.models import House, Role, Staff
from priyom.inbox import call
from priyom.inbox.models import CallTask, TaskState
from priyom.inbox.tasks import close_for_visit, open_call_task
from priyom.notifications.ways import ways
from priyom.web.tests.browser import Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOTHER = "+77017654399"


@pytest.fixture
def vera(clinic: Clinic) -> Staff:
    staff = make.make_staff(Role.REGISTRAR, clinic.here)
    Staff.objects.filter(pk=staff.pk).update(first_name="Вера", last_name="Ким")
    staff.refresh_from_db()
    return staff


def another(clinic: Clinic) -> CallTask:
    visit = make.make_visit(
        make.make_patient(given="Берик", phone="+77015550000"), make.MONDAY + timedelta(hours=5), branch=clinic.here
    )
    return open_call_task(visit, "не ответил", make.MONDAY + timedelta(hours=4))


def results(page: Page) -> None:
    """The buttons that say how a call ended are there."""
    expect(page.locator(".results button.main")).to_be_visible()


def test_two_registrars_and_one_task(windows: Windows, clinic: Clinic, vera: Staff) -> None:
    following = another(clinic)
    olga = windows(Role.REGISTRAR, f"/tasks/{clinic.task.pk}", clinic.here)
    colleague = windows(vera, f"/tasks/{clinic.task.pk}")
    expect(colleague.locator(".results")).to_have_count(0)  # nobody notes a result without having called
    olga.keyboard.press("e")
    results(olga)
    expect(olga.locator("#task-hand")).to_contain_text("Вы звоните")
    expect(colleague.locator("#task-hand")).to_contain_text("Сейчас звонит: Ольга Ли")  # without a reload
    expect(colleague.locator("[data-take]")).to_have_count(0)
    expect(colleague.locator(f"#t-{clinic.task.pk}")).to_contain_text("Ольга Ли")
    colleague.get_by_role("button", name="Следующий").click()
    expect(colleague.locator("#detail h2").first).to_have_text("Ким Берик")

    colleague.goto(f"/tasks/{clinic.task.pk}")
    colleague.get_by_role("button", name="Забрать звонок себе").click()
    assert CallTask.objects.get(pk=clinic.task.pk).taken_name == "Ольга Ли"  # the first press only asks
    colleague.get_by_role("button", name="Точно забрать звонок?").click()
    results(colleague)
    expect(olga.locator("#task-hand")).to_contain_text("Сейчас звонит: Вера Ким")
    expect(olga.locator(".results")).to_have_count(0)

    colleague.locator(".results button.main").click()
    expect(colleague.locator(".noted")).to_contain_text("Записано: Ким Анна: придет.")
    expect(colleague.locator("#detail h2").first).to_have_text("Ким Берик")  # the next one by itself
    expect(colleague.locator(f"#t-{following.pk}")).to_have_attribute("aria-current", "true")
    expect(olga.locator("#task-state")).to_contain_text("Закрыта: придет · Вера Ким")
    assert Visit.objects.get(pk=clinic.visit.pk).state == "confirmed"


def test_a_slip_is_taken_back(page: Page, clinic: Clinic) -> None:
    House.objects.update(undo_seconds=600)
    page.goto(f"/tasks/{clinic.task.pk}")
    page.click("[data-take]")
    results(page)
    page.get_by_role("button", name="отменяет").click()
    page.get_by_role("button", name="Точно отменить?").click()
    expect(page.locator(".noted")).to_contain_text("отменяет")
    expect(page.locator(f"#t-{clinic.task.pk}")).to_have_count(0)
    page.locator(".noted").get_by_role("button", name="Отменить").click()
    expect(page.locator(".noted")).to_contain_text("ничего не изменилось")
    results(page)
    expect(page.locator(f"#t-{clinic.task.pk}")).to_have_count(1)
    assert Visit.objects.get(pk=clinic.visit.pk).state == "booked"
    assert call.next_due() is None


def test_a_wrong_number_and_another_one(page: Page, clinic: Clinic) -> None:
    patient = clinic.visit.patient
    make.make_account("smsc")
    make.make_point(patient, "phone", MOTHER, relation="mother")
    page.goto(f"/tasks/{clinic.task.pk}")
    numbers = page.locator(".dial > li")
    expect(numbers.first.locator("a.phone")).to_have_attribute("href", f"tel:{make.PHONE}")
    page.click("[data-take]")
    results(page)
    numbers.first.get_by_role("button", name="Неверный номер").click()
    numbers.first.get_by_role("button", name="Точно неверный?").click()
    expect(numbers.first.locator("a.phone")).to_have_attribute("href", f"tel:{MOTHER}")
    expect(numbers.nth(1)).to_contain_text("неверный номер")
    expect(page.locator(".moments li").first).to_contain_text("неверный номер")
    assert {way.address for way in ways(patient.pk, "service", "delivered") if way.sort == "sms"} == {MOTHER}
    results(page)  # the call goes on
    numbers.nth(1).get_by_role("button", name="Номер верный").click()
    expect(numbers.first.locator("a.phone")).to_have_attribute("href", f"tel:{make.PHONE}")


def test_the_call_moves_the_visit_or_is_put_off(page: Page, clinic: Clinic) -> None:
    following = another(clinic)
    page.goto(f"/tasks/{clinic.task.pk}")
    page.click("[data-take]")
    page.get_by_role("button", name="переносит").click()
    time = page.locator("#task-times button").first
    time.click()
    page.locator("#task-times button.sure").click()
    expect(page.locator(".noted")).to_contain_text("Ким Анна: переносит")
    assert Visit.objects.get(pk=clinic.visit.pk).state == "moved"

    page.click("[data-take]")
    page.get_by_role("button", name="через 30 минут").click()
    expect(page.locator(".noted")).to_contain_text("позвоним позже")
    expect(page.locator("#t-later")).to_be_visible()
    expect(page.locator(f"#t-{following.pk}")).to_contain_text("снова в 11:30")


def test_the_page_says_that_the_patient_has_answered(page: Page, clinic: Clinic) -> None:
    page.goto(f"/tasks/{clinic.task.pk}")
    page.click("[data-take]")
    results(page)
    page.fill("#note", "сейчас запишу")
    change.confirm(clinic.visit.pk, by="patient", channel="telegram", evidence="кнопка в Telegram")
    close_for_visit(clinic.visit.pk, TaskState.ANSWERED, "кнопка в Telegram")
    expect(page.locator("#task-state")).to_contain_text("Пациент ответил сам: придет. кнопка в Telegram")
    expect(page.locator(".results")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Следующий").click()
    expect(page.locator("#detail")).to_contain_text("Все звонки сделаны")


FACT = "() => htmx.trigger(document.body, 'fact', {})"


def held(page: Page, what: str, cause: str) -> list[Route]:
    """Requests that this brings about are kept back until somebody lets them go."""
    kept: list[Route] = []
    page.route(what, lambda route: kept.append(route))  # noqa: PLW0108 - it marks the function it is given
    page.evaluate(cause)
    while not kept:
        page.wait_for_timeout(20)
    return kept


def test_a_press_does_not_wait_for_the_live_part(page: Page, clinic: Clinic) -> None:
    page.goto(f"/tasks/{clinic.task.pk}")
    kept = held(page, "**/tasks/*/now", FACT)
    page.click("[data-take]")
    page.evaluate(FACT)  # what is asked last must not take the place of the press
    results(page)
    for late in kept:
        late.continue_()
    expect(page.locator("#task-hand")).to_contain_text("Вы звоните")
    results(page)


def test_nothing_changes_under_a_press(page: Page, clinic: Clinic) -> None:
    page.goto(f"/tasks/{clinic.task.pk}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    (press,) = held(page, "**/take", "() => document.querySelector('[data-take]').click()")
    page.evaluate(FACT)
    page.wait_for_timeout(300)
    (pressed,) = [n for n, url in enumerate(asked) if url.endswith("/take")]  # before it the stream may have told news
    assert not [url for url in asked[pressed:] if url.endswith("/now")]
    press.abort()  # no answer will ever come: the page looks for itself
    with page.expect_request("**/tasks/*/now"):
        pass


def test_what_was_asked_twice_and_left_alone_catches_up(page: Page, clinic: Clinic, vera: Staff) -> None:
    page.clock.install()
    page.goto(f"/tasks/{clinic.task.pk}")
    page.click("[data-take]")
    results(page)
    page.get_by_role("button", name="отменяет").click()
    expect(page.locator("button.sure")).to_have_text("Точно отменить?")
    with page.expect_response("**/tasks/*/now"):
        call.take(clinic.task, vera, over=True)
        page.evaluate(FACT)
    page.wait_for_timeout(1000)  # the stream has told it too
    expect(page.locator("button.sure")).to_have_count(1)  # it is not taken from under the finger
    page.clock.fast_forward(6_000)
    expect(page.locator("#task-hand")).to_contain_text("Сейчас звонит: Вера Ким")
    expect(page.locator(".results")).to_have_count(0)


def test_a_row_opens_while_its_list_is_asked_for(page: Page, clinic: Clinic) -> None:
    following = another(clinic)
    page.goto(f"/tasks/{clinic.task.pk}")
    kept = held(page, "**/tasks/rows", FACT)
    page.click(f"#t-{following.pk} a")
    page.evaluate(FACT)
    expect(page.locator("#detail h2").first).to_have_text("Ким Берик")
    for late in kept:
        late.continue_()


def test_what_has_come_listens_at_once(page: Page, clinic: Clinic) -> None:
    following = another(clinic)
    page.goto(f"/tasks/{clinic.task.pk}")
    page.evaluate(
        """() => document.body.addEventListener('htmx:afterSwap', (event) => event.detail.target.id === 'detail' &&
            setTimeout(() => document.querySelector('[data-take]')?.click()))"""
    )
    page.click(f"#t-{following.pk} a")
    expect(page.locator("#detail h2").first).to_have_text("Ким Берик")
    results(page)
