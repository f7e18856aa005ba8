"""The stage of SMPP's own tests: one person, and no session until a test holds one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from priyom.channels.smpp.tests.stage import SmppStage


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[SmppStage]:
    """The emulator under way; everything is ended afterwards."""
    made = await SmppStage.open("smpp", timeout=10.0)
    assert isinstance(made, SmppStage)
    made.emulator.put("+77011234567", "Анна", True)
    try:
        yield made
    finally:
        await made.close()
