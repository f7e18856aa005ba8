"""House rules, members of staff, and which branches they see."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from priyom.clinic.access import branches, manages_channels, own_branches
from priyom.clinic.house import house
from priyom.clinic.models import House, Staff
from priyom.clinic.staff import BadStaff, change, create, switch
from tests.factories import make_branch, make_practitioner, make_staff


def test_the_house_is_one_row(db: None) -> None:
    rules = house()
    rules.name = "Другая"
    rules.save()
    assert house().name == "Другая"
    assert House.objects.count() == 1


def test_staff_are_made(db: None) -> None:
    made = create("olga", "long-enough", "registrar", name="Ольга Ли")
    assert (made.get_full_name(), made.role, made.check_password("long-enough")) == ("Ольга Ли", "registrar", True)


@pytest.mark.parametrize(
    ("login", "password", "role", "words"),
    [
        ("olga", "long-enough", "king", "king"),
        ("olga", "9 is short", "owner", None),
        ("olga", "too-short", "owner", "10"),
        ("olga", "1234567890", "owner", "слишком известен"),
        ("olga", "8273645019", "owner", "одних цифр"),
        ("olga li", "long-enough", "owner", "В имени"),
        ("Taken", "long-enough", "owner", "занят"),
    ],
)
def test_bad_staff(db: None, login: str, password: str, role: str, words: str | None) -> None:
    create("taken", "long-enough", "owner")
    if words is None:
        create(login, password, role)
        return
    with pytest.raises(BadStaff, match=words):
        create(login, password, role)


def test_nobody_lowers_themselves_or_the_last_administrator(db: None) -> None:
    admin, owner, registrar = make_staff("admin"), make_staff("owner"), make_staff("registrar")
    with pytest.raises(BadStaff, match="Свою роль"):
        change(admin, admin.pk, "registrar", [], None)
    with pytest.raises(BadStaff, match="последний"):
        change(owner, admin.pk, "registrar", [], None)
    with pytest.raises(BadStaff, match="последний"):
        switch(owner, admin.pk, on=False)
    with pytest.raises(BadStaff, match="Свою роль"):
        switch(owner, owner.pk, on=False)
    change(owner, registrar.pk, "admin", [], None)
    assert switch(owner, admin.pk, on=False).is_active is False  # another one stays
    with pytest.raises(BadStaff, match="последний"):
        change(owner, registrar.pk, "registrar", [], None)  # one who is switched off does not count
    change(owner, admin.pk, "registrar", [], None)
    assert switch(owner, admin.pk, on=True).is_active is True


def test_role_and_branches_are_changed(db: None) -> None:
    here, doctor = make_branch(), make_practitioner()
    made = change(make_staff("owner"), make_staff("registrar").pk, "doctor", [here], doctor)
    made.refresh_from_db()
    assert (made.role, list(made.branches.all()), made.practitioner) == ("doctor", [here], doctor)
    with pytest.raises(BadStaff, match="king"):
        change(make_staff("owner"), made.pk, "king", [], None)


def test_branches_by_role(db: None) -> None:
    here, there = make_branch(name="А"), make_branch(name="Б")
    assert list(branches(make_staff("registrar", there))) == [there]
    assert list(branches(make_staff("registrar"))) == [here, there]
    assert list(branches(make_staff("owner", there))) == [here, there]


def test_their_branches_are_read_once_and_never_stale(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here, there = make_branch(name="А"), make_branch(name="Б")
    made = make_staff("registrar", there, here)
    staff = Staff.objects.get(pk=made.pk)
    with django_assert_num_queries(1):
        assert [branches(staff), own_branches(staff), branches(staff)] == [[here, there]] * 3
    staff.branches.set([there])
    assert branches(staff) == [there]
    made.branches.clear()
    staff.refresh_from_db()
    assert own_branches(staff) == []


def test_who_manages_channels(db: None) -> None:
    assert [r for r in ("registrar", "doctor", "owner", "marketer", "admin") if manages_channels(make_staff(r))] == [
        "owner",
        "admin",
    ]


def test_short_names(db: None) -> None:
    names = ("Ахметова Айгуль Кайратовна", "Ли", "Ким Анна", "")
    assert [make_practitioner(name).short_name for name in names] == ["Ахметова А. К.", "Ли", "Ким А.", ""]
