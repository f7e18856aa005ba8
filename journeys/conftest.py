"""Houses for journeys. One serves a whole module: starting a house takes longer than living a day in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import pytest

from config import postgres
from journeys.house import House


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """An installation without a demo clinic, its clock at 10:00 of tomorrow in Almaty."""
    data = Path(tempfile.mkdtemp(prefix="priyom-journey-"))
    data.chmod(0o711)
    made = House.make(data)
    try:
        made.start()
        made.turn_to(tomorrow(5))
        yield made
    finally:
        made.stop()
        postgres.destroy(data)
        rmtree(data, ignore_errors=True)


def tomorrow(hour: int) -> datetime:
    """That hour (UTC) of tomorrow; 5 is 10:00 in Almaty."""
    day = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)
