"""Who gets a conversation: by hand with a word, in turn among those who are there; and who counts as being there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from priyom.clinic.models import Branch, House, Role, Staff
from priyom.delivery.models import Account
from priyom.foundation.clock import clock
from priyom.inbox import presence
from priyom.inbox.assign import assign, hand_on, hand_out
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import Here, Mention, Note, Presence
from priyom.inbox.models import Conversation
from priyom.inbox.reply import reply
from priyom.inbox.tests.conftest import Accounts
from priyom.journal.models import Fact
from priyom.patients.models import Patient
from tests.driver import say, settle_house
from tests.factories import MONDAY, make_branch, make_patient, make_staff, make_visit

MINUTE = timedelta(minutes=1)


@pytest.fixture
def telegram(accounts: Accounts) -> Account:
    House.objects.update_or_create(pk=1, defaults={"hand_out": True, "undo_seconds": 0})
    return accounts["telegram"]


@pytest.fixture
def here(telegram: Account) -> Branch:
    return make_branch()


def at_desk(*branches: Branch, role: str = Role.REGISTRAR) -> Staff:
    staff = make_staff(role, *branches)
    presence.beat(staff)
    return staff


def patient_of(branch: Branch, chat: str) -> Patient:
    patient = make_patient(telegram=chat)
    make_visit(patient, MONDAY + timedelta(days=2), branch=branch)
    settle_house()
    return patient


def writes(telegram: Account, patient: Patient, chat: str) -> Staff | None:
    """The patient writes; who has the conversation then."""
    say(telegram, chat, "Можно раньше?")
    settle_house()
    return Conversation.objects.get(patient=patient).assigned_to


# -- in turn --


def test_the_one_with_the_fewest_gets_it_and_then_the_one_who_got_one_longest_ago(
    telegram: Account, here: Branch
) -> None:  # fmt: skip
    olga, vera = at_desk(here), at_desk(here)
    got = []
    for number in range(4):
        clock.freeze(MONDAY + number * MINUTE)
        presence.beat(olga), presence.beat(vera)
        got.append(writes(telegram, patient_of(here, f"60{number}"), f"60{number}"))
    assert got == [olga, vera, olga, vera]
    first = Conversation.objects.filter(assigned_to=vera).earliest("pk")
    reply(vera, first, "Да")  # she has one less that waits
    assert writes(telegram, patient_of(here, "609"), "609") == vera


def test_it_is_handed_out_by_branch_and_never_on_a_break(telegram: Account, here: Branch) -> None:
    elsewhere = at_desk(make_branch())
    patient = patient_of(here, "601")
    assert writes(telegram, patient, "601") is None  # nobody of that branch is there
    reply(make_staff(), conversation_of(patient), "Да")
    olga, everywhere = at_desk(here), at_desk()
    presence.say(olga, Here.BREAK)
    assert writes(telegram, patient, "601") == everywhere
    presence.say(everywhere, Here.AWAY)
    other = patient_of(here, "602")
    assert writes(telegram, other, "602") is None
    assert not Conversation.objects.filter(assigned_to=elsewhere).exists()


def test_a_stranger_is_anybodys_of_the_registrars(telegram: Account, here: Branch) -> None:
    at_desk(role=Role.OWNER)
    olga = at_desk(here)
    say(telegram, "777", "Здравствуйте, сколько стоит прием?")
    settle_house()
    assert Conversation.objects.get(address="777").assigned_to == olga


def test_whose_it_is_stays_so(telegram: Account, here: Branch) -> None:
    olga, boss = make_staff(Role.REGISTRAR, here), make_staff(Role.OWNER)
    patient = patient_of(here, "601")
    assign(conversation_of(patient), olga, boss)
    at_desk(here)
    assert writes(telegram, patient, "601") == olga


def test_nothing_is_handed_out_unless_the_house_wants_it(telegram: Account, here: Branch) -> None:
    House.objects.update(hand_out=False)
    at_desk(here)
    assert writes(telegram, patient_of(here, "601"), "601") is None
    assert not Fact.objects.filter(type="NobodyAnswers").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_that_come_at_once_each_colleague_gets_one(telegram: Account, here: Branch) -> None:
    for chat in ("601", "602"):  # nobody is there yet
        say(telegram, chat, "Здравствуйте, сколько стоит прием?")
    settle_house()
    olga, vera = at_desk(here), at_desk(here)
    first, second = Conversation.objects.order_by("pk").values_list("pk", flat=True)
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            assert hand_out(first) == olga
            other = elsewhere.submit(on_a_line_of_its_own, second)
            while not waits_for_somebody() and not other.done():
                time.sleep(0.01)
        assert other.result() == vera


def on_a_line_of_its_own(conversation_id: int) -> Staff | None:
    """Hand out over another connection, which is closed."""
    try:
        return hand_out(conversation_id)
    finally:
        connection.close()


def waits_for_somebody() -> bool:
    """Whether a connection stands before another's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


# -- by hand --


def test_what_waits_for_somebody_who_left_goes_on(telegram: Account, here: Branch) -> None:
    olga, boss = at_desk(here), make_staff(Role.OWNER)
    chats = {chat: patient_of(here, chat) for chat in ("601", "602")}
    assert {writes(telegram, patient, chat) for chat, patient in chats.items()} == {olga}
    presence.say(olga, Here.BREAK)
    assert hand_on(olga, boss) == (0, 2)  # nobody is there: they are nobody's
    assert set(Conversation.objects.values_list("assigned_to", flat=True)) == {None}
    for row in Conversation.objects.all():
        assign(row, olga, boss)
    vera = at_desk(here)
    assert hand_on(olga, boss) == (2, 0)
    assert set(Conversation.objects.values_list("assigned_to", flat=True)) == {vera.pk}


def test_a_word_for_the_next_one_is_a_note_that_names_them(telegram: Account, here: Branch) -> None:
    olga, vera = make_staff(), make_staff()
    Staff.objects.filter(pk=vera.pk).update(first_name="Вера")
    vera.refresh_from_db()
    assign(conversation_of(patient_of(here, "601")), vera, olga, "просит справку")
    note = Note.objects.get()
    assert (note.author, note.text) == (olga, "@Вера Ли просит справку")
    assert Mention.objects.get().staff == vera
    assert Fact.objects.filter(type="ConversationAssigned").count() == 1


# -- presence --


@pytest.mark.parametrize(("minutes", "state"), [(2, Here.HERE), (3, Here.AWAY)])
def test_without_a_page_one_is_away(telegram: Account, minutes: int, state: Here) -> None:
    olga = at_desk()
    clock.freeze(MONDAY + minutes * MINUTE)
    assert presence.states([olga]) == {olga.pk: state}
    assert Staff.objects.filter(presence.present()).exists() is (state is Here.HERE)
    assert presence.beat(olga) is Here.HERE  # whoever comes back is there
    assert presence.states([olga]) == {olga.pk: Here.HERE}


def test_a_break_is_ended_by_hand(telegram: Account) -> None:
    olga = at_desk()
    presence.say(olga, Here.BREAK)
    clock.freeze(MONDAY + 60 * MINUTE)
    assert presence.states([olga]) == {olga.pk: Here.AWAY}
    assert presence.beat(olga) is Here.BREAK
    presence.say(olga, Here.HERE)
    assert presence.beat(olga) is Here.HERE


@pytest.mark.parametrize(
    ("says", "minutes", "left"),
    [(None, 4, False), (None, 5, True), (Here.BREAK, 0, True), (Here.AWAY, 4, False), (Here.AWAY, 5, True)],
)
def test_who_has_left(telegram: Account, says: Here | None, minutes: int, left: bool) -> None:
    olga = at_desk()
    if says is not None:
        presence.say(olga, says)
    clock.freeze(MONDAY + minutes * MINUTE)
    assert presence.has_left(Presence.objects.get(), clock.now()) is left


def test_a_beat_is_written_no_more_often_than_needed(telegram: Account) -> None:
    olga = at_desk()
    clock.freeze(MONDAY + timedelta(seconds=19))
    presence.beat(olga)
    assert Presence.objects.get().seen_at == MONDAY
    clock.freeze(MONDAY + timedelta(seconds=20))
    presence.beat(olga)
    assert Presence.objects.get().seen_at == MONDAY + timedelta(seconds=20)
