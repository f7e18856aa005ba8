"""House rules, members of staff, and which branches they see."""

from __future__ import annotations

import pytest

from priyom.clinic.access import branches, manages_channels
from priyom.clinic.house import house
from priyom.clinic.models import House
from priyom.clinic.staff import BadStaff, create
from tests.factories import make_branch, make_practitioner, make_staff


def test_the_house_is_one_row(db: None) -> None:
    rules = house()
    rules.name = "Другая"
    rules.save()
    assert house().name == "Другая"
    assert House.objects.count() == 1


def test_staff_are_made(db: None) -> None:
    made = create("olga", "eight-chars", "registrar", name="Ольга Ли")
    assert (made.get_full_name(), made.role, made.check_password("eight-chars")) == ("Ольга Ли", "registrar", True)


@pytest.mark.parametrize(
    ("login", "password", "role", "words"),
    [("olga", "12345678", "king", "king"), ("olga", "1234567", "owner", "8"), ("taken", "12345678", "owner", "занят")],
)
def test_bad_staff(db: None, login: str, password: str, role: str, words: str) -> None:
    create("taken", "12345678", "owner")
    with pytest.raises(BadStaff, match=words):
        create(login, password, role)


def test_branches_by_role(db: None) -> None:
    here, there = make_branch(name="А"), make_branch(name="Б")
    assert list(branches(make_staff("registrar", there))) == [there]
    assert list(branches(make_staff("registrar"))) == [here, there]
    assert list(branches(make_staff("owner", there))) == [here, there]


def test_who_manages_channels(db: None) -> None:
    assert [r for r in ("registrar", "doctor", "owner", "marketer", "admin") if manages_channels(make_staff(r))] == [
        "owner",
        "admin",
    ]


def test_short_names(db: None) -> None:
    names = ("Ахметова Айгуль Кайратовна", "Ли", "Ким Анна", "")
    assert [make_practitioner(name).short_name for name in names] == ["Ахметова А. К.", "Ли", "Ким А.", ""]
