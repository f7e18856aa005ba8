"""The card beside the thread: its words, what is changed on it, who is logged, and what a doctor sees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from priyom.appointments.models import State, Visit
from priyom.clinic.models import Role, Staff
from priyom.consent.change import give, withdraw
from priyom.consent.models import Consent
from priyom.foundation.clock import clock
from priyom.inbox import merge
from priyom.notifications.ways import ways
from priyom.patients import card
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import CardNote, ContactPoint, Opened, Patient, Tag
from priyom.web import guard
from priyom.web.patients.consents import standings
from priyom.web.patients.words import age, birthday
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("born", "today", "said"),
    [
        (date(1983, 3, 3), date(2026, 3, 2), "42 года"),
        (date(1983, 3, 2), date(2026, 3, 2), "43 года"),
        (date(2005, 3, 2), date(2026, 3, 2), "21 год"),
        (date(2015, 1, 1), date(2026, 3, 2), "11 лет"),
        (date(2025, 8, 3), date(2026, 3, 2), "6 месяцев"),
        (date(2026, 3, 1), date(2026, 3, 2), "0 месяцев"),
    ],
)
def test_age(born: date, today: date, said: str) -> None:
    with translation.override("ru"):
        assert age(born, today) == said


@pytest.mark.parametrize(
    ("born", "today", "said"),
    [
        (date(1983, 3, 2), date(2026, 3, 2), "сегодня день рождения"),
        (date(1983, 3, 3), date(2026, 3, 2), "завтра день рождения"),
        (date(1983, 1, 2), date(2025, 12, 31), "день рождения через 2 дня"),
        (date(1984, 2, 29), date(2026, 2, 28), "завтра день рождения"),
        (date(1983, 3, 10), date(2026, 3, 2), ""),
        (date(1983, 3, 1), date(2026, 3, 2), ""),
    ],
)
def test_birthday(born: date, today: date, said: str) -> None:
    with translation.override("ru"):
        assert birthday(born, today) == said


def url(name: str, *arguments: object) -> str:
    return reverse(f"web:{name}", args=arguments)


def test_what_the_desk_has_said_outlives_the_source(clinic: Clinic, registrar: Client) -> None:
    patient = clinic.visit.patient
    point = patient.contacts.get(kind="phone")
    registrar.post(url("contact_relate", patient.pk, point.pk), {"relation": "mother"})
    record = PatientRecord(patient.external_id, "Ким", "Анна", contacts=(ContactRecord("phone", make.PHONE),))
    keep(record)
    point.refresh_from_db()
    assert (point.relation, point.removed_at) == ("mother", None)
    registrar.post(url("contact_remove", patient.pk, point.pk))
    keep(record)
    point.refresh_from_db()
    assert point.removed_at is not None
    registrar.post(url("contact_back", patient.pk, point.pk))
    point.refresh_from_db()
    assert point.removed_at is None


def test_nothing_goes_to_a_wrong_number(clinic: Clinic, registrar: Client) -> None:
    make.make_account("smsc")
    patient = clinic.visit.patient
    point = patient.contacts.get(kind="phone")
    sms = {way.address for way in ways(patient.pk, "service", "delivered")}
    assert make.PHONE in sms
    answer = registrar.post(url("contact_wrong", patient.pk, point.pk), {"wrong": "1"}).content.decode()
    assert "неверный номер" in answer
    assert make.PHONE not in {way.address for way in ways(patient.pk, "service", "delivered")}
    registrar.post(url("contact_wrong", patient.pk, point.pk), {"wrong": "0"})
    assert make.PHONE in {way.address for way in ways(patient.pk, "service", "delivered")}


def test_a_number_is_added_once_in_one_spelling(clinic: Clinic, registrar: Client) -> None:
    patient = clinic.visit.patient
    for typed in ("8 701 555 01 99", "+7 (701) 555-01-99"):
        registrar.post(url("contact_add", patient.pk), {"kind": "phone", "address": typed, "relation": "son"})
    point = ContactPoint.objects.get(address="+77015550199")
    assert (point.relation, point.linked_by) == ("son", "staff")
    assert registrar.post(url("contact_add", patient.pk), {"kind": "telegram", "address": "1"}).status_code == 404


def test_another_patients_rows_are_not_there(clinic: Clinic, registrar: Client) -> None:
    other = make.make_patient(given="Вера", phone="+77015550101")
    point, note = other.contacts.get(), card.write(other, make.make_staff(), "тайна")
    mine = clinic.visit.patient_id
    for address in (
        url("contact_remove", mine, point.pk), url("card_note_take", mine, note.pk),
        url("booking_cancel", mine, clinic.far.pk), url("booking_move", mine, clinic.far.pk),
    ):  # fmt: skip
        assert registrar.post(address).status_code == 404, address
    assert CardNote.objects.get().removed_at is None


def test_notes_and_tags(clinic: Clinic, registrar: Client) -> None:
    patient = clinic.visit.patient
    assert "звонить" in registrar.post(url("card_note", patient.pk), {"text": "звонить сыну"}).content.decode()
    note = CardNote.objects.get()
    assert "звонить" not in registrar.post(url("card_note_take", patient.pk, note.pk)).content.decode()
    assert "звонить" in registrar.post(url("card_note_back", patient.pk, note.pk)).content.decode()
    assert 'role="alert"' in registrar.post(url("card_note", patient.pk), {"text": "  "}).content.decode()
    for name in ("VIP", " vip ", "#VIP"):
        registrar.post(url("patient_tag", patient.pk), {"name": name})
    assert list(patient.tags.values_list("name", flat=True)) == ["VIP"]
    other = make.make_patient(given="Вера")
    assert "VIP" in registrar.get(url("patient_tags", other.pk), {"name": "v"}).content.decode()
    registrar.post(url("patient_untag", patient.pk, Tag.objects.get().pk))
    assert not Tag.objects.exists()


def test_consents_are_told_short(clinic: Clinic) -> None:
    patient = clinic.visit.patient

    def told() -> list[tuple[bool, list[str], list[str]]]:
        found = standings(list(Consent.objects.filter(patient=patient).order_by("-id")))
        return [(s.allowed, [w.channel for w in s.stopped], [w.channel for w in s.only]) for s in found]

    assert told() == [(True, [], []), (False, [], [])]
    withdraw(patient, "service", "smsc", "звонок", "стоп")
    assert told()[0] == (True, ["smsc"], [])
    withdraw(patient, "service", "", "звонок", "совсем")
    assert told()[0] == (False, [], [])
    give(patient, "service", "telegram", "чат", "пишите сюда")
    assert told()[0] == (False, [], ["telegram"])


def test_a_consent_needs_its_proof(clinic: Clinic, registrar: Client) -> None:
    address = url("patient_consent", clinic.visit.patient_id)
    assert "доказательство" in registrar.post(address, {"purpose": "service", "given": "0"}).content.decode()
    assert not Consent.objects.exists()
    registrar.post(address, {"purpose": "service", "given": "0", "text": "по телефону"})
    row = Consent.objects.get()
    assert (row.given, row.channel, row.text, row.source) == (False, "", "по телефону", "сотрудник: Ольга Ли")


def test_one_form_books_a_time_once(clinic: Clinic, registrar: Client) -> None:
    patient, visit = clinic.visit.patient, clinic.visit
    form = {
        "branch": visit.branch_id, "who": visit.practitioner_id, "practitioner": visit.practitioner_id,
        "service": visit.service_id, "key": "k1", "to": (make.MONDAY + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    address = url("booking_take", patient.pk)
    for _ in range(2):
        assert "Записано" in registrar.post(address, form).content.decode()
    booked = Visit.objects.get(external_id__startswith="priyom-")
    assert (booked.ends_at - booked.starts_at, booked.state) == (timedelta(minutes=30), State.BOOKED)
    assert "только что заняли" in registrar.post(address, {**form, "key": "k2"}).content.decode()
    assert registrar.post(address, {**form, "to": "2020-01-01T10:00:00+00:00"}).status_code == 404


def test_a_specialty_offers_the_times_of_all_its_doctors(clinic: Clinic, registrar: Client) -> None:
    second = make.make_practitioner("Бекова Дина")
    make.make_visit(make.make_patient(given="Вера"), practitioner=second, branch=clinic.here)
    page = registrar.get(
        url("booking", clinic.visit.patient_id), {"who": "s:терапевт", "branch": str(clinic.here.pk)}
    ).content.decode()
    assert "Бекова Д." in page
    assert clinic.visit.practitioner.short_name in page


def test_who_has_looked_is_logged_once_in_ten_minutes(clinic: Clinic) -> None:
    owner = make.make_staff(Role.OWNER)
    browser = Client()
    browser.force_login(owner)
    visit = clinic.visit
    for _ in range(2):
        browser.get(url("visit", visit.pk))
        browser.get(url("visit_story", visit.pk))
        browser.get(url("chat", clinic.chat.pk))
        browser.get(url("chat_messages", clinic.chat.pk))
        browser.get(url("task", clinic.task.pk))
        browser.get(url("patient", visit.patient_id))
        browser.get(url("patient_visits", visit.patient_id))
    rows = Opened.objects.filter(staff=owner, patient=visit.patient)
    assert sorted(rows.values_list("what", flat=True)) == ["card", "chat", "task", "visit"]
    clock.freeze(make.MONDAY + timedelta(minutes=11))
    browser.get(url("patient", visit.patient_id))
    assert rows.count() == 5
    browser.get(url("merge_compare", visit.patient_id, clinic.far.patient_id))
    assert list(Opened.objects.filter(patient=clinic.far.patient).values_list("what", flat=True)) == ["card"]


def test_the_log_is_read_by_patient_by_person_and_by_day(clinic: Clinic) -> None:
    patient, other = clinic.visit.patient, make.make_patient(given="Вера", phone="+77015550101")
    olga, ivan = make.make_staff(), make.make_staff()
    Staff.objects.filter(pk=ivan.pk).update(first_name="Иван", last_name="Цой")
    for number, (staff, who) in enumerate(((olga, patient), (ivan, patient), (ivan, other))):
        Opened.objects.create(staff=staff, patient=who, what="card", at=make.MONDAY - timedelta(days=number))
    owner = clinic.browser(Role.OWNER)

    def read(**asked: str | int) -> int:
        return owner.get(url("opened_rows"), asked).content.decode().count("<tr>")

    assert read() == 3
    assert read(patient=patient.pk) == 2
    assert read(staff=ivan.pk) == 2
    assert read(day="2026-03-01") == 1
    assert read(q="Вера") == 1
    assert owner.get(url("opened"), {"day": "yesterday"}).status_code == 404
    gone = other
    merge.merge(patient, gone, olga)
    assert read(patient=patient.pk) == 3


def test_the_log_goes_on_page_by_page(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("priyom.web.opened.views.SHOWN", 2)
    staff = make.make_staff()
    for _ in range(5):  # all of one moment
        Opened.objects.create(staff=staff, patient=clinic.visit.patient, what="card", at=make.MONDAY)
    owner, address, seen = clinic.browser(Role.OWNER), url("opened_rows"), 0
    while address:
        page = owner.get(address).content.decode()
        seen += page.count("<tr>")
        _before, found, after = page.partition('hx-get="')
        address = after.split('"')[0].replace("&amp;", "&") if found else ""
    assert seen == 5


def test_a_doctor_sees_own_patients_only(clinic: Clinic) -> None:
    browser = clinic.browser(Role.DOCTOR)
    other = make.make_visit(make.make_patient(given="Вера"), branch=clinic.here)
    assert browser.get(url("patient", clinic.visit.patient_id)).status_code == 200
    assert browser.get(url("visit", clinic.visit.pk)).status_code == 200
    for address in (url("patient", other.patient_id), url("visit", other.pk), url("patient_visits", other.patient_id)):
        assert browser.get(address).status_code == 404, address
    nobody = make.make_staff(Role.DOCTOR)
    assert not guard.visits(nobody).exists()
    assert not guard.conversations(nobody).exists()
    assert not guard.tasks(nobody).exists()
    assert Patient.objects.count() > 1


def test_a_merged_card_leads_to_the_kept_one(clinic: Clinic, registrar: Client) -> None:
    kept, gone = clinic.visit.patient, make.make_patient(given="Анна", phone=make.PHONE)
    registrar.post(url("merge_join", kept.pk, gone.pk))
    assert registrar.get(url("patient", gone.pk)).headers["Location"] == url("patient", kept.pk)
    part = registrar.get(url("patient", gone.pk), headers={"HX-Request": "true"}).content.decode()
    assert url("patient", kept.pk) in part
    assert registrar.get(url("merge_compare", kept.pk, gone.pk)).status_code == 404


def test_the_card_asks_as_often_whatever_it_holds(clinic: Clinic, registrar: Client) -> None:
    patient, address = clinic.visit.patient, url("patient", clinic.visit.patient_id)

    def asked() -> int:
        registrar.get(address)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            registrar.get(address)
        return len(seen)

    def more(n: int) -> None:
        staff = make.make_staff()
        make.make_visit(patient, branch=clinic.here)
        make.make_point(patient, "phone", f"+7701555010{n}", "relative")
        card.write(patient, staff, f"заметка {n}")
        card.tag(patient, f"метка {n}")
        withdraw(patient, "service", "smsc", "звонок", "стоп")
        keep(PatientRecord(f"p-same-{n}", "Ким", "Анна", contacts=(ContactRecord("phone", make.PHONE),)))

    more(1)
    one = asked()
    more(2)
    more(3)
    assert asked() == one
