"""Two cards of one person: everything changes hands, sources still land right, and parting them leaves every row as it
was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from priyom.clinic.models import Staff
from priyom.consent.change import withdraw
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import merge as joining
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.desk_models import Draft, Looking, Note, Wait
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.tasks import open_call_task
from priyom.inbox.turn import expects
from priyom.patients import card, merge, sources
from priyom.patients.access import visible
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import ContactPoint, Merge, Patient, Reach, TwoPeople
from priyom.patients.moves import links
from tests import factories as make

pytestmark = pytest.mark.django_db

PHONE, OTHER = "+77011234567", "+77017654321"
ROOMS = ("patients", "inbox", "appointments", "notifications", "delivery", "consent")


@pytest.fixture(autouse=True)
def monday() -> None:
    clock.freeze(make.MONDAY)


@pytest.fixture
def staff(db: None) -> Staff:
    return make.make_staff()


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of the rooms that know of patients, but for the book of merges itself."""
    models = [m for room in ROOMS for m in apps.get_app_config(room).get_models(include_auto_created=True)]
    return {m._meta.label: list(m._default_manager.order_by("pk").values()) for m in models if m is not Merge}


def person(external_id: str, phone: str = PHONE, **over: Any) -> Patient:
    values: dict[str, Any] = {"family": "Ким", "given": "Анна", "birth_date": date(1983, 5, 2), **over}
    return keep(PatientRecord(external_id, contacts=(ContactRecord("phone", phone),), **values))[0]


def says(patient: Patient, text: str, minutes: int = 0) -> Conversation:
    account = make.make_account("telegram", key=f"tg-{patient.pk}-{minutes}-{len(text)}")
    thread, at = conversation_of(patient), now() + timedelta(minutes=minutes)
    Incoming.objects.create(conversation=thread, account=account, address="1", at=at, text=text)
    touch(thread, text, at, needs_answer=True, channel=account.channel)
    return thread


def fill(patient: Patient, staff: Staff, has: dict[str, bool], number: int) -> None:
    """Whatever a card may have."""
    point = patient.contacts.get(kind="phone")
    if has["visit"]:
        open_call_task(make.make_visit(patient), "пора", now() + timedelta(hours=1))
    if has["said"]:
        says(patient, "Можно раньше?", number)
    if has["waits_for_them"]:
        expects(conversation_of(patient), staff)
    if has["draft"]:
        Draft.objects.create(conversation=conversation_of(patient), staff=staff, text=f"да {number}", changed_at=now())
        Looking.objects.create(conversation=conversation_of(patient), staff=staff, seen_at=now())
    if has["note"]:
        Note.objects.create(conversation=conversation_of(patient), author=staff, at=now(), text="перезвонить")
        card.write(patient, staff, "глухота")
        card.tag(patient, "VIP")
    if has["consent"]:
        withdraw(patient, "service", "smsc", "звонок", "не пишите")
    if has["reach"]:
        Reach.objects.create(contact_point=point, channel="smsc", accepted_at=now() - timedelta(hours=number))
    if has["lost"]:
        Reach.objects.create(contact_point=point, channel="sip_voice", lost="gone", lost_at=now(), lost_why="нет")
    if has["sent"]:
        account = make.make_account("smsc", key=f"sms-{patient.pk}")
        Delivery.objects.create(
            account=account, address=PHONE, body={"text": "x"}, origin="system", created_at=now(), due_at=now(),
            patient=patient, contact_point=point,
        )  # fmt: skip


HAS = some.fixed_dictionaries(
    {
        name: some.booleans()
        for name in ("visit", "said", "waits_for_them", "draft", "note", "consent", "reach", "lost", "sent")
    }
)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(HAS, HAS, some.booleans())
def test_joined_and_parted_everything_is_as_it_was(
    staff: Staff, ours: dict[str, bool], theirs: dict[str, bool], same_phone: bool
) -> None:
    with transaction.atomic():
        kept = person("p-a")
        gone = person("p-b", PHONE if same_phone else OTHER, patronymic="Олеговна")
        fill(kept, staff, ours, 1)
        fill(gone, staff, theirs, 2)
        before = rows()
        made = joining.merge(kept, gone, staff)
        left = [m for m, f in links(Patient) if m._meta.label not in merge.APART and f == "patient"]
        twins = ContactPoint.objects.filter(patient=gone, removed_at__isnull=False).count()
        for model in left:
            behind = model._default_manager.filter(patient=gone).count()
            allowed = {"patients.ContactPoint": twins, "patients.Patient_tags": int(ours["note"] and theirs["note"])}
            assert behind == allowed.get(model._meta.label, 0), model
        joining.undo(made, staff)
        after = rows()
        assert {name for name in after if after[name] != before[name]} == set()
        transaction.set_rollback(True)


def test_what_both_know_of_one_number_is_added_up(staff: Staff) -> None:
    kept, gone = person("p-a"), person("p-b")
    twin = kept.contacts.get()
    old = make.make_reach(kept, "phone", "smsc", lost="gone", lost_at=now() - timedelta(days=9), lost_why="нет такого")
    make.make_reach(gone, "phone", "smsc", delivered_at=now() - timedelta(days=1))
    make.make_reach(gone, "phone", "sip_voice", answered_at=now())
    joining.merge(kept, gone, staff)
    old.refresh_from_db()
    assert (old.lost, old.delivered_at) == ("", now() - timedelta(days=1))
    assert set(twin.reaches.values_list("channel", flat=True)) == {"smsc", "sip_voice"}
    assert ContactPoint.objects.filter(address=PHONE, removed_at=None).get() == twin


def test_one_thread_waits_since_the_earlier_of_both(staff: Staff) -> None:
    kept, gone = person("p-a"), person("p-b", OTHER)
    ours, theirs = says(kept, "Второй вопрос", 5), says(gone, "Первый, срочно", 0)
    joining.merge(kept, gone, staff)
    ours.refresh_from_db()
    assert (ours.needs_answer, ours.waiting_since, ours.urgent, ours.unread) == (True, now(), True, 2)
    assert Wait.objects.get(ended_at=None).since == now()
    assert ours.incoming.count() == 2
    assert not Conversation.objects.filter(pk=theirs.pk).exists()


def test_an_answer_given_meanwhile_is_not_undone(staff: Staff) -> None:
    kept, gone = person("p-a"), person("p-b", OTHER)
    conversation_of(kept)
    says(gone, "Можно раньше?")
    made = joining.merge(kept, gone, staff)
    expects(conversation_of(kept), staff)
    joining.undo(made, staff)
    assert not Conversation.objects.get(patient=gone).needs_answer
    assert Conversation.objects.get(patient=gone).incoming.count() == 1
    assert Conversation.objects.get(patient=kept).awaits_patient


def test_a_card_is_joined_once_and_parted_in_order(staff: Staff) -> None:
    first, second, third = person("p-a"), person("p-b", OTHER), person("p-c", "+77010000003")
    one = joining.merge(first, second, staff)
    with pytest.raises(merge.CannotMerge):
        joining.merge(first, second, staff)
    two = joining.merge(first, third, staff)
    with pytest.raises(merge.NotTheLast):
        joining.undo(one, staff)
    joining.undo(two, staff)
    joining.undo(one, staff)
    assert set(Patient.objects.filter(merged_into=None)) == {first, second, third}
    with pytest.raises(merge.NotTheLast):
        joining.undo(one, staff)


def test_nobody_finds_the_gone_card(staff: Staff) -> None:
    kept, gone = person("p-a"), person("p-b", OTHER)
    joining.merge(kept, gone, staff)
    assert list(visible(staff)) == [kept]
    assert sources.home(Patient.objects.get(pk=gone.pk)) == kept


def test_each_source_changes_only_what_it_brought(staff: Staff) -> None:
    kept, gone = person("p-a"), person("p-b", OTHER)
    made = joining.merge(kept, gone, staff)

    def live() -> set[str]:
        return set(kept.contacts.filter(removed_at=None).values_list("address", flat=True))

    assert keep(PatientRecord("p-a", "Ким", "Анна", contacts=(ContactRecord("phone", PHONE),)))[0] == kept
    assert live() == {PHONE, OTHER}
    fresh = "+77010000009"
    assert person("p-b", fresh) == kept
    assert live() == {PHONE, fresh}
    person("p-a")
    assert live() == {PHONE, fresh}
    joining.undo(made, staff)
    assert live() == {PHONE}
    assert set(gone.contacts.filter(removed_at=None).values_list("address", flat=True)) == {fresh}


def test_cards_that_look_alike(staff: Staff) -> None:
    anna = person("p-a")
    sure = person("p-b")
    twin = person("p-c", given="Вера")
    person("p-d", birth_date=date(2010, 1, 1), given="Лев")  # her child, the same phone
    named = person("p-e", OTHER)
    person("p-f", "+77010000007", family="Ли")
    found = merge.alike(anna, visible(staff))
    assert [(one.patient, one.phone, one.birth, one.name) for one in found] == [
        (sure, True, True, True),
        (twin, True, True, False),
        (named, False, True, True),
    ]


def test_who_was_told_apart_is_not_shown_again(staff: Staff) -> None:
    anna, vera, third = person("p-a"), person("p-b", given="Вера"), person("p-c")
    merge.tell_apart(vera, anna, staff)
    merge.tell_apart(anna, vera, staff)  # whichever card it is said at, and however often
    assert [one.patient for one in merge.alike(anna, visible(staff))] == [third]
    assert [one.patient for one in merge.alike(vera, visible(staff))] == [third]
    joining.merge(third, vera, staff)  # what was said of a card stays with it
    assert TwoPeople.objects.count() == 1
    merge.doubt_again(vera, anna)
    assert not TwoPeople.objects.exists()


@pytest.fixture(autouse=True)
def running() -> Iterator[None]:
    yield
    clock.freeze(None)
