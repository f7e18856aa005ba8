"""What the registry finds: the folders of channels, and a test's own ones only while the test wants them."""

from __future__ import annotations

import pytest

import priyom.channels
from journeys import counting
from priyom.contracts import registry


def test_a_tests_own_channels_leave_nothing_behind() -> None:
    before = (registry.names(), list(registry.FOLDERS), list(priyom.channels.__path__))
    with counting.registered(), counting.registered():
        assert set(registry.names()) > set(before[0])
        assert registry.channel("counted_ask").card.key == "counted_ask"
    assert (registry.names(), registry.FOLDERS, list(priyom.channels.__path__)) == before
    with pytest.raises(registry.NoSuchChannel):
        registry.channel("counted_ask")
