"""Patients as a source tells of them: the same twice changes nothing, contacts come and go, proven ones stay."""

from __future__ import annotations

import pytest

from priyom.foundation.clock import clock
from priyom.journal.models import Fact
from priyom.patients.keep import BadContact, ContactRecord, PatientRecord, keep
from priyom.patients.linking import attach
from priyom.patients.models import ContactPoint, Patient
from tests.factories import CHAT, MONDAY, PHONE, make_patient

ANNA = PatientRecord("p-1", "Ким", "Анна", contacts=(ContactRecord("phone", "8 (701) 123-45-67"),))


def contacts(patient: Patient) -> list[tuple[str, str, str, bool]]:
    rows = ContactPoint.objects.filter(patient=patient).order_by("id")
    return [(row.kind, row.address, row.relation, row.removed_at is None) for row in rows]


def facts() -> list[tuple[str, bool]]:
    return [(row.type, row.data["created"]) for row in Fact.objects.order_by("id")]


def record(*given: ContactRecord) -> PatientRecord:
    return PatientRecord("p-1", "Ким", "Анна", contacts=given)


def test_the_same_twice_changes_nothing(db: None) -> None:
    patient, changed = keep(ANNA)
    again, changed_again = keep(ANNA)
    assert (changed, changed_again, again.pk) == (True, False, patient.pk)
    assert contacts(patient) == [("phone", PHONE, "own", True)]
    assert facts() == [("PatientChanged", True)]


def test_a_new_name_is_a_change_and_contacts_unsaid_stay(db: None) -> None:
    clock.freeze(MONDAY)
    keep(ANNA)
    patient, changed = keep(PatientRecord("p-1", "Ли", "Анна", "Петровна"))
    assert changed
    assert Patient.objects.get().full_name == "Ли Анна Петровна"
    assert contacts(patient) == [("phone", PHONE, "own", True)]
    assert facts() == [("PatientChanged", True), ("PatientChanged", False)]


def test_a_contact_not_named_any_more_is_removed_and_comes_back_as_the_same_row(db: None) -> None:
    patient, _ = keep(ANNA)
    _, changed = keep(record(ContactRecord("email", "Anna@Example.org")))
    assert changed
    assert contacts(patient) == [("phone", PHONE, "own", False), ("email", "Anna@example.org", "own", True)]
    keep(record(ContactRecord("phone", PHONE, "mother")))
    assert contacts(patient) == [("phone", PHONE, "mother", True), ("email", "Anna@example.org", "own", False)]
    assert not keep(record(ContactRecord("phone", PHONE, "mother")))[1]


def test_no_contacts_at_all_is_not_the_same_as_nothing_said(db: None) -> None:
    patient, _ = keep(ANNA)
    assert keep(record())[1]
    assert contacts(patient) == [("phone", PHONE, "own", False)]


def test_what_the_person_proved_outlives_the_record(db: None) -> None:
    patient, _ = keep(ANNA)
    attach(patient, "telegram", CHAT, "link")
    keep(record())
    assert contacts(patient) == [("phone", PHONE, "own", False), ("telegram", CHAT, "own", True)]


def test_a_record_contact_that_was_proven_later_outlives_it_too(db: None) -> None:
    patient = make_patient(telegram=CHAT)
    attach(patient, "telegram", CHAT, "link")
    keep(PatientRecord(patient.external_id, "Ким", "Анна", contacts=()))
    assert contacts(patient) == [("telegram", CHAT, "own", True)]


def test_doubles_in_two_spellings_are_one(db: None) -> None:
    patient, _ = keep(record(ContactRecord("phone", "87011234567"), ContactRecord("phone", "+7 701 123 45 67", "")))
    assert contacts(patient) == [("phone", PHONE, "own", True)]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (ContactRecord("phone", "12"), "не"),
        (ContactRecord("phone", "позвоните мне"), "цифр"),
        (ContactRecord("email", "anna"), "не адрес почты"),
        (ContactRecord("email", "anna @example.org"), "не адрес почты"),
        (ContactRecord("pigeon", "coop 7"), "pigeon"),
        (ContactRecord("telegram", "  "), "пуст"),
    ],
)
def test_a_bad_contact_is_named_by_its_place_and_nothing_is_kept(db: None, bad: ContactRecord, words: str) -> None:
    with pytest.raises(BadContact, match=words) as caught:
        keep(record(ContactRecord("phone", PHONE), bad))
    assert caught.value.index == 1
    assert not Patient.objects.exists()
    assert not Fact.objects.exists()
