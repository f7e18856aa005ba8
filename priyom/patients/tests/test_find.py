"""People are found by any part of a name and any digits of a phone, in any spelling, by the indexes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.foundation.clock import now
from priyom.patients.find import best, people, with_phone
from priyom.patients.models import ContactPoint, Patient
from priyom.patients.rules import fold, wanted
from tests import factories as make

SIGNS = st.characters(codec="utf-8", exclude_characters="\x00")


def named(family: str, given_name: str = "Анна", patronymic: str = "", phone: str = "") -> Patient:
    patient = make.make_patient(given=given_name, **({"phone": phone} if phone else {}))
    Patient.objects.filter(pk=patient.pk).update(family=family, patronymic=patronymic)
    patient.refresh_from_db()
    return patient


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(st.text(SIGNS, max_size=30))
def test_the_database_folds_as_we_do(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT priyom_name(%s::text, '', '')", [text])
        assert cursor.fetchone() == (f" {fold(text)}  ",)


def test_every_letter_is_folded() -> None:
    assert fold("Ёж, ҚАБЫЛДАУ, Kim") == "ej, kabyldau, kim"
    assert fold("Жұмабаев Әлия") == fold("Жумабаев Алия")
    assert wanted("Ким 8 (701) 12 а").words == ("kim",)
    assert wanted("Ким 8 (701) 12 а").digits == "870112"
    assert not wanted("к 12").enough


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["иван", "ИВАНОВА-С", "сидор", "анна иван", "петровн", "ива ан пет", "ivanov", "нна", "артем", "ива артёмовна"],
)
def test_any_part_of_any_name(typed: str) -> None:
    person = named("Иванова-Сидорова", "Анна", "Петровна Артемовна")
    named("Ким", "Олег")
    assert list(people(Patient.objects.all(), typed)) == [person]
    assert best(Patient.objects.all(), typed, 8) == [person]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["123", "1234567", "8 701 123", "+7 (701) 123-45-67", "7701", "45-67", "Ким 4567"])
def test_any_digits_of_a_phone(typed: str) -> None:
    person = named("Ким", phone="+77011234567")
    named("Ким", phone="+77020000000")
    assert list(people(Patient.objects.all(), typed)) == [person]
    assert best(Patient.objects.all(), typed, 8) == [person]


@pytest.mark.django_db
def test_a_number_that_was_removed_is_not_found() -> None:
    person = named("Ким", phone="+77011234567")
    assert with_phone("123").count() == 1
    ContactPoint.objects.filter(patient=person).update(removed_at=now())
    assert best(Patient.objects.all(), "1234567", 8) == []


@pytest.mark.django_db
def test_whose_name_begins_so_stands_first() -> None:
    within = named("Абакимов", "Юрий")
    second = named("Кимов", "Яков")
    first = named("Ким", "Анна")
    assert best(Patient.objects.all(), "ким", 8) == [first, second, within]
    assert best(Patient.objects.all(), "ким", 1) == [first]


@pytest.mark.django_db
def test_too_little_finds_nobody_and_nothing_finds_all() -> None:
    person = named("Ким")
    assert list(people(Patient.objects.all(), "к")) == []
    assert list(people(Patient.objects.all(), "  ")) == [person]
    assert best(Patient.objects.all(), "", 8) == []
    assert list(people(Patient.objects.all(), "50%_")) == []


MANY = """
INSERT INTO patients_patient (external_id, family, given, patronymic, sex, language, time_zone, created_at, changed_at)
SELECT 'm' || n, 'Семья' || n, 'Имя', '', '', '', '', now(), now() FROM generate_series(1, 3000) n;
INSERT INTO patients_contactpoint (patient_id, kind, address, relation, created_at, linked_by)
SELECT id, 'phone', '+7701' || lpad(id::text, 7, '0'), 'own', now(), '' FROM patients_patient;
ANALYZE patients_patient;
ANALYZE patients_contactpoint;
SELECT gin_clean_pending_list('contact_point_digits'), gin_clean_pending_list('patient_any_part');
SET LOCAL enable_seqscan = off
"""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "index"),
    [("имов", "patient_any_part"), ("ки", "patient_any_part"), ("45678", "contact_point_digits")],
)
def test_the_index_answers(typed: str, index: str) -> None:
    with connection.cursor() as cursor:
        for statement in MANY.split(";"):
            cursor.execute(statement)
    assert index in people(Patient.objects.all(), typed).order_by().explain()


@pytest.mark.django_db
def test_the_beginning_of_a_name_is_read_in_order() -> None:
    with connection.cursor() as cursor:
        for statement in MANY.split(";"):
            cursor.execute(statement)
    with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
        best(Patient.objects.all(), "семья12", 5)
        first = captured.captured_queries[0]["sql"]
        cursor.execute(f"EXPLAIN {first}")
        assert "patient_beginning" in str(cursor.fetchall())
