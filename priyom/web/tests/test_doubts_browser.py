"""«Дошло ли?» in a real browser: a word is said, stays in reach while the page goes on living, and is taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from priyom.delivery.models import Doubt
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_word_can_be_taken_back_however_often_the_page_looks(page: Page, clinic: Clinic) -> None:
    doubt = make.make_doubt(clinic.account, clinic.visit.patient)
    page.goto("/doubts")
    row = page.locator(f"#ours-rows #doubt-{doubt.pk}")
    row.get_by_role("button", name="Дошло", exact=True).click()
    undo = page.locator("[data-told]").get_by_role("button", name="Вернуть")
    expect(undo).to_be_visible()
    expect(row).to_have_count(0)
    for another in ("первая", "вторая"):
        page.mouse.move(0, 0)  # nothing comes or goes under the pointer
        newer = make.make_doubt(clinic.account, make.make_patient(given=another))
        with page.expect_response("**/doubts/**"):
            page.evaluate("() => htmx.trigger(document.body, 'fact', {})")
        expect(page.locator(f"#ours-rows #doubt-{newer.pk}")).to_be_visible()
        expect(undo).to_be_visible()
    undo.click()
    expect(row).to_be_visible()
    expect(undo).to_have_count(0)
    doubt.refresh_from_db()
    assert (doubt.resolved, Doubt.objects.filter(resolved="").count()) == ("", 3)
