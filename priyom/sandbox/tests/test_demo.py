"""The demo clinic: made once, the same every time, with people in every situation and free times left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from priyom.alerts.models import Recipient
from priyom.appointments.free import free_times
from priyom.appointments.models import Visit
from priyom.clinic.access import branches
from priyom.clinic.models import Branch, House, Practitioner, Service, Staff
from priyom.contracts import registry
from priyom.contracts.card import Audience
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.models import Conversation, Incoming
from priyom.journal.models import Fact
from priyom.notifications.models import Notification
from priyom.patients.models import ContactPoint, Patient, Reach
from priyom.sandbox.attach import read_demo_phones
from priyom.sandbox.demo import SIGN_IN, load
from priyom.sandbox.demo_chats import TALKS
from priyom.sandbox.demo_clinic import ROUTED
from priyom.sandbox.demo_people import COUNT, patients
from priyom.scenarios.models import Scenario

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    clock.freeze(datetime(2026, 3, 18, 7, 0, tzinfo=UTC))
    yield
    clock.freeze(None)


def counts() -> dict[str, int]:
    kinds = (
        House, Branch, Practitioner, Service, Staff, Account, Recipient, Patient, ContactPoint, Reach, Visit, Scenario,
        Fact, Conversation, Incoming, Delivery,
    )  # fmt: skip
    return {kind.__name__: kind.objects.count() for kind in kinds}


def test_without_patients_there_are_channels_staff_and_nobody_else() -> None:
    load(with_patients=False)
    assert set(Account.objects.values_list("channel", flat=True)) == set(registry.names())
    assert set(Account.objects.values_list("demo", flat=True)) == {True}
    assert not Recipient.objects.exists()
    assert (Patient.objects.count(), Visit.objects.count(), Branch.objects.count()) == (0, 0, 0)
    assert Scenario.objects.exists()
    for login, password, _ in SIGN_IN:
        assert Staff.objects.get(username=login).check_password(password)


def the_sign_in_says_what_a_doctor_sees() -> None:
    told = {login: words for login, _, words in SIGN_IN}["doctor"]
    sees_all = set(branches(Staff.objects.get(username="doctor"))) == set(Branch.objects.all())
    assert sees_all
    assert "свои" not in told, "access goes by branch, not by whose visit it is"


def every_way_to_patients_and_staff_is_there() -> None:
    people = patients()
    kinds = Counter(contact.kind for person in people for contact in person.contacts)
    assert min(kinds[kind] for kind in ("phone", "email", "telegram", "max", "vk", "whatsapp")) >= 8
    for person in people:
        numbers = {contact.address for contact in person.contacts if contact.kind in ("phone", "whatsapp")}
        assert len(numbers) <= 1
        assert "whatsapp" not in {contact.kind for contact in person.contacts} or person.branch == 0
    staff = {card.key: card.example for card in registry.cards() if card.audience is Audience.STAFF}
    told = Recipient.objects.filter(active=True, tasks=True, staff__username="registrar")
    assert dict(told.values_list("account__channel", "address")) == staff
    assert staff
    phones = read_demo_phones()
    addresses = {(phone.kind, phone.address) for phone in phones}
    assert addresses >= {(registry.channel(key).card.contact_kind, address) for key, address in staff.items()}
    assert Counter(phone.kind for phone in phones)["webchat"] == 3
    routed = Reach.objects.exclude(channel__in=ROUTED)
    assert not routed.exists(), "nothing is known of a gateway that was never used"


def loading_twice_changes_nothing() -> None:
    before = counts()
    load(with_patients=True)
    assert counts() == before
    assert (before["Branch"], before["Practitioner"], before["Service"], before["Patient"]) == (2, 8, 10, 100)


def a_later_start_adds_the_days_that_came() -> None:
    clock.freeze(now() + timedelta(days=5))
    load(with_patients=True)
    days = {start.date() for start in Visit.objects.values_list("starts_at", flat=True)}
    assert now().date() + timedelta(days=7) in days
    assert not Visit.objects.filter(state="booked", ends_at__lt=now() - timedelta(hours=18)).exists()


def people_are_in_every_situation() -> None:
    assert patients() == patients()
    mixes = Counter(tuple(sorted(contact.kind for contact in person.contacts)) for person in patients())
    assert sum(mixes.values()) == COUNT
    assert mixes[("phone",)] >= 5
    assert mixes[()] >= 3
    assert mixes[("phone", "telegram")] >= 10
    assert {person.language for person in patients()} == {"ru", "kk"}
    assert Reach.objects.filter(lost="blocked").count() >= 10
    assert Reach.objects.filter(answered_at__isnull=False).count() >= 20


def two_weeks_around_today_without_a_flood() -> None:
    at = now()
    past, future = Visit.objects.filter(starts_at__lt=at), Visit.objects.filter(starts_at__gte=at)
    assert set(past.values_list("history", flat=True)) == {True}
    assert {"completed", "missed", "cancelled"} <= set(past.values_list("state", flat=True))
    assert {"booked", "confirmed"} <= set(future.values_list("state", flat=True))
    assert all(visit.confirmed_evidence for visit in future.filter(state="confirmed"))
    assert 100 <= future.count() <= 260
    assert not future.filter(booked_at__gt=at - timedelta(minutes=15)).exists()
    asked = set(Notification.objects.values_list("visit_id", flat=True))
    open_today = future.filter(state="booked", starts_at__lt=at + timedelta(hours=24), unreachable_at=None)
    assert asked == set(open_today.values_list("pk", flat=True))
    assert 3 <= len(asked) <= 40
    assert Visit.objects.values("practitioner", "starts_at").distinct().count() == Visit.objects.count()
    for doctor in Practitioner.objects.all():
        branch = Branch.objects.filter(hours__practitioner=doctor).first()
        assert branch is not None
        assert len(free_times(doctor, branch, 30, at, 6)) == 6


def conversations_stand_as_in_the_middle_of_a_day() -> None:
    waiting = Conversation.objects.filter(needs_answer=True).order_by("waiting_since")
    assert [now() - (chat.waiting_since or now()) for chat in waiting] == [timedelta(minutes=n) for n in (23, 6, 1)]
    assert [chat.urgent for chat in waiting] == [False, False, True]
    assert all(chat.branch is not None and chat.patient is not None for chat in waiting)
    theirs = Conversation.objects.filter(awaits_patient=True)
    assert set(theirs.values_list("assigned_to__username", flat=True)) == {"registrar", None}
    assert Conversation.objects.filter(needs_answer=False, awaits_patient=False).count() == 3
    assert Conversation.objects.count() == len(TALKS)
    assert not Delivery.objects.filter(origin="staff").exclude(state="settled").exists(), "nothing of it is sent"
    for chat in Conversation.objects.all():
        lines = [row.text for row in Incoming.objects.filter(conversation=chat)]
        lines += [row.body["text"] for row in Delivery.objects.filter(patient=chat.patient, origin="staff")]
        assert sorted(lines) in [sorted(text for _, _, text in talk.said) for talk in TALKS]


def test_the_whole_demo_clinic() -> None:
    """One story, because loading takes seconds: what is made; then a second start, then a later one."""
    load(with_patients=True)
    people_are_in_every_situation()
    every_way_to_patients_and_staff_is_there()
    two_weeks_around_today_without_a_flood()
    the_sign_in_says_what_a_doctor_sees()
    conversations_stand_as_in_the_middle_of_a_day()
    loading_twice_changes_nothing()
    a_later_start_adds_the_days_that_came()
