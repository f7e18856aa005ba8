"""The pause after failed sign-ins: it grows, it passes, it is shared, and it tells nobody which accounts there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.clinic import lockout
from priyom.clinic.lock_rules import FOR_ADDRESS, FOR_LOGIN, household, pause, remaining, spelled
from priyom.clinic.models import SignInLock
from priyom.foundation.clock import clock
from tests.factories import MONDAY

HERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def monday(db: None) -> None:
    clock.freeze(MONDAY)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 30), (99, 30)]
)
def test_the_pause_grows(failures: int, minutes: int) -> None:
    assert pause(failures, FOR_LOGIN) == timedelta(minutes=minutes)


@given(st.integers(0, 10_000))
def test_more_failures_never_mean_a_shorter_pause(failures: int) -> None:
    for patience in (FOR_LOGIN, FOR_ADDRESS):
        assert pause(failures, patience) <= pause(failures + 1, patience) <= patience.longest


def test_failures_are_forgotten_one_after_another() -> None:
    assert remaining(5, MONDAY, MONDAY + timedelta(minutes=29), FOR_LOGIN) == 5
    assert remaining(5, MONDAY, MONDAY + timedelta(minutes=61), FOR_LOGIN) == 3
    assert remaining(5, MONDAY, MONDAY + timedelta(days=9), FOR_LOGIN) == 0
    assert remaining(5, MONDAY, MONDAY - timedelta(days=9), FOR_LOGIN) == 5  # a clock set back forgives nothing


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        (HERE, HERE),
        ("2001:db8:1:2:ffff::1", "2001:0db8:0001:0002"),
        ("::ffff:203.0.113.7", HERE),
        ("", ""),
        ("somewhere", ""),
    ],
)
def test_addresses_are_counted_by_household(address: str, counted: str) -> None:
    assert household(address) == counted


def test_the_fifth_wrong_password_locks_and_time_opens() -> None:
    for _ in range(4):
        assert lockout.failed("olga", HERE) is None
    until = lockout.failed("olga", HERE)
    assert until == MONDAY + timedelta(minutes=1)
    assert lockout.locked_until("olga", "198.51.100.1") == until  # whoever asks
    assert lockout.locked_until("vera", HERE) is None
    clock.freeze(MONDAY + timedelta(minutes=1))
    assert lockout.locked_until("olga", HERE) is None
    assert lockout.failed("olga", HERE) == MONDAY + timedelta(minutes=3)


def test_spelling_is_no_way_around() -> None:
    assert spelled("  OLGA ") == "olga"
    for name in ("olga", "Olga", " OLGA", "olga ", "oLga"):
        lockout.failed(name, HERE)
    assert lockout.locked_until("olga", HERE) is not None


def test_an_address_that_tries_many_names_is_locked_for_all_of_them() -> None:
    for number in range(FOR_ADDRESS.free):
        assert lockout.failed(f"name-{number}", HERE) is None
    assert lockout.failed("one more", HERE) is not None
    assert lockout.locked_until("never tried", HERE) is not None
    assert lockout.locked_until("never tried", "198.51.100.1") is None


def test_a_right_password_forgets_the_name_and_not_the_address() -> None:
    for _ in range(5):
        lockout.failed("olga", HERE)
    lockout.succeeded("Olga")
    assert lockout.locked_until("olga", HERE) is None
    assert SignInLock.objects.get().failures == 5


def test_troubles_are_shown_for_a_day_and_can_be_lifted() -> None:
    for _ in range(4):
        lockout.failed("olga", HERE)
    assert list(lockout.troubles()) == []
    lockout.failed("olga", HERE)
    (row,) = lockout.troubles()
    assert (row.kind, row.key, row.failures) == ("login", "olga", 5)
    lockout.lift(row.pk)
    assert lockout.locked_until("olga", HERE) is None
    clock.freeze(MONDAY + timedelta(days=2))
    lockout.failed("vera", "")
    assert [row.key for row in SignInLock.objects.all()] == ["vera"]  # old counts are not kept
