"""Every address of the staff pages, every role: who gets in, who is refused, and what is not there for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from priyom.alerts.models import Recipient
from priyom.clinic.models import Role
from priyom.delivery.models import StoredFile
from priyom.inbox import doubts
from priyom.inbox.models import Incoming
from priyom.inbox.reply import keep
from priyom.web import urls
from priyom.web.frame import SEES, SETS, WORKS
from priyom.web.tests.conftest import Clinic
from tests.factories import MONDAY, make_account, make_doubt, make_staff

Arguments = Callable[[Clinic], list[object]]
LATER = (MONDAY + timedelta(days=1)).isoformat()


def visit(clinic: Clinic) -> list[object]:
    return [clinic.visit.pk]


def chat(clinic: Clinic) -> list[object]:
    return [clinic.chat.pk]


def task(clinic: Clinic) -> list[object]:
    return [clinic.task.pk]


def patient(clinic: Clinic) -> list[object]:
    return [clinic.visit.patient_id]


def account(clinic: Clinic) -> list[object]:
    return [clinic.account.pk]


def templated(clinic: Clinic) -> list[object]:
    return [make_account("whatsapp").pk]


def recipient(clinic: Clinic) -> list[object]:
    made = Recipient.objects.create(account=clinic.account, address="chat:7", name="Регистратура", created_at=MONDAY)
    return [made.pk]


def picture(clinic: Clinic) -> StoredFile:
    """A photo the patient has sent."""
    made = keep("снимок.png", "image/png", b"\x89PNG")
    Incoming.objects.filter(conversation=clinic.chat).update(files=[{"id": made.pk, "name": made.name}])
    return made


def doubt(clinic: Clinic) -> list[object]:
    return [make_doubt(clinic.account, clinic.visit.patient).pk]


def settled(clinic: Clinic) -> list[object]:
    found = make_doubt(clinic.account, clinic.visit.patient)
    doubts.settle(make_staff(), found.pk, "arrived")
    return [found.pk]


def draft(clinic: Clinic) -> list[object]:
    return [clinic.draft.pk]


def nothing(clinic: Clinic) -> list[object]:
    return []


EVERYBODY = tuple(Role)
ROUTES: dict[str, tuple[str, tuple[Role, ...], Arguments, dict[str, str]]] = {
    "today": ("GET", SEES, nothing, {}),
    "today_rows": ("GET", SEES, nothing, {}),
    "rail": ("GET", EVERYBODY, nothing, {}),
    "language": ("POST", EVERYBODY, nothing, {"language": "kk"}),
    "visit": ("GET", SEES, visit, {}),
    "visit_story": ("GET", SEES, visit, {}),
    "visit_times": ("GET", WORKS, visit, {}),
    "visit_confirm": ("POST", WORKS, visit, {}),
    "visit_cancel": ("POST", WORKS, visit, {}),
    "visit_move": ("POST", WORKS, visit, {"to": LATER}),
    "chats": ("GET", WORKS, nothing, {}),
    "chats_rows": ("GET", WORKS, nothing, {}),
    "chat": ("GET", WORKS, chat, {}),
    "chat_messages": ("GET", WORKS, chat, {}),
    "chat_send": ("POST", WORKS, chat, {"text": "Да, приходите"}),
    "chat_composer": ("GET", WORKS, chat, {}),
    "chat_parts": ("POST", WORKS, chat, {"text": "Да"}),
    "chat_typing": ("POST", WORKS, chat, {}),
    "chat_give": ("POST", WORKS, chat, {"staff": ""}),
    "chat_file": ("GET", WORKS, lambda c: [c.chat.pk, picture(c).pk], {}),
    "chat_done": ("POST", WORKS, chat, {}),
    "chat_undo": ("POST", WORKS, chat, {}),
    "chat_who": ("GET", WORKS, lambda c: [c.stranger.pk], {}),
    "chat_attach": ("POST", WORKS, lambda c: [c.stranger.pk, c.visit.patient_id], {}),
    "chat_of": ("GET", WORKS, patient, {}),
    "tasks": ("GET", WORKS, nothing, {}),
    "tasks_rows": ("GET", WORKS, nothing, {}),
    "task": ("GET", WORKS, task, {}),
    "task_times": ("GET", WORKS, task, {}),
    "task_done": ("POST", WORKS, task, {"outcome": "confirmed"}),
    "task_no_answer": ("POST", WORKS, task, {}),
    "task_unreached": ("POST", WORKS, task, {}),
    "doubts": ("GET", WORKS, nothing, {}),
    "doubts_rows": ("GET", WORKS, nothing, {}),
    "doubt_again": ("POST", WORKS, doubt, {}),
    "doubt_settle": ("POST", WORKS, doubt, {"how": "arrived"}),
    "doubt_undo": ("POST", WORKS, settled, {}),
    "patients": ("GET", SEES, nothing, {}),
    "patients_rows": ("GET", SEES, nothing, {}),
    "patient": ("GET", SEES, patient, {}),
    "patient_link": ("POST", WORKS, lambda c: [c.visit.patient_id, c.account.pk], {}),
    "accounts": ("GET", SETS, nothing, {}),
    "accounts_rows": ("GET", SETS, nothing, {}),
    "account_add": ("GET", SETS, nothing, {}),
    "account_new": ("GET", SETS, lambda c: [c.account.channel], {}),
    "account": ("GET", SETS, account, {}),
    "account_change": ("POST", SETS, account, {}),
    "account_check": ("POST", SETS, account, {}),
    "account_test": ("POST", SETS, account, {"address": "5"}),
    "account_tested": ("GET", SETS, lambda c: [c.account.pk, c.delivery.pk], {}),
    "account_purpose": ("POST", SETS, account, {"purpose": "spare"}),
    "account_warm": ("POST", SETS, account, {}),
    "numbers": ("GET", SETS, nothing, {}),
    "staff_alerts": ("GET", SETS, nothing, {}),
    "staff_alert_new": ("POST", SETS, nothing, {}),
    "staff_alert_change": ("POST", SETS, recipient, {"active": "1"}),
    "staff_alert_test": ("POST", SETS, recipient, {}),
    "staff_alert_remove": ("POST", SETS, recipient, {}),
    "account_hand_in": ("POST", SETS, templated, {}),
    "account_poster_file": ("GET", SETS, lambda c: [c.account.pk, "wall"], {}),
    "account_switch": ("POST", SETS, account, {}),
    "account_poster": ("GET", SETS, account, {}),
    "imports": ("GET", WORKS, nothing, {}),
    "import_begin": ("POST", WORKS, nothing, {}),
    "import": ("GET", WORKS, draft, {}),
    "import_preview": ("POST", WORKS, draft, {}),
    "import_start": ("POST", WORKS, draft, {}),
    "import_progress": ("GET", WORKS, draft, {}),
    "import_refused": ("GET", WORKS, draft, {}),
    "attention": ("GET", SETS, nothing, {}),
    "replay_update": ("POST", SETS, lambda c: [c.update.pk], {}),
    "replay_fact": ("POST", SETS, lambda c: [c.parked.pk], {}),
}
AT_THE_DOOR = {"signin", "signout", "door_language", "live"}
MINE = [name for name in ROUTES if ROUTES[name][2] in (visit, task, patient, chat, doubt, settled)]
NUMBERED = [name for name in ROUTES if ROUTES[name][2] in (visit, task, patient, chat, account, draft, doubt, settled)]


def ask(browser: Client, name: str, arguments: list[object], *, part: bool = False) -> int:
    method, _roles, _of, data = ROUTES[name]
    headers = {"HX-Request": "true"} if part else {}
    url = reverse(f"web:{name}", args=arguments)
    answer = browser.get(url, data, headers=headers) if method == "GET" else browser.post(url, data, headers=headers)
    return answer.status_code


def test_every_address_is_in_the_table() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == ROUTES.keys() | AT_THE_DOOR


@pytest.mark.parametrize("name", ROUTES)
def test_roles(clinic: Clinic, name: str) -> None:
    method, allowed, of, _data = ROUTES[name]
    arguments = of(clinic)
    for role in Role:
        if role not in allowed:
            assert ask(clinic.browser(role), name, arguments) == 403, role
    for role in allowed[: 1 if method == "POST" else None]:  # a second press finds the thing changed
        status = ask(clinic.browser(role), name, arguments)
        assert status in ((404,) if name == "import_refused" else (200, 204, 302, 422)), role


@pytest.mark.parametrize("name", ROUTES)
def test_strangers_are_sent_to_the_door(clinic: Clinic, name: str) -> None:
    method, _roles, of, _data = ROUTES[name]
    url = reverse(f"web:{name}", args=of(clinic))
    answer = Client().generic(method, url)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")
    part = Client().generic(method, url, headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/login"


@pytest.mark.parametrize("name", MINE)
def test_what_belongs_to_another_branch_is_not_there(clinic: Clinic, name: str) -> None:
    assert ask(clinic.browser(Role.REGISTRAR, clinic.there), name, ROUTES[name][2](clinic)) == 404
    assert ask(clinic.browser(Role.REGISTRAR, clinic.here), name, ROUTES[name][2](clinic)) in (200, 204, 302)


@pytest.mark.parametrize("name", NUMBERED)
def test_what_does_not_exist_is_not_found(clinic: Clinic, name: str) -> None:
    browser = clinic.browser(Role.ADMIN)
    for part in (False, True):
        assert ask(browser, name, [999_999], part=part) == 404


@pytest.mark.parametrize("query", ["?branch=999999", "?visit=999999", "?visit=x", "?day=someday"])
def test_strange_questions_are_not_found(registrar: Client, query: str) -> None:
    assert registrar.get(reverse("web:today") + query).status_code == 404


def test_another_branch_cannot_be_chosen(clinic: Clinic) -> None:
    browser = clinic.browser(Role.REGISTRAR, clinic.here)
    assert browser.get(f"/?branch={clinic.there.pk}").status_code == 404
    assert clinic.there.name not in browser.get("/").content.decode()


def test_a_role_without_pages_is_told_so(clinic: Clinic) -> None:
    answer = clinic.browser(Role.MARKETER).get("/")
    assert answer.status_code == 403
    assert "Этот раздел закрыт для вашей роли" in answer.content.decode()


def test_nothing_stays_in_the_browser(registrar: Client) -> None:
    answer = registrar.get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
