"""Behind a shut fence nothing leaves: what is in hand goes back untried, and the vendor's «no» comes too late. What a
woken worker still has to say takes nothing from its successor."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from django.db.models import F

from journeys import counting
from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Channel, Sender
from priyom.contracts.message import Outgoing, Receipt, Signal
from priyom.delivery import accounts
from priyom.delivery.attempt import attempt
from priyom.delivery.claim import claim
from priyom.delivery.consequence import ASK_AFTER, TAKEN_OVER, Again, Settled, taken, unknown
from priyom.delivery.crew import Line
from priyom.delivery.database import Database
from priyom.delivery.models import Account, Delivery
from priyom.delivery.pump import Pump
from priyom.delivery.settle import put_back, settle
from priyom.delivery.settler import Settler
from priyom.delivery.tests.conftest import Make
from priyom.delivery.tests.world import left_behind
from priyom.foundation.http import Http

pytestmark = pytest.mark.django_db(transaction=True)


class Paused:
    """A sender whose process stops, and whose fence is shut when it goes on."""

    def __init__(self) -> None:
        self.open = True
        self.sent: list[str] = []
        self.begun = asyncio.Event()

    async def send(self, http: Http, account: object, outgoing: Outgoing) -> Receipt:
        self.sent.append(outgoing.key)
        self.begun.set()
        self.open = False
        await asyncio.sleep(0)
        return Receipt("g" + outgoing.key)

    async def find(self, http: Http, account: object, outgoing: Outgoing) -> Receipt | None:
        self.open = False
        return None


def channel_of(sender: Paused, parallel: int = 1) -> Channel:
    card = replace(counting.card("counted_ask", AfterCrash.ASK), parallel=parallel)
    return Channel(card, cast(Sender, sender), cast(Any, SimpleNamespace()))


async def nothing_stale(connection: psycopg.AsyncConnection[Any], ids: list[int]) -> dict[int, str]:
    return {}


def test_what_is_in_hand_goes_back_untried(account: Account, order: Make) -> None:
    for _ in range(20):
        order()
    sender = Paused()
    line = Line(account.pk, channel_of(sender), accounts.wire(account), None, None, "ok")

    async def go() -> None:
        database = Database()
        settler = Settler(database)
        async with Http() as http:
            pump = Pump(database, http, settler, line, nothing_stale, fence=lambda: sender.open)
            task = asyncio.create_task(pump.run())
            await asyncio.wait_for(sender.begun.wait(), 60)
            await asyncio.sleep(1.5)  # it looks again meanwhile
            await pump.stop(1.0)
            await asyncio.wait({task}, timeout=2.0)
        await settler.flush()
        await database.close()

    asyncio.run(go())
    assert len(sender.sent) == 1
    rows = Delivery.objects.annotate(left=F("tries") - F("untried")).order_by("signal")
    told = list(rows.values_list("state", "signal", "left", "maybe_sent"))
    assert told == [("waiting", "", 0, False)] * 19 + [("settled", "accepted", 1, False)]


def test_nothing_leaves_when_the_fence_shuts_while_the_vendor_is_asked(account: Account, order: Make) -> None:
    order()
    sender = Paused()

    async def go() -> object:
        database = Database()
        [claimed] = await claim(database, account.pk, 1)
        maybe = replace(claimed, maybe_sent=True)
        async with Http() as http:
            outcome = await attempt(http, channel_of(sender), accounts_wire, maybe, lambda: sender.open)
        await database.close()
        return outcome

    accounts_wire = accounts.wire(account)
    outcome = asyncio.run(go())
    assert sender.sent == []
    assert isinstance(outcome, Again)
    assert outcome.strain == ""


@pytest.mark.parametrize(
    "late",
    [
        Settled(0, 1, Signal.FAILED, "отказ", "400"),
        Settled(0, 1, Signal.UNCERTAIN, "молчит"),
        Again(0, 1, 0.0, tried=False),
        Again(0, 1, 60.0, maybe_sent=True),
    ],
)
def test_a_woken_worker_takes_nothing_from_its_successor(account: Account, order: Make, late: Settled | Again) -> None:
    number = order()
    late = replace(late, delivery_id=number)

    async def say(database: Database) -> None:
        if isinstance(late, Settled):
            await settle(database, [late])
        else:
            await put_back(database, [late])

    async def go() -> None:
        database = Database()
        assert [item.of_try for item in await claim(database, account.pk, 1)] == [1]
        [left] = await left_behind(database, account.pk, AfterCrash.SAME_KEY)
        assert isinstance(left, Again)
        await put_back(database, [replace(left, after=0.0)])
        assert [item.of_try for item in await claim(database, account.pk, 1)] == [2]
        await say(database)
        assert await database.rows("SELECT state, signal, tries FROM delivery_delivery") == [("sending", "", 2)]
        await settle(database, [taken(number, 2, Receipt("g2"))])
        await say(database)
        found = await database.rows("SELECT state, signal, tries, provider_id FROM delivery_delivery")
        assert found == [("settled", "accepted", 2, "g2")]
        await database.close()

    asyncio.run(go())


def test_after_the_end_of_the_database_the_vendor_is_asked_later() -> None:
    for young, wait in ((True, TAKEN_OVER), (False, ASK_AFTER)):
        outcome = unknown(1, 1, AfterCrash.ASK, "send", "", young=young)
        assert isinstance(outcome, Again)
        assert outcome.after == wait
