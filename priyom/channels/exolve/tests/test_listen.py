"""Fetching answers where there is no webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from priyom.channels.exolve import Settings, listen, receive, send
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured, Unavailable
from priyom.contracts.events import Said
from priyom.contracts.message import Message, Outgoing
from priyom.contracts.suite_wire import Wire
from priyom.contracts.suite_world import KeptPost
from priyom.foundation.clock import now

PHONE = "+79031234567"
ACCOUNT = Account("main", Settings(api_key="k", sender="79000000002", poll_seconds=1), "s" * 32)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("exolve")
    made.world.at = now()
    made.emulator.put(PHONE, "Анна", True)
    yield made
    await made.close()


def post() -> KeptPost:
    return KeptPost(lambda request: receive.identify(ACCOUNT, request))


def item(number: int, **more: Any) -> dict[str, Any]:
    """An answer of a person, as the list has it."""
    return {"message_id": str(number), "direction": 1, "sender": "79031234567", "text": "да", **more}


def test_without_an_interval_there_is_no_session(stage: Stage) -> None:
    assert listen.open(stage.http, stage.account, stage.post()) is None


async def test_answers_are_fetched_once(stage: Stage) -> None:
    kept = stage.post()
    session = listen.Polling(stage.http, stage.account, kept)
    await stage.channel.sender.send(stage.http, stage.account, Outgoing("d1", PHONE, Message("Придёте?")))
    await stage.emulator.say(PHONE, "да")
    await stage.heard()
    await session.look()
    assert [event.text for event in stage.read(kept) if isinstance(event, Said)] == ["да"]
    await session.look()
    await listen.Polling(stage.http, stage.account, kept).look()  # after a restart the post knows them
    assert (stage.read(kept), kept.repeats) == ([], 1)


async def test_it_looks_back_from_where_it_was() -> None:
    kept = post()
    wire = Wire({"messages": []}, {"messages": []})
    await listen.Polling(wire, ACCOUNT, kept).look()
    first = datetime.fromisoformat(kept.position)
    begun = datetime.fromisoformat(wire.asked[0].sent["date_gte"])
    assert timedelta(0) <= first - begun - listen.FIRST_LOOK < timedelta(seconds=1)
    kept.position = datetime(2026, 3, 20, 9, 0, tzinfo=UTC).isoformat()
    await listen.Polling(wire, ACCOUNT, kept).look()
    assert wire.asked[1].sent["date_gte"] == "2026-03-20T08:55:00.000Z"


async def test_all_pages_are_read_and_what_is_not_an_answer_is_left() -> None:
    kept = post()
    full = [item(1000 + at) for at in range(send.PAGE)]
    rest = [item(5), {"message_id": ""}, item(6, direction=2), item(7)]
    wire = Wire({"messages": full}, {"messages": rest})
    await listen.Polling(wire, ACCOUNT, kept).look()
    assert [one.sent["offset"] for one in wire.asked] == [0, send.PAGE]
    assert len(kept.taken) == send.PAGE + 2


async def test_a_look_that_fails_keeps_its_place() -> None:
    kept = post()
    kept.position = "2026-03-20T09:00:00+00:00"
    full = [item(1000 + at) for at in range(send.PAGE)]
    wire = Wire({"messages": full}, b"oops")
    with pytest.raises(Unavailable):
        await listen.Polling(wire, ACCOUNT, kept).look()
    assert kept.position == "2026-03-20T09:00:00+00:00"


async def test_it_outlives_short_troubles_and_tells_long_ones(stage: Stage) -> None:
    account = stage.channel.account("suite", {**stage.settings, "poll_seconds": "1"}, stage.account.hook_secret)
    stage.emulator.mode = Mode.DOWN
    session = listen.open(stage.http, account, stage.post())
    assert session is not None
    running = asyncio.create_task(session.run())
    done, _ = await asyncio.wait([running], timeout=0.3)
    assert not done
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    stage.emulator.mode = Mode.OK
    wrong = stage.channel.account("suite", {**stage.settings, "api_key": "x", "poll_seconds": "1"}, "s")
    refused = listen.open(stage.http, wrong, stage.post())
    assert refused is not None
    with pytest.raises(Misconfigured):
        await refused.run()
