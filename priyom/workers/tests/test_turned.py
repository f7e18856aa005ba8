"""When the clock is turned back, what was to go at once goes at once by the new time, and what was planned for an hour
keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from priyom.delivery.database import Database
from priyom.delivery.models import Delivery, RawUpdate
from priyom.foundation.clock import clock
from priyom.journal.models import Fact, Pending
from priyom.workers.turned import Turns, turned_back
from tests import factories as make

NEW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OLD = NEW + timedelta(hours=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def nine() -> Iterator[None]:
    clock.freeze(NEW)
    yield
    clock.freeze(None)


def delivery(created: datetime, due: datetime, claimed: datetime | None = None) -> int:
    account = make.make_account("smsc") if not Delivery.objects.exists() else Delivery.objects.all()[0].account
    made = Delivery.objects.create(
        account=account, address="+77010000000", body={"text": ""}, origin="system", created_at=created, due_at=due,
        claimed_at=claimed,
    )  # fmt: skip
    return made.pk


def turn_back(seconds: float | None) -> None:
    async def go() -> None:
        database = Database()
        await turned_back(database, seconds)
        await turned_back(database, seconds)  # another worker does it too
        await database.close()

    asyncio.run(go())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seconds", [-3600.0, None])
def test_deliveries(nine: None, seconds: float | None) -> None:
    at_once = delivery(OLD, OLD)
    again = delivery(OLD - 2 * HOUR, OLD + 30 * SECOND, claimed=OLD)
    planned = delivery(OLD, OLD + HOUR)
    older = delivery(NEW - HOUR, OLD)
    turn_back(seconds)
    assert dict(Delivery.objects.values_list("pk", "due_at")) == {
        at_once: NEW,
        again: NEW + 30 * SECOND,
        planned: OLD + HOUR,
        older: OLD,
    }


@pytest.mark.django_db(transaction=True)
def test_updates_and_facts(nine: None) -> None:
    account = make.make_account("smsc")
    RawUpdate.objects.create(account=account, update_key="1", body=b"", received_at=OLD, next_try_at=OLD)
    RawUpdate.objects.create(account=account, update_key="2", body=b"", received_at=NEW, next_try_at=NEW + MINUTE)
    for at in (OLD, NEW):
        fact = Fact.objects.create(type="X", at=at, data={})
        Pending.objects.create(fact=fact, reactor="x", key=0, next_try_at=at + SECOND)
    turn_back(-3600.0)
    assert list(RawUpdate.objects.order_by("update_key").values_list("next_try_at", flat=True)) == [NEW, NEW + MINUTE]
    assert list(Pending.objects.order_by("pk").values_list("next_try_at", flat=True)) == [NEW, NEW + SECOND]


def test_a_turned_clock_is_seen_once() -> None:
    turns = Turns()
    assert turns.look() == 0
    clock.turn(timedelta(hours=-1))
    try:
        assert turns.look() == pytest.approx(-3600, abs=30)
        assert turns.look() == 0
    finally:
        clock.reset()
    assert turns.look() == pytest.approx(3600, abs=30)


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_the_clock_goes_forward_is_left_alone(nine: None) -> None:
    """We looked at the clock, it was turned on, somebody wrote by the new time, and only then our statement ran."""
    written = delivery(NEW + 2 * HOUR, NEW + 2 * HOUR)
    turn_back(7200.0)
    assert Delivery.objects.get(pk=written).due_at == NEW + 2 * HOUR
