"""Unsubscribing: one click of a mail program, or a button on a page; never by looking."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from priyom.consent.ask import allows
from priyom.consent.change import give
from priyom.consent.models import Consent
from priyom.contracts.card import Sort
from priyom.contracts.registry import cards, channel
from priyom.notifications.links import BadLink, read_token, read_unsubscribe, unsubscribe_link, visit_token
from priyom.notifications.wording import About, compose
from priyom.portal.tests.conftest import Desk

ONE_CLICK = "List-Unsubscribe=One-Click"


def path(desk: Desk, channel: str = "smtp") -> str:
    return urlsplit(unsubscribe_link(desk.patient.pk, channel)).path


def test_one_click_withdraws_everything_on_that_channel_once(desk: Desk) -> None:
    give(desk.patient, "marketing", "", "анкета", "")
    for _ in range(2):
        page = desk.post(path(desk), ONE_CLICK)
        assert (page.status, page.heading) == (200, "Больше не пишем вам сюда")
    assert not allows(desk.patient.pk, "service", "smtp")
    assert not allows(desk.patient.pk, "marketing", "smtp")
    assert allows(desk.patient.pk, "service", "smsc")
    assert allows(desk.patient.pk, "marketing", "smsc")
    rows = Consent.objects.filter(given=False).order_by("id").values_list("purpose", "channel", "source")
    assert list(rows) == [
        ("service", "smtp", "ссылка «Отписаться»"), ("marketing", "smtp", "ссылка «Отписаться»"),
    ]  # fmt: skip


def test_one_click_as_a_form_of_parts(desk: Desk) -> None:
    answer = desk.browser.post(path(desk), {"List-Unsubscribe": "One-Click"})  # multipart, as RFC 8058 also allows
    assert answer.status_code == 200
    assert not allows(desk.patient.pk, "service", "smtp")


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=Other", "do=yes"])
def test_anything_else_only_asks(desk: Desk, body: str) -> None:
    for page in (desk.get(path(desk)), desk.post(path(desk), body)):
        assert (page.status, page.heading) == (200, "Больше не писать вам сюда?")
    assert not Consent.objects.exists()


def test_the_button_of_the_page_posts_the_same(desk: Desk) -> None:
    page = desk.get(path(desk))
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page.html
    assert page.choices == [("Да, не писать", path(desk), True)]
    assert "tel:+77272501020" in page.html


def test_who_allows_again_can_leave_again(desk: Desk) -> None:
    desk.post(path(desk), ONE_CLICK)
    give(desk.patient, "service", "smtp", "регистратура", "")
    assert desk.get(path(desk)).heading == "Больше не писать вам сюда?"
    desk.post(path(desk), ONE_CLICK)
    assert not allows(desk.patient.pk, "service", "smtp")


def test_a_visits_link_does_not_unsubscribe_nor_the_other_way_round(desk: Desk) -> None:
    token = visit_token(desk.visit.pk, "smtp")
    with pytest.raises(BadLink):
        read_unsubscribe(token)
    with pytest.raises(BadLink):
        read_token(path(desk).rpartition("/")[2])
    assert desk.post(f"/p/u/{token}", ONE_CLICK).status == 404
    assert desk.post("/p/u/1-smtp:forged", ONE_CLICK).status == 404
    assert not Consent.objects.exists()


def test_letters_carry_it_and_nothing_else_does(desk: Desk) -> None:
    about = About(desk.patient, desk.visit)
    for card in cards():
        body = compose("reminder_24h", about, card)
        assert ("unsubscribe_url" in body) == (card.sort == Sort.MAIL)
    letter = compose("reminder_24h", about, channel("smtp").card)
    assert read_unsubscribe(letter["unsubscribe_url"].rpartition("/")[2]) == (desk.patient.pk, "smtp")
    for row in letter["rows"]:
        for button in row:
            parts = urlsplit(button["url"])
            assert desk.get(f"{parts.path}?{parts.query}").status == 200
