"""Invitations: one link, one use, three days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.clinic import invite
from priyom.clinic.invite import Guest
from priyom.clinic.models import Invitation
from priyom.clinic.staff import BadStaff, create
from priyom.foundation.clock import clock
from tests.factories import MONDAY, make_branch, make_practitioner, make_staff

PASSWORD = "correct horse"
GUEST = Guest("vera@clinic.example", "Вера Цой", "registrar")


@pytest.fixture(autouse=True)
def monday(db: None) -> None:
    clock.freeze(MONDAY)


def test_the_guest_becomes_what_they_were_invited_as() -> None:
    here, doctor = make_branch(), make_practitioner()
    row, secret = invite.invite(
        make_staff("owner"), Guest("vera@clinic.example", "Вера Цой", "doctor", (here,), doctor, "kk")
    )
    assert secret not in str(Invitation.objects.values().get())
    assert invite.find(secret) == row
    made = invite.accept(secret, "vera", PASSWORD, "Вера Цой")
    assert (made.role, made.email, made.language, made.practitioner) == ("doctor", row.email, "kk", doctor)
    assert list(made.branches.all()) == [here]
    assert made.check_password(PASSWORD)
    row.refresh_from_db()
    assert (row.accepted_at, row.accepted_by) == (MONDAY, made)


def test_a_link_works_once() -> None:
    secret = invite.invite(make_staff("owner"), GUEST)[1]
    invite.accept(secret, "vera", PASSWORD, "Вера")
    assert invite.find(secret) is None
    with pytest.raises(BadStaff, match="больше не действует"):
        invite.accept(secret, "vera2", PASSWORD, "Вера")


def test_a_link_works_for_three_days() -> None:
    secret = invite.invite(make_staff("owner"), GUEST)[1]
    clock.freeze(MONDAY + timedelta(days=3) - timedelta(seconds=1))
    assert invite.find(secret) is not None
    clock.freeze(MONDAY + timedelta(days=3))
    assert invite.find(secret) is None
    with pytest.raises(BadStaff, match="больше не действует"):
        invite.accept(secret, "vera", PASSWORD, "Вера")


def test_a_new_link_ends_the_old_one() -> None:
    row, first = invite.invite(make_staff("owner"), GUEST)
    clock.freeze(MONDAY + timedelta(days=2))
    _, second = invite.again(row.pk)
    assert invite.find(first) is None
    clock.freeze(MONDAY + timedelta(days=4))
    assert invite.find(second) == row


def test_a_withdrawn_link_opens_nothing() -> None:
    row, secret = invite.invite(make_staff("owner"), GUEST)
    invite.withdraw(row.pk)
    assert invite.find(secret) is None
    for verb in (invite.again, invite.withdraw):
        with pytest.raises(Invitation.DoesNotExist):
            verb(row.pk)


def test_one_address_has_one_invitation_and_one_account() -> None:
    owner = make_staff("owner")
    first = invite.invite(owner, GUEST)[1]
    second = invite.invite(owner, Guest("Vera@clinic.example", "Вера", "doctor"))[1]
    assert invite.find(first) is None
    assert invite.waiting().count() == 1
    invite.accept(second, "vera", PASSWORD, "Вера")
    with pytest.raises(BadStaff, match="уже работают"):
        invite.invite(owner, GUEST)


@pytest.mark.parametrize(
    ("login", "password", "words"),
    [("taken", PASSWORD, "занят"), ("vera", "short", "10"), ("в е", PASSWORD, "В имени")],
)
def test_what_is_refused_leaves_the_link_open(login: str, password: str, words: str) -> None:
    create("taken", PASSWORD, "registrar")
    secret = invite.invite(make_staff("owner"), GUEST)[1]
    with pytest.raises(BadStaff, match=words):
        invite.accept(secret, login, password, "Вера")
    assert invite.find(secret) is not None


def test_roles_are_known() -> None:
    with pytest.raises(BadStaff, match="king"):
        invite.invite(make_staff("owner"), Guest("vera@clinic.example", "Вера", "king"))
