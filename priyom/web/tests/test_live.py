"""The live stream: a fact wakes every page, a burst is one event, a quiet one beats, the last page ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient

from priyom.foundation.clock import now
from priyom.journal.models import Fact
from priyom.web import live

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alone")]


def happen() -> None:
    Fact.objects.create(type="Something", at=now())
    connection.close()  # of the thread this ran in: the test database is dropped at the end


async def opened(pages: int) -> list[AsyncIterator[bytes]]:
    made = [live.events(pause=0.05) for _ in range(pages)]
    for page in made:
        assert await anext(page) == live.OPENING
    for page in made:
        assert await anext(page) == live.EVENT  # the stream has begun: look once
    return made


async def close(pages: list[AsyncIterator[bytes]]) -> None:
    for page in pages:
        await page.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)


def listening() -> int:
    return sum(task.get_name() == "live" and not task.done() for task in asyncio.all_tasks())


async def test_a_fact_wakes_every_page_over_one_connection() -> None:
    pages = await opened(3)
    assert listening() == 1
    waiting = [asyncio.ensure_future(anext(page)) for page in pages]
    await sync_to_async(happen)()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 10) == [live.EVENT] * 3
    await close(pages)
    assert listening() == 0


async def test_a_burst_is_one_event() -> None:
    page = live.events(beat=0.4, pause=0.3)
    assert [await anext(page), await anext(page)] == [live.OPENING, live.EVENT]
    for _ in range(20):
        await sync_to_async(happen)()
    seen = [await anext(page) for _ in range(3)]
    assert live.HEARTBEAT in seen
    assert seen.count(live.EVENT) <= 2
    await close([page])


async def test_a_quiet_stream_beats_and_ends() -> None:
    seen = [part async for part in live.events(life=1, beat=0.05)]
    assert seen[0] == live.OPENING
    assert live.HEARTBEAT in seen
    await asyncio.sleep(0.05)
    assert listening() == 0


async def test_a_stranger_gets_no_stream() -> None:
    assert (await AsyncClient().get("/live")).status_code == 204
