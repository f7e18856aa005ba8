"""Ready answers: whose they are, what they say to whom, and what is not kept."""

from __future__ import annotations

import pytest

from priyom.clinic.models import Role
from priyom.foundation.clock import clock
from priyom.inbox.about import nearest_visit, values_for
from priyom.inbox.chat import conversation_of
from priyom.inbox.desk_models import QuickReply
from priyom.inbox.models import Conversation
from priyom.inbox.ready import (
    GAP,
    NAMES,
    NotKept,
    Wanted,
    check,
    filled,
    keep,
    may_change,
    offered,
    plain_word,
    unfilled,
    visible,
)  # fmt: skip
from tests.factories import MONDAY, make_account, make_branch, make_patient, make_staff, make_visit

pytestmark = pytest.mark.django_db
HELLO = "Здравствуйте, {{ patient.given }}! Ждем вас {{ visit.local_date }} в {{ visit.local_time }}."


@pytest.fixture(autouse=True)
def _monday() -> None:
    clock.freeze(MONDAY)


@pytest.mark.parametrize(
    ("text", "why", "what"),
    [
        ("{{ patient.given }}, {{patient.name}}", "", ""),
        ("Без переменных", "", ""),
        ("{{ patient.mood }}", "variable", "patient.mood"),
        ("{{ Имя }}", "variable", "Имя"),
        ("{{ old.local_date }}", "variable", "old.local_date"),
        ("{{ }}", "variable", ""),
        ("{{ patient.given", "braces", ""),
        ("patient.given }}", "braces", ""),
    ],
)
def test_names_are_checked(text: str, why: str, what: str) -> None:
    if not why:
        return check(text)
    with pytest.raises(NotKept) as refused:
        check(text)
    assert (refused.value.why, refused.value.what) == (why, what)
    return None


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_variable_has_a_value_for_a_visit(language: str) -> None:
    visit = make_visit(make_patient(language=language))
    chat = conversation_of(visit.patient)
    known = values_for(chat, nearest_visit(chat), language)
    for name in NAMES:
        text = filled(f"{{{{ {name} }}}}", known)
        assert text
        assert text not in (GAP, name)
    assert filled("{{ visit.local_time }}", known) == "11:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ patient.given }}, добрый день", "Анна, добрый день"),
        ("Ждем {{ visit.local_date }}", f"Ждем {GAP}"),
        ("{{ branch.address }}", GAP),
        ("{{ clinic.name }}", "Клиника"),
    ],
)
def test_what_is_not_known_is_a_gap(text: str, said: str) -> None:
    chat = conversation_of(make_patient())
    assert filled(text, values_for(chat, None, "ru")) == said


def test_the_branch_is_known_without_a_visit() -> None:
    chat = conversation_of(make_patient())
    chat.branch = make_branch(address="пр. Абая, 150")
    assert filled("{{ branch.address }}", values_for(chat, None, "ru")) == "пр. Абая, 150"
    stranger = Conversation(account=make_account("telegram"), address="1", last_at=MONDAY)
    assert filled("{{ patient.given }}", values_for(stranger, None, "ru")) == GAP


@pytest.mark.parametrize(
    ("language", "russian", "kazakh", "said"),
    [
        ("ru", "Привет", "Сәлем", "Привет"),
        ("kk", "Привет", "Сәлем", "Сәлем"),
        ("kk", "Привет", "", "Привет"),
        ("ru", "", "Сәлем", "Сәлем"),
        ("", "Привет", "Сәлем", "Привет"),
    ],
)
def test_the_patients_language_else_the_other(language: str, russian: str, kazakh: str, said: str) -> None:
    staff = make_staff()
    keep(staff, Wanted("привет", russian, kazakh))
    assert [one.text for one in offered(staff, conversation_of(make_patient(language=language)))] == [said]


def test_whose_they_are() -> None:
    here, there = make_branch(), make_branch()
    owner, olga, asel = make_staff(Role.OWNER), make_staff(Role.REGISTRAR, here), make_staff(Role.REGISTRAR, there)
    everybodys = keep(owner, Wanted("всем", "1", "", own=False))
    ours = keep(owner, Wanted("здесь", "2", "", own=False, branch=here))
    mine = keep(olga, Wanted("мое", "3", ""))
    assert list(visible(olga)) == [mine, ours, everybodys]
    assert list(visible(asel)) == [everybodys]
    assert [may_change(olga, row) for row in (mine, ours, everybodys)] == [True, False, False]
    assert [may_change(owner, row) for row in (mine, ours, everybodys)] == [False, True, True]
    with pytest.raises(PermissionError):
        keep(olga, Wanted("всем", "x", "", own=False))
    with pytest.raises(PermissionError):
        keep(asel, Wanted("мое", "x", ""), mine)


def test_of_branches_the_patients_own() -> None:
    here, there = make_branch(), make_branch()
    owner = make_staff(Role.OWNER)
    for branch in (here, there):
        keep(owner, Wanted("адрес", branch.address, "", own=False, branch=branch))
    chat = conversation_of(make_patient())
    assert len(offered(owner, chat)) == 2
    chat.branch = here
    assert [one.text for one in offered(owner, chat)] == [here.address]


def test_a_word_stands_once_for_each() -> None:
    owner, olga = make_staff(Role.OWNER), make_staff()
    first = keep(owner, Wanted("/Адрес ", "1", "", own=False))
    assert first.word == "адрес"
    keep(olga, Wanted("адрес", "2", ""))
    with pytest.raises(NotKept) as refused:
        keep(owner, Wanted("адрес", "3", "", own=False))
    assert refused.value.why == "taken"
    assert keep(owner, Wanted("адрес", "4", "", own=False), first).text_ru == "4"
    assert QuickReply.objects.count() == 2


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(" / ", "1", ""), "word"),
        (Wanted("я" * 41, "1", ""), "word"),
        (Wanted("адрес", " ", ""), "empty"),
        (Wanted("адрес", "я" * 4001, ""), "long"),
        (Wanted("адрес", "", "{{ x }}"), "variable"),
    ],
)
def test_what_is_not_kept(wanted: Wanted, why: str) -> None:
    with pytest.raises(NotKept) as refused:
        keep(make_staff(), wanted)
    assert refused.value.why == why
    assert not QuickReply.objects.exists()


def test_words_are_made_plain() -> None:
    assert plain_word(" /Как  проехать ") == "как-проехать"


def test_what_named_a_patient_becomes_a_variable_again() -> None:
    visit = make_visit(make_patient())
    chat = conversation_of(visit.patient)
    known = values_for(chat, nearest_visit(chat), "ru")
    assert unfilled(filled(HELLO, known), known) == HELLO
    assert unfilled("Аннамария", known) == "Аннамария"
