"""Lists ask the database the same number of questions for one row and for three."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from priyom.alerts.models import Recipient
from priyom.clinic.models import Role
from priyom.delivery.doubts import resolve
from priyom.delivery.models import Account, Delivery
from priyom.exchange.models import Import, RefusedRow
from priyom.foundation.clock import now
from priyom.inbox.chat import conversation_of
from priyom.inbox.tasks import open_call_task
from priyom.web.tests.conftest import Clinic
from tests import factories as make


def another_visit(clinic: Clinic, n: int) -> None:
    patient = make.make_patient(given=f"Имя{n}", phone=f"+7701000000{n}", telegram=f"77{n}")
    make.make_reach(patient, "telegram", clinic.account.channel, answered_at=now())
    visit = make.make_visit(patient, make.MONDAY + timedelta(hours=4 + n), branch=clinic.here)
    open_call_task(visit, "пора", visit.starts_at - timedelta(hours=1))


def another_chat(clinic: Clinic, n: int) -> None:
    conversation_of(make.make_patient(given=f"Имя{n}", telegram=f"88{n}"))


def another_account(clinic: Clinic, n: int) -> None:
    account = make.make_account(clinic.account.channel, key=f"more-{n}")
    Account.objects.filter(pk=account.pk).update(health="broken", health_why="token")
    Delivery.objects.create(
        account=account, address="1", body={}, origin="system", created_at=now(), due_at=now(), state="settled",
        signal="uncertain", patient=clinic.visit.patient,
    )  # fmt: skip


def another_doubt(clinic: Clinic, n: int) -> None:
    for origin in ("staff", "notification"):
        patient = make.make_patient(given=f"Имя{n}", telegram=f"99{n}{origin}")
        make.make_doubt(clinic.account, patient, origin)
        seen = make.make_doubt(clinic.account, patient, origin)
        resolve([seen.delivery_id], "время сообщения прошло")


def another_recipient(clinic: Clinic, n: int) -> None:
    Recipient.objects.create(
        account=clinic.account, address=f"chat:{n}", name=f"Пост {n}", staff=make.make_staff(), branch=clinic.here,
        created_at=now(),
    )  # fmt: skip


def another_import(clinic: Clinic, n: int) -> None:
    Import.objects.create(file_name="a.csv", file_path="a.csv", created_at=now(), by=make.make_staff())
    RefusedRow.objects.create(imported=clinic.draft, line=n, reason="нет телефона", row={})


LISTS: dict[str, tuple[str, Callable[[Clinic, int], None], list[str]]] = {
    "today": ("today_rows", another_visit, []),
    "today page": ("today", another_visit, []),
    "tasks": ("tasks_rows", another_visit, []),
    "doubts": ("doubts_rows", another_doubt, []),
    "patients": ("patients_rows", another_visit, []),
    "chats": ("chats_rows", another_chat, []),
    "accounts": ("accounts_rows", another_account, []),
    "numbers": ("numbers", another_account, []),
    "staff alerts": ("staff_alerts", another_recipient, []),
    "attention": ("attention", another_account, []),
    "imports": ("imports", another_import, []),
    "report": ("import_progress", another_import, ["draft"]),
}


def questions(browser: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("branches", [0, 1], ids=["everywhere", "one branch"])
def test_three_rows_cost_as_much_as_one(clinic: Clinic, name: str, branches: int) -> None:
    route, add, arguments = LISTS[name]
    url = reverse(f"web:{route}", args=[getattr(clinic, a).pk for a in arguments])
    browser = clinic.browser(Role.ADMIN) if not branches else clinic.browser(Role.ADMIN, clinic.here)
    browser.get(url)  # the session learns its branch
    add(clinic, 1)
    before = questions(browser, url)
    add(clinic, 2)
    add(clinic, 3)
    assert questions(browser, url) == before
