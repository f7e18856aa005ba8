"""A clinic with its four channels and the program's scenarios on a Monday morning."""

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
    """channel -> account, all four; the clock stands at 11:00 in Almaty and the scenarios follow what happens."""
    clock.freeze(MONDAY)
    open_house()
    return {channel: make_account(channel) for channel in SETTINGS}
