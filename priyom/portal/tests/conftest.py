"""A clinic in Almaty, one patient with mail, one visit on Thursday, 26 November 2026 at 14:00; today is Tuesday."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client

from priyom.appointments.book import VisitRecord, book
from priyom.appointments.models import Visit
from priyom.clinic.house import house
from priyom.clinic.models import Branch, Practitioner, Service
from priyom.foundation.clock import clock
from priyom.notifications.links import visit_token
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import Patient

TODAY = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
START = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
MAIL = "smtp"


@dataclass(frozen=True)
class Seen:
    """What a browser got. `heading` is the page's first line; `choices` are (label, address, posts)."""

    status: int
    html: str
    headers: dict[str, str]

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(?:<span.*?</span>)?(.*?)</h1>", self.html)
        assert found
        return unescape(found[1])

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """The large buttons of `main`."""
        main = self.html.partition("<main>")[2].partition("</main>")[0]
        forms = re.findall(
            r'<form method="post" action="(.*?)">.*?>([^<]*)</button>|<a class=.*?href="(.*?)">(.*?)<', main
        )
        return [(unescape(a_label or label), unescape(a or url), bool(url)) for url, label, a, a_label in forms]

    @property
    def labels(self) -> list[str]:
        return [label for label, _, _ in self.choices]

    def address(self, label: str) -> str:
        """Where the button of that label leads."""
        return next(url for name, url, _ in self.choices if name == label)


@dataclass(frozen=True)
class Desk:
    """The visit and a browser without cookies."""

    visit: Visit
    patient: Patient
    browser: Client

    def url(self, do: str = "", *, lang: str = "", channel: str = MAIL, visit: Visit | None = None) -> str:
        query = urlencode({k: v for k, v in (("do", do), ("lang", lang)) if v})
        return f"/p/{visit_token((visit or self.visit).pk, channel)}" + (f"?{query}" if query else "")

    def do(self, verb: str, at: datetime | None = None, version: int | None = None) -> str:
        """The action as buttons carry it."""
        tail = f":{int(at.timestamp())}" if at else ""
        return f"{verb}:{self.visit.pk}:{version or self.fresh().version}{tail}"

    def get(self, url: str) -> Seen:
        return self._seen("GET", url)

    def post(self, url: str, body: str = "") -> Seen:
        return self._seen("POST", url, body)

    def fresh(self) -> Visit:
        return Visit.objects.get(pk=self.visit.pk)

    def _seen(self, method: str, url: str, body: str = "") -> Seen:
        answer = self.browser.generic(method, url, body, content_type="application/x-www-form-urlencoded")
        assert not answer.cookies
        if answer.status_code == 303:
            assert not answer.content
            return self._seen("GET", answer.headers["Location"])
        return Seen(answer.status_code, answer.content.decode().replace("\u00a0", " "), dict(answer.headers))


@pytest.fixture
def today() -> None:
    clock.freeze(TODAY)


@pytest.fixture
def desk(db: None, today: None) -> Desk:
    rules = house()
    rules.name = "Клиника «Арман»"
    rules.save()
    branch = Branch.objects.create(
        external_id="b1", name="Арман на Абая", address="пр. Абая, 10", phone="+77272501020", time_zone="Asia/Almaty"
    )
    doctor = Practitioner.objects.create(
        external_id="d1", name="Ахметова Айгуль Кайратовна", specialty="Дерматовенеролог"
    )
    service = Service.objects.create(external_id="s1", name="Осмотр")
    patient, _ = keep(
        PatientRecord("p1", "Иванов", "Петр", language="ru", contacts=(ContactRecord("email", "petr@example.org"),))
    )
    visit, _ = book(VisitRecord("v1", patient, doctor, service, branch, START, START + HALF))
    return Desk(visit, patient, Client(enforce_csrf_checks=True))


@pytest.fixture
def taken(desk: Desk) -> Callable[[datetime], Visit]:
    """Give the doctor's time to somebody else."""

    def take(start: datetime) -> Visit:
        other, _ = keep(PatientRecord(f"other-{start.timestamp()}", "Петрова", "Анна"))
        visit = desk.visit
        given = VisitRecord(
            f"other-{start.timestamp()}", other, visit.practitioner, visit.service, visit.branch, start, start + HALF
        )
        return book(given)[0]

    return take
