"""One emulator for each test, with one person who has written before."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from priyom.channels.whatsapp.tests.stages import ANNA
from priyom.contracts.channel_suite import Stage


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Straight at Meta."""
    made = await Stage.open("whatsapp")
    made.emulator.put(ANNA, "Анна", True)
    try:
        yield made
    finally:
        await made.close()
