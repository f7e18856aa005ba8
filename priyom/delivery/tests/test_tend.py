"""Tending an account: the line is held and opened anew, lost reports are asked for, files come in, vitals are learned;
a new number does not write to more people a day than its ladder lets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from django.db import connection

from journeys import counting
from priyom.contracts import registry
from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Channel, Listener, Post, Request, Sender, Session
from priyom.contracts.errors import Misconfigured, Rejected, Unavailable
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt, Signal
from priyom.contracts.vitals import Quality, Vitals
from priyom.delivery import accounts
from priyom.delivery.attempt import Claimed
from priyom.delivery.consequence import TAKEN_OVER
from priyom.delivery.crew import Line
from priyom.delivery.database import Database
from priyom.delivery.enqueue import cancel
from priyom.delivery.models import Account, AccountState, Delivery, Doubt, RawUpdate, StoredFile
from priyom.delivery.tend import Tender
from priyom.delivery.tests.conftest import Make
from priyom.delivery.warm import Warm, ceiling
from priyom.foundation.clock import clock, now
from priyom.foundation.http import Http

pytestmark = pytest.mark.django_db(transaction=True)


class Vendor:
    """Tells and gives what it was told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fetches = 0
        self.trouble: list[Exception] = []
        self.has: set[str] = set()
        self.looked_for: list[str] = []

    async def find(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt | None:
        self.looked_for.append(outgoing.key)
        if outgoing.message.text == "Запретное":
            raise Rejected("об этом не говорим")
        return Receipt("g" + outgoing.key) if outgoing.key in self.has else None

    async def ask(self, http: Http, account: Wire, asked: Sequence[Asked]) -> Sequence[Reported]:
        self.asked += [item.provider_id for item in asked]
        return [Reported(item.provider_id, Signal.DELIVERED, "спросили") for item in asked if item.provider_id != "g0"]

    async def vitals(self, http: Http, account: Wire) -> Vitals:
        return Vitals(Decimal("12.50"), "RUB", Quality.HIGH, 1000)

    async def fetch(self, http: Http, account: Wire, ref: str) -> bytes:
        self.fetches += 1
        if self.trouble:
            raise self.trouble.pop(0)
        return ref.encode()


class Line1:
    """A session that hands over one update each time it is opened, and then ends as told."""

    def __init__(self, post: Post, ends: list[Exception]) -> None:
        self.post, self.ends = post, ends

    async def run(self) -> None:
        number = int(await self.post.cursor() or 0) + 1
        await self.post.take(Request({}, {}, b'{"update": %d, "phone": "+7701", "text": "1"}' % number))
        await self.post.keep(str(number))
        if self.ends:
            raise self.ends.pop(0)
        await asyncio.Event().wait()


class Listening:
    def __init__(self, *ends: Exception) -> None:
        self.ends = list(ends)

    def open(self, http: Http, account: Wire, post: Post) -> Session | None:
        return Line1(post, self.ends)


def line_of(account: Account, vendor: Vendor, listening: Listening | None = None) -> Line:
    card = replace(
        counting.card("counted_ask", AfterCrash.ASK), asks_status=True, tells_vitals=True, listens=listening is not None
    )
    receiver = registry.channel("counted_ask").receiver
    channel = Channel(card, cast(Sender, vendor), receiver, cast(Listener, listening) if listening else None)
    return Line(account.pk, channel, accounts.wire(account), None, None, "ok")


def tend(line: Line, until: Callable[[], bool]) -> list[Any]:
    """Tend until it is so; the sessions that were handed over."""
    held: list[Any] = []

    async def run() -> None:
        database = Database()
        tender = Tender(database, Http(), line, held.append)
        task = asyncio.create_task(tender.run())
        try:
            for _ in range(600):
                if await asyncio.to_thread(_looked, until):
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("it did not come to that")
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await database.close()

    asyncio.run(run())
    return held


def _looked(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    finally:
        connection.close()


def test_what_was_withdrawn_after_it_may_have_left_is_asked_for(account: Account, order: Make) -> None:
    had, never, refused = order(), order(), order(body={"text": "Запретное", "rows": []})
    fresh, old, certain = order(), order(), order()
    rows = Delivery.objects.filter(pk__in=(had, never, refused, fresh, old))
    rows.update(maybe_sent=True, tries=2)
    assert cancel([had, never, refused, fresh, old, certain], "визит перенесен")
    rows.update(signal_at=now() - timedelta(seconds=TAKEN_OVER + 1))
    Delivery.objects.filter(pk=fresh).update(signal_at=now())
    Delivery.objects.filter(pk=old).update(signal_at=now() - timedelta(days=2))
    vendor = Vendor()
    vendor.has = {f"d{had}"}
    tend(line_of(account, vendor), lambda: signals(had, never) == ["accepted", "failed"])
    found = {row.pk: (row.state, row.signal, row.provider_id) for row in Delivery.objects.all()}
    assert found == {
        had: ("settled", "accepted", f"gd{had}"), never: ("cancelled", "failed", ""),
        refused: ("cancelled", "uncertain", ""), fresh: ("cancelled", "uncertain", ""),
        old: ("cancelled", "uncertain", ""), certain: ("cancelled", "", ""),
    }  # fmt: skip
    assert sorted(vendor.looked_for) == sorted(f"d{number}" for number in (had, never, refused))
    doubts = dict(Doubt.objects.values_list("delivery_id", "resolved"))
    assert doubts == {had: "evidence", never: "evidence", refused: "", fresh: "", old: ""}


def signals(*numbers: int) -> list[str]:
    found = dict(Delivery.objects.filter(pk__in=numbers).values_list("pk", "signal"))
    return [found[number] for number in numbers]


def test_lost_reports_are_asked_for_and_vitals_are_learned(account: Account, order: Make) -> None:
    sent_at = now() - timedelta(minutes=3)
    for provider_id in ("g0", "g1", "g2"):
        Delivery.objects.filter(pk=order()).update(
            state="settled", signal="accepted", provider_id=provider_id, sent_at=sent_at, asks=0
        )
    Delivery.objects.filter(provider_id="g2").update(sent_at=now())  # its report may still come by itself
    vendor = Vendor()
    tend(
        line_of(account, vendor),
        lambda: Delivery.objects.get(provider_id="g0").asks == 1 and AccountState.objects.exclude(vitals={}).exists(),
    )
    assert vendor.asked == ["g0", "g1"]
    assert dict(Delivery.objects.values_list("provider_id", "signal")) == {
        "g0": "accepted", "g1": "delivered", "g2": "accepted",
    }  # fmt: skip
    assert Delivery.objects.get(provider_id="g0").asks == 1
    vitals = AccountState.objects.get().vitals
    assert (vitals["balance"], vitals["quality"], vitals["daily_limit"]) == ("12.50", "high", 1000)


def wanted(account: Account, ref: str) -> StoredFile:
    return StoredFile.objects.create(
        account=account, name="a.jpg", mime="image/jpeg", ref=ref, state="wanted", created_at=now(), next_try_at=now()
    )


def test_files_come_in_and_what_is_gone_is_said(account: Account) -> None:
    gone, came = wanted(account, "gone"), wanted(account, "content")
    vendor = Vendor()
    vendor.trouble = [Rejected("файла больше нет")]
    tend(line_of(account, vendor), lambda: not StoredFile.objects.filter(state="wanted").exists())
    gone.refresh_from_db()
    came.refresh_from_db()
    assert (gone.state, gone.error) == ("failed", "файла больше нет")
    assert (came.state, bytes(came.content or b""), came.size) == ("here", b"content", 7)


def test_a_file_is_tried_again_after_a_short_trouble(account: Account) -> None:
    wanted(account, "x")
    vendor = Vendor()
    vendor.trouble = [Unavailable("не отвечает")]
    tend(line_of(account, vendor), lambda: StoredFile.objects.get().tries == 1)
    left = StoredFile.objects.get()
    assert (left.state, left.error) == ("wanted", "не отвечает")
    assert left.next_try_at is not None
    assert left.next_try_at > now()


def test_a_broken_line_is_opened_anew_where_it_stood(account: Account) -> None:
    listening = Listening(Misconfigured("токен не подходит"))
    held = tend(line_of(account, Vendor(), listening), lambda: RawUpdate.objects.count() == 2)
    assert [type(item).__name__ for item in held][:3] == ["Line1", "NoneType", "Line1"]
    assert held[-1] is None  # whoever sends learns that the line is gone
    assert sorted(RawUpdate.objects.values_list("update_key", flat=True)) == ["1", "2"]
    assert AccountState.objects.get().cursor == "2"


def test_the_clinic_sees_why_a_line_is_down(account: Account) -> None:
    listening = Listening(*[Misconfigured("токен не подходит")] * 50)
    tend(line_of(account, Vendor(), listening), lambda: AccountState.objects.filter(line="down").exists())
    assert AccountState.objects.get().line_why == "токен не подходит"


@pytest.mark.parametrize(("day", "most"), [(0, 50), (1, 100), (2, 250), (3, None), (400, None), (-1, 50)])
def test_the_ladder(day: int, most: int | None) -> None:
    since = date(2026, 3, 2)
    assert ceiling((50, 100, 250), since, since + timedelta(days=day)) == most


def test_a_new_number_writes_to_so_many_people_a_day(account: Account, order: Make) -> None:
    clock.freeze(datetime(2026, 3, 2, 9, tzinfo=UTC))
    Delivery.objects.filter(pk=order(address="+1")).update(sent_at=now())
    Delivery.objects.filter(pk=order(address="+9")).update(sent_at=now() - timedelta(days=1))
    later = (now() + timedelta(hours=1)).isoformat()

    def item(number: int, address: str, **body: object) -> Claimed:
        return Claimed(number, "send", address, dict(body), False, None, 1, False)

    async def over(items: list[Claimed]) -> list[int]:
        database = Database()
        try:
            found = await warm.over(database, account.pk, date(2026, 3, 2), (3, 5), items)
        finally:
            await database.close()
        return [one.id for one in found]

    warm = Warm()
    asked = [item(1, "+1"), item(2, "+2"), item(3, "+3"), item(4, "+4"), item(5, "+5", window_until=later)]
    assert asyncio.run(over(asked)) == [4]
    assert asyncio.run(over([item(6, "+2"), item(7, "+6")])) == [7]
    clock.freeze(datetime(2026, 3, 3, 9, tzinfo=UTC))
    assert asyncio.run(over([item(8, "+6")])) == []
