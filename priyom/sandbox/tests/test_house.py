"""The two questions the walk asks of the database, on real tables: what is planned next, and what is being done now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from priyom.delivery.models import Account, Delivery, RawUpdate
from priyom.journal.models import Fact, Pending
from priyom.sandbox.database import LiveHouse, ask

NOW = datetime(2026, 3, 18, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


def account(key: str, **changes: object) -> Account:
    """A channel account; the fake key is its channel too."""
    return Account.objects.create(key=key, channel=key, name=key, **changes)


def delivery(to: Account, due: datetime, state: str = "waiting") -> Delivery:
    """An attempt over that account."""
    return Delivery.objects.create(
        account=to, address="1", body={}, origin="system", created_at=NOW, due_at=due, state=state
    )


async def seen(spawned: tuple[int, int] = (0, 0), hanging: tuple[str, ...] = ()) -> tuple[object, tuple[int, ...]]:
    """(next planned moment, what is to be done now) at NOW."""
    house = LiveHouse(lambda: spawned, lambda: hanging)
    try:
        return await house.next_due(NOW), await house.busy(NOW)
    finally:
        await house.close()


async def test_an_empty_house_is_quiet_and_plans_nothing() -> None:
    assert await seen() == (None, (0, 0, 0, 0, 0, 0, 0, 0))


async def test_work_of_the_emulators_counts() -> None:
    assert (await seen(spawned=(2, 7)))[1][0] == 2


async def test_deliveries_that_can_move_count_and_others_do_not() -> None:
    def make() -> None:
        fine = account("fine")
        delivery(fine, NOW - HOUR)
        delivery(fine, NOW - HOUR, "sending")
        delivery(fine, NOW - HOUR, "settled")
        delivery(fine, NOW + 3 * HOUR)
        delivery(account("off", enabled=False), NOW - HOUR)
        delivery(account("broken", health="broken"), NOW - HOUR)
        delivery(account("resting", health="down", paused_until=NOW + 2 * HOUR), NOW - HOUR)
        stuck = account("stuck")
        delivery(stuck, NOW - HOUR)
        delivery(stuck, NOW - HOUR, "sending")

    await ask(make)
    planned, busy = await seen(hanging=("stuck",))
    assert planned == NOW + 2 * HOUR
    assert busy == (0, 1, 1, 0, 0, 0, 0, 0)


async def test_a_gateway_that_is_down_is_probed_every_ten_minutes_of_a_walk() -> None:
    def make() -> None:
        delivery(account("down", health="down"), NOW + timedelta(minutes=2))
        delivery(account("resting", health="down", paused_until=NOW + timedelta(minutes=1)), NOW - HOUR)

    await ask(make)
    assert (await seen())[0] == NOW + timedelta(minutes=10)
    await ask(lambda: delivery(account("ok"), NOW + timedelta(minutes=5)))
    assert (await seen())[0] == NOW + timedelta(minutes=5)
    await ask(lambda: delivery(Account.objects.get(key="down"), NOW + timedelta(seconds=32)))
    assert (await seen())[0] == NOW + timedelta(seconds=32)  # the first ones are what tells how bad it is


async def test_facts_and_updates_count_until_they_are_put_off() -> None:
    def make() -> None:
        fact = Fact.objects.create(type="X", at=NOW)
        for name, at, parked in (("now", NOW, False), ("later", NOW + HOUR, False), ("never", NOW, True)):
            Pending.objects.create(fact=fact, reactor=name, key=0, next_try_at=at, parked=parked)
        door = account("door")
        for key, at in (("a", NOW), ("b", NOW + 2 * HOUR)):
            RawUpdate.objects.create(account=door, update_key=key, body=b"", received_at=NOW, next_try_at=at)

    await ask(make)
    assert await seen() == (NOW + HOUR, (0, 0, 0, 1, 1, 0, 0, 0))
