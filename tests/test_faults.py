"""When there is nothing to show: a page in our look, in the reader's language, with a way on, and no database asked."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from config import urls as ours
from priyom.web import faults

HTML = {"Accept": "text/html,*/*"}


def fails(request: HttpRequest) -> HttpResponse:
    """A view with a fault in it."""
    raise ValueError("secret detail")


def without_database(request: HttpRequest) -> HttpResponse:
    """A view that finds the database gone."""
    raise (OperationalError if request.GET.get("how") else InterfaceError)("connection refused at 10.0.0.5")


handler404, handler500 = ours.handler404, ours.handler500
urlpatterns = [path("fails", fails), path("away", without_database), *ours.urlpatterns]


@pytest.fixture
def browser(settings: LazySettings) -> Client:
    """A stranger's browser; what a view raises is answered, as in the running program."""
    settings.ROOT_URLCONF = __name__
    return Client(headers=HTML, raise_request_exception=False)


def test_an_unknown_address_is_told_with_a_way_on(browser: Client) -> None:
    answer = browser.get("/nowhere/at/all")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>Не найдено</h1>" in page
    assert 'href="/"' in page
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("language", "heading"), [("kk", "Бірдеңе бұзылды"), ("en", "Something broke")])
def test_a_failure_speaks_the_readers_language_and_tells_no_detail(
    browser: Client, language: str, heading: str
) -> None:
    browser.cookies["django_language"] = language
    browser.cookies["theme"] = "dark"
    answer = browser.get("/fails")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert f"<h1>{heading}</h1>" in page
    assert f'lang="{language}"' in page
    assert 'data-theme="dark"' in page
    assert "secret" not in page


@pytest.mark.parametrize("how", ["", "?how=1"])
def test_a_lost_database_is_told_apart_and_can_be_tried_again(browser: Client, how: str) -> None:
    answer = browser.get(f"/away{how}")
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Скоро вернемся" in page
    assert f'href="/away{how}"' in page
    assert "10.0.0.5" not in page


def test_a_form_from_yesterday_is_told_what_to_do() -> None:
    browser = Client(headers=HTML, enforce_csrf_checks=True)
    answer = browser.post("/login/language", {"language": "kk"})
    assert answer.status_code == 403
    assert "Страница устарела" in answer.content.decode()


def test_a_part_of_a_page_gets_a_note_and_a_program_a_line(browser: Client) -> None:
    part = browser.get("/fails", headers={**HTML, "HX-Request": "true"})
    assert part.status_code == 500
    assert part.content.decode().startswith('<div class="thing open"><p class="note bad" role="alert">')
    program = browser.get("/nowhere", headers={"Accept": "application/json"})
    assert program.headers["Content-Type"].startswith("text/plain")
    assert program.content.decode() == "Не найдено\n"


def test_a_patient_is_shown_no_way_to_the_staffs_pages() -> None:
    request = RequestFactory().get("/p/a/b/c", headers=HTML)
    assert 'href="/"' not in faults.not_found(request, Exception()).content.decode()
