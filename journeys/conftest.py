"""Houses and browsers for journeys. One house serves a module: starting it takes longer than living a day in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from config import postgres
from journeys.desk import PATIENCE, launched, sign_in
from journeys.house import House


@contextmanager
def _made() -> Iterator[House]:
    data = Path(tempfile.mkdtemp(prefix="priyom-journey-"))
    data.chmod(0o711)
    made = House.make(data)
    try:
        yield made
    finally:
        made.stop()
        postgres.destroy(data)
        rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_house() -> Iterator[House]:
    """A house that was made ready once and ended: the others begin as copies of it, which takes a second."""
    with _made() as made:
        made.start()
        made.stop()
        yield made


@pytest.fixture(scope="module")
def house(empty_house: House) -> Iterator[House]:
    """An installation without a demo clinic, its clock at 10:00 of tomorrow in Almaty."""
    with _made() as made:
        made.begin_like(empty_house)
        made.start()
        made.turn_to(tomorrow(5))
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as playwright:
        made = launched(playwright)
        yield made
        made.close()


@pytest.fixture
def desk(browser: Browser, house: House) -> Iterator[Page]:
    """The registrar's tab, signed in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ru")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    sign_in(page, house.web)
    yield page
    context.close()


def tomorrow(hour: int) -> datetime:
    """That hour (UTC) of tomorrow; 5 is 10:00 in Almaty."""
    day = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)
