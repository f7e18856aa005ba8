"""A sandbox with the fake channels on a free port, and an HTTP client at its door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from priyom.sandbox import attach, news, people, phones, server
from priyom.sandbox.server import Sandbox
from priyom.sandbox.tests.fakes import CALLS, CARDS, OFFICE, SITE, FakeRegistry


@pytest.fixture
def fake_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox finds the fake channels and no others; nobody asks the database for accounts."""
    registry = FakeRegistry()
    for module in (server, phones, news, people):
        monkeypatch.setattr(module, "registry", registry)
    monkeypatch.setattr(server, "_has_emulator", lambda key: True)
    monkeypatch.setattr(attach, "read_ties", lambda wanted: [])
    monkeypatch.setattr(server, "read_ties", lambda wanted: [])


@pytest.fixture
def many_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides the two: a robot that calls the same numbers, a messenger of the staff, a chat on the site. Ask for it
    before `sandbox`."""
    for card in (CALLS, OFFICE, SITE):
        monkeypatch.setitem(CARDS, card.key, card)


@pytest_asyncio.fixture
async def sandbox(fake_channels: None, transactional_db: None, tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A running sandbox; its phones are kept in `tmp_path`."""
    made = Sandbox(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:2")
    await made.start(0)
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the sandbox."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{sandbox.port}") as session:
        yield session
