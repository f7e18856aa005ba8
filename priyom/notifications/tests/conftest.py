"""A house with its scenarios on a Monday morning, and the four channels connected."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from priyom.delivery.models import Account
from priyom.foundation.clock import clock
from tests.driver import open_house
from tests.factories import MONDAY, SETTINGS, make_account

Accounts = Mapping[str, Account]


@pytest.fixture
def accounts(db: None) -> Accounts:
    """channel -> account, all four; the clock stands at 11:00 in Almaty, no scenario runs."""
    clock.freeze(MONDAY)
    return {channel: make_account(channel) for channel in SETTINGS}


@pytest.fixture
def house_open(accounts: Accounts) -> Accounts:
    """The same, and the program's scenarios follow what happens."""
    open_house()
    return accounts
