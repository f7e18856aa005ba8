"""Every address of the staff pages, every role: who gets in, who is refused, and what is not there for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from priyom.alerts.models import Recipient
from priyom.clinic import invite, lockout
from priyom.clinic.invite import Guest
from priyom.clinic.models import Role, SignInLock
from priyom.delivery.models import Delivery, StoredFile
from priyom.inbox import doubts, merge, notes
from priyom.inbox.desk_models import QuickReply
from priyom.inbox.models import Incoming
from priyom.inbox.reply import Hold, keep, reply
from priyom.patients import card
from priyom.patients.models import ContactPoint
from priyom.web import urls
from priyom.web.frame import SEES, SETS, WORKS
from priyom.web.patients.notes import NOTES
from priyom.web.tests.conftest import Clinic
from tests.factories import MONDAY, PHONE, make_account, make_doubt, make_patient, make_staff

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


def held(clinic: Clinic) -> int:
    """An answer that leaves tomorrow."""
    hold = Hold(MONDAY + timedelta(days=1), chosen=True)
    return reply(make_staff(), clinic.chat, "До завтра", hold=hold)


def ready(clinic: Clinic) -> list[object]:
    """Everybody's ready answer."""
    said = {"text_ru": "Здравствуйте!", "changed_at": MONDAY}
    return [QuickReply.objects.get_or_create(word="привет", defaults=said)[0].pk]


def point(clinic: Clinic) -> list[object]:
    return [clinic.visit.patient_id, clinic.visit.patient.contacts.get(kind="phone").pk]


def strange_point(clinic: Clinic) -> list[object]:
    return [clinic.stranger.pk, point(clinic)[1]]


def card_note(clinic: Clinic) -> list[object]:
    return [clinic.visit.patient_id, card.write(clinic.visit.patient, make_staff(), "плохо слышит").pk]


def of_the_patient(clinic: Clinic) -> list[object]:
    return [clinic.visit.patient_id, clinic.visit.pk]


def pair(clinic: Clinic) -> list[object]:
    return [clinic.visit.patient_id, make_patient(given="Анна", phone=PHONE).pk]


def joined(clinic: Clinic) -> list[object]:
    made = merge.merge(clinic.visit.patient, make_patient(given="Анна", phone=PHONE), make_staff())
    return [clinic.visit.patient_id, made.pk]


def doubt(clinic: Clinic) -> list[object]:
    return [make_doubt(clinic.account, clinic.visit.patient).pk]


def settled(clinic: Clinic) -> list[object]:
    found = make_doubt(clinic.account, clinic.visit.patient)
    doubts.settle(make_staff(), found.pk, "arrived")
    return [found.pk]


def failed(clinic: Clinic) -> list[object]:
    """A message of the staff that did not arrive."""
    made = Delivery.objects.create(
        account=clinic.account, address="1", body={"text": "x"}, origin="staff", created_at=MONDAY, due_at=MONDAY,
        patient=clinic.visit.patient, state="settled", signal="failed",
    )  # fmt: skip
    return [clinic.chat.pk, made.pk]


def note(clinic: Clinic) -> list[object]:
    """A colleague's note: it is theirs to take back."""
    return [clinic.chat.pk, notes.write(make_staff(), clinic.chat, "Просит справку", {}).pk]


def draft(clinic: Clinic) -> list[object]:
    return [clinic.draft.pk]


def colleague(clinic: Clinic) -> list[object]:
    return [make_staff().pk]


def invited(clinic: Clinic) -> list[object]:
    return [invite.invite(make_staff("owner"), Guest("vera@clinic.example", "Вера", "registrar"))[0].pk]


def locked(clinic: Clinic) -> list[object]:
    lockout.failed("vera", "")
    return [SignInLock.objects.latest("pk").pk]


def nothing(clinic: Clinic) -> list[object]:
    return []


def number_of(clinic: Clinic) -> int:
    """The phone number of whoever is to be called."""
    return ContactPoint.objects.get(patient=clinic.visit.patient, kind="phone").pk


EVERYBODY = tuple(Role)
BOOKED = {"to": LATER, "practitioner": "0"}
"""A doctor who is not there: 404, after the door."""
ROUTES: dict[str, tuple[str, tuple[Role, ...], Arguments, dict[str, str]]] = {
    "today": ("GET", SEES, nothing, {}),
    "today_rows": ("GET", SEES, nothing, {}),
    "rail": ("GET", EVERYBODY, nothing, {}),
    "language": ("POST", EVERYBODY, nothing, {"language": "kk"}),
    "security": ("GET", EVERYBODY, nothing, {}),
    "again": ("GET", EVERYBODY, nothing, {}),
    "password": ("GET", EVERYBODY, nothing, {}),
    "app": ("GET", EVERYBODY, nothing, {}),
    "app_off": ("POST", EVERYBODY, nothing, {}),
    "passkey_new": ("GET", EVERYBODY, nothing, {}),
    "passkey_remove": ("POST", EVERYBODY, lambda c: [7], {}),
    "codes": ("GET", EVERYBODY, nothing, {}),
    "codes_file": ("GET", EVERYBODY, nothing, {}),
    "codes_new": ("POST", EVERYBODY, nothing, {}),
    "codes_kept": ("POST", EVERYBODY, nothing, {}),
    "session_end": ("POST", EVERYBODY, lambda c: [7], {}),
    "sessions_end": ("POST", EVERYBODY, nothing, {}),
    "staff": ("GET", SETS, nothing, {}),
    "staff_invite": ("GET", SETS, nothing, {}),
    "staff_rule": ("POST", SETS, nothing, {}),
    "staff_person": ("GET", SETS, colleague, {}),
    "staff_switch": ("POST", SETS, colleague, {}),
    "staff_password": ("POST", SETS, colleague, {}),
    "staff_factor": ("POST", SETS, colleague, {}),
    "invitation_again": ("POST", SETS, invited, {}),
    "invitation_withdraw": ("POST", SETS, invited, {}),
    "lock_lift": ("POST", SETS, locked, {}),
    "visit": ("GET", SEES, visit, {}),
    "visit_story": ("GET", SEES, visit, {}),
    "visit_times": ("GET", WORKS, visit, {}),
    "visit_confirm": ("POST", WORKS, visit, {}),
    "visit_cancel": ("POST", WORKS, visit, {}),
    "visit_move": ("POST", WORKS, visit, {"to": LATER}),
    "chats": ("GET", WORKS, nothing, {}),
    "chats_rows": ("GET", WORKS, nothing, {}),
    "chats_piece": ("GET", WORKS, nothing, {}),
    "chats_tabs": ("GET", WORKS, nothing, {}),
    "chat": ("GET", WORKS, chat, {}),
    "chat_messages": ("GET", WORKS, chat, {}),
    "chat_send": ("POST", WORKS, chat, {"text": "Да, приходите"}),
    "chat_composer": ("GET", WORKS, chat, {}),
    "chat_parts": ("POST", WORKS, chat, {"text": "Да"}),
    "chat_typing": ("POST", WORKS, chat, {}),
    "chat_looking": ("GET", WORKS, chat, {}),
    "chat_writing": ("POST", WORKS, chat, {}),
    "chat_ways": ("GET", WORKS, chat, {}),
    "chat_way": ("POST", WORKS, chat, {"n": "1"}),
    "chat_approved": ("GET", WORKS, chat, {}),
    "chat_approved_send": ("POST", WORKS, chat, {"kind": "reminder_24h"}),
    "chat_ready": ("GET", WORKS, chat, {}),
    "chat_ready_keep": ("POST", WORKS, chat, {"text": "Ждем вас"}),
    "chat_waiting": ("GET", WORKS, chat, {}),
    "chat_back": ("POST", WORKS, lambda c: [c.chat.pk, held(c)], {}),
    "chat_drop": ("POST", WORKS, lambda c: [c.chat.pk, held(c)], {}),
    "chat_now": ("POST", WORKS, lambda c: [c.chat.pk, held(c)], {}),
    "ready": ("GET", WORKS, nothing, {}),
    "ready_new": ("POST", WORKS, nothing, {"word": "адрес", "text_ru": "Абая, 10", "whose": "own"}),
    "ready_change": ("POST", (Role.OWNER, Role.ADMIN), ready, {"word": "адрес", "text_ru": "Абая, 12", "whose": "all"}),
    "ready_remove": ("POST", (Role.OWNER, Role.ADMIN), ready, {}),
    "chat_give": ("POST", WORKS, chat, {"staff": ""}),
    "chat_file": ("GET", WORKS, lambda c: [c.chat.pk, picture(c).pk], {}),
    "chat_again": ("POST", WORKS, failed, {"account": "1"}),
    "chat_draft": ("POST", WORKS, chat, {"text": "Да, при"}),
    "chat_note": ("POST", WORKS, chat, {"text": "Просит справку"}),
    "chat_note_back": ("POST", WORKS, note, {}),
    "chat_done": ("POST", WORKS, chat, {}),
    "chat_undo": ("POST", WORKS, chat, {}),
    "chat_who": ("GET", WORKS, lambda c: [c.stranger.pk], {}),
    "chat_attach": ("POST", WORKS, lambda c: [c.stranger.pk, c.visit.patient_id], {}),
    "chat_code_send": ("POST", WORKS, strange_point, {}),
    "chat_code": ("POST", WORKS, lambda c: [c.stranger.pk], {"code": "12345"}),
    "chat_ask_number": ("POST", WORKS, lambda c: [c.stranger.pk], {}),
    "chat_of": ("GET", WORKS, patient, {}),
    "tasks": ("GET", WORKS, nothing, {}),
    "tasks_rows": ("GET", WORKS, nothing, {}),
    "task": ("GET", WORKS, task, {}),
    "task_times": ("GET", WORKS, task, {}),
    "task_done": ("POST", WORKS, task, {"outcome": "confirmed"}),
    "task_now": ("GET", WORKS, task, {}),
    "task_next": ("GET", WORKS, nothing, {}),
    "task_take": ("POST", WORKS, task, {}),
    "task_free": ("POST", WORKS, task, {}),
    "task_undo": ("POST", WORKS, task, {}),
    "task_wrong": ("POST", WORKS, lambda c: [c.task.pk, number_of(c)], {}),
    "presence_beat": ("POST", WORKS, nothing, {}),
    "presence_say": ("POST", WORKS, nothing, {"state": "break"}),
    "desk": ("GET", SETS, nothing, {}),
    "desk_rows": ("GET", SETS, nothing, {}),
    "desk_pass_on": ("POST", SETS, lambda c: [make_staff().pk], {}),
    "desk_setup": ("GET", SETS, nothing, {}),
    "desk_house": ("POST", SETS, nothing, {"hand_out": "1"}),
    "desk_branch": ("POST", SETS, lambda c: [c.here.pk], {"promise": "15", "pause": "8"}),
    "desk_redirect": ("POST", SETS, lambda c: [c.account.pk], {"pause": "8"}),
    "desk_preview": ("POST", SETS, nothing, {"text_ru": "Здравствуйте"}),
    "news": ("GET", WORKS, nothing, {}),
    "styleguide": ("GET", EVERYBODY, nothing, {}),
    "doubts": ("GET", WORKS, nothing, {}),
    "doubts_rows": ("GET", WORKS, nothing, {}),
    "doubt_again": ("POST", WORKS, doubt, {}),
    "doubt_settle": ("POST", WORKS, doubt, {"how": "arrived"}),
    "doubt_undo": ("POST", WORKS, settled, {}),
    "patients": ("GET", SEES, nothing, {}),
    "patients_rows": ("GET", SEES, nothing, {}),
    "patient": ("GET", SEES, patient, {}),
    "contact_add": ("POST", WORKS, patient, {"kind": "phone", "address": "+77015550199", "relation": "mother"}),
    "contact_relate": ("POST", WORKS, point, {"relation": "mother"}),
    "contact_remove": ("POST", WORKS, point, {}),
    "contact_back": ("POST", WORKS, point, {}),
    "contact_wrong": ("POST", WORKS, point, {}),
    "card_note": ("POST", NOTES, patient, {"text": "плохо слышит"}),
    "card_note_take": ("POST", NOTES, card_note, {}),
    "card_note_back": ("POST", NOTES, card_note, {}),
    "patient_tag": ("POST", WORKS, patient, {"name": "VIP"}),
    "patient_tags": ("GET", SEES, patient, {}),
    "patient_untag": ("POST", WORKS, lambda c: [c.visit.patient_id, 1], {}),
    "patient_consent": ("POST", WORKS, patient, {"purpose": "service", "given": "0", "text": "звонок"}),
    "patient_visits": ("GET", SEES, patient, {}),
    "booking": ("GET", WORKS, patient, {}),
    "booking_take": ("POST", WORKS, lambda c: [c.visit.patient_id], BOOKED),
    "booking_times": ("GET", WORKS, of_the_patient, {}),
    "booking_move": ("POST", WORKS, of_the_patient, {"to": LATER}),
    "booking_cancel": ("POST", WORKS, of_the_patient, {}),
    "merge_choose": ("GET", WORKS, patient, {}),
    "merge_compare": ("GET", WORKS, pair, {}),
    "merge_join": ("POST", WORKS, pair, {}),
    "merge_part": ("POST", WORKS, joined, {}),
    "cards_apart": ("POST", WORKS, pair, {}),
    "cards_apart_not": ("POST", WORKS, pair, {}),
    "opened": ("GET", SETS, nothing, {}),
    "opened_rows": ("GET", SETS, nothing, {}),
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
    "staff_letter": ("POST", SETS, nothing, {}),
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
AT_THE_DOOR = {
    "signin", "signout", "door_language", "live", "second", "passkey", "forgotten", "renew", "join",
}  # fmt: skip
OF_A_PATIENT = (point, strange_point, card_note, of_the_patient, pair, joined)
NOT_THERE = {"booking_take", "chat_note_back", "import_refused", "session_end"}
"""Allowed, but there is nothing of theirs."""
MINE = [name for name in ROUTES if ROUTES[name][2] in (visit, task, patient, chat, doubt, settled, *OF_A_PATIENT)]
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
        assert status in ((404,) if name in NOT_THERE else (200, 204, 302, 422)), role


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
