"""One moment for both sides: tokens are good for a minute, ours and the server's."""

from __future__ import annotations

import pytest

from priyom.contracts.suite_world import SuiteWorld
from priyom.foundation.clock import clock


@pytest.fixture(autouse=True)
def _one_clock(_clock: None) -> None:
    """Our clock stands where the suite's world stands."""
    clock.freeze(SuiteWorld().at)
