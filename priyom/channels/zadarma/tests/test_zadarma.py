"""What the suite cannot know: outcomes out of statistics, what the exchange is told to do, signatures, refusals; and
the npm library `zadarma`, whose signatures the emulator takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.channels.zadarma import receive, signature
from priyom.channels.zadarma.emulator import KEY, ROBOT, SECRET
from priyom.channels.zadarma.send import ask, connect, send
from priyom.contracts import registry
from priyom.contracts.channel import Account, Request
from priyom.contracts.channel_suite import Stage, SuiteWorld
from priyom.contracts.errors import Forged, Malformed, Misconfigured, Rejected, Throttled
from priyom.contracts.events import Said, Stopped
from priyom.contracts.message import Asked, Message, Outgoing, Receipt, Signal
from priyom.contracts.peer import node_peer
from priyom.contracts.suite_world import HOOK_SECRET
from priyom.foundation.clock import clock

ANNA = "+79161234567"
HERE = Path(__file__).parent


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Anna's phone, in a world whose time is the computer's: statistics are asked for up to now."""
    stage = await Stage.open("zadarma")
    stage.world.at = clock.now()
    stage.emulator.put(ANNA, "Анна", True)
    try:
        yield stage
    finally:
        await stage.close()


def account(**changed: str) -> Account:
    """An account that calls nobody."""
    channel = registry.channel("zadarma")
    demo = registry.emulator("zadarma", SuiteWorld()).demo_account("http://127.0.0.1:9")
    return channel.account("suite", {**demo, **changed}, HOOK_SECRET)


def form(name: str) -> Request:
    """A kept webhook."""
    return Request({}, {}, (HERE / "payloads" / f"{name}.form").read_bytes())


async def place(stage: Stage) -> Receipt:
    """A call to Anna."""
    return await send(stage.http, stage.account, Outgoing("d1", ANNA, Message("Ждем вас")))


@pytest.mark.parametrize(
    ("behaves", "signal", "code", "gone"),
    [("", Signal.DELIVERED, "", False), ("busy", Signal.FAILED, "busy", False),
     ("away", Signal.FAILED, "no answer", False), ("gone", Signal.FAILED, "unallocated number", True)],
)  # fmt: skip
async def test_outcomes_are_found_in_the_statistics(
    stage: Stage, behaves: str, signal: Signal, code: str, gone: bool
) -> None:
    stage.emulator.phones()[0].extra["behaves"] = behaves
    receipt = await place(stage)
    other = "79999999999:" + receipt.provider_id.partition(":")[2]
    asked = [Asked(name, "d1", ANNA, stage.world.now()) for name in (receipt.provider_id, other, "nonsense")]
    [report] = await ask(stage.http, stage.account, asked)
    assert (report.provider_id, report.signal, report.code, report.gone) == (receipt.provider_id, signal, code, gone)
    assert report.at is not None
    assert abs(report.at - stage.world.now()) < timedelta(seconds=2)


async def test_an_older_call_is_not_taken_for_this_one(stage: Stage) -> None:
    stage.world.turn(-timedelta(hours=1))
    await place(stage)
    stage.world.turn(timedelta(hours=1))
    name = f"{ANNA[1:]}:{int(stage.world.now().timestamp())}"
    assert await ask(stage.http, stage.account, [Asked(name, "d1", ANNA, stage.world.now())]) == []


async def test_statistics_are_asked_for_three_times_a_minute(stage: Stage) -> None:
    receipt = await place(stage)
    asked = [Asked(receipt.provider_id, "d1", ANNA, stage.world.now())]
    for _ in range(3):
        await ask(stage.http, stage.account, asked)
    with pytest.raises(Throttled):
        await ask(stage.http, stage.account, asked)


async def test_a_strange_robot_number_is_refused(stage: Stage) -> None:
    wrong = stage.channel.account("suite", {**stage.settings, "robot_number": "74950000001"}, HOOK_SECRET)
    with pytest.raises(Rejected, match="Wrong parameter: to"):
        await send(stage.http, wrong, Outgoing("d1", ANNA, Message("Ждем вас")))
    short = stage.channel.account("suite", {**stage.settings, "robot_number": "100"}, HOOK_SECRET)
    with pytest.raises(Misconfigured):
        await stage.channel.sender.check(stage.http, short)


async def test_the_webhook_is_set_at_the_exchange(stage: Stage) -> None:
    await connect(stage.http, stage.account, stage.hook_url)
    with pytest.raises(Rejected):
        await connect(stage.http, stage.account, "ftp://elsewhere")
    await place(stage)
    await stage.world.settled()
    assert [b"NOTIFY_START" in request.body for request in stage.received] == [True]


def order(name: str, request: Request | None = None, **changed: str) -> Any:
    """What the exchange is told."""
    status, _, body = receive.reply(account(**changed), request or form(name))
    assert status == 200
    return json.loads(body)


def test_the_exchange_is_told_what_to_do() -> None:
    asked = order("start")
    assert asked["ivr_play"] == "menu1"
    assert asked["wait_dtmf"] == {"timeout": 7, "attempts": 2, "maxdigits": 1, "name": "priyom", "default": "hangup"}
    assert order("key") == {"ivr_play": "thanks1"}
    assert order("key", thanks_file="") == {"hangup": 1}
    assert order("end") == {}
    assert order("start", menu_file="") == {}


def test_other_numbers_of_the_clinic_are_left_alone() -> None:
    for name in ("start", "key"):
        assert order(name, robot_number="74957777777") == {}
        assert receive.parse(account(robot_number="74957777777"), form(name)).events == ()


@pytest.mark.parametrize(("key", "text"), [("1", "1"), ("0", "0: просит перезвонить"), ("12", "12")])
def test_a_key_is_heard(key: str, text: str) -> None:
    body = form("key").body.replace(b"digits%5D=1", b"digits%5D=" + key.encode())
    [event] = receive.parse(account(), Request({}, {}, body)).events
    assert isinstance(event, Said)
    assert (event.address, event.text) == (ANNA, text)


def test_a_key_in_json_is_heard_too() -> None:
    head = form("key").body.partition(b"&wait_dtmf")[0]
    nested = b'&wait_dtmf={"name":"priyom","digits":"2","default_behaviour":""}'
    [event] = receive.parse(account(), Request({}, {}, head + nested)).events
    assert isinstance(event, Said)
    assert event.text == "2"


def test_nine_means_no_more_calls_where_it_is_offered() -> None:
    request = Request({}, {}, form("key").body.replace(b"digits%5D=1", b"digits%5D=9"))
    assert [type(event) for event in receive.parse(account(), request).events] == [Stopped]
    assert [type(event) for event in receive.parse(account(opt_out="false"), request).events] == [Said]


def test_another_menus_key_is_not_ours() -> None:
    request = Request({}, {}, form("key").body.replace(b"priyom", b"birthday"))
    assert receive.parse(account(), request).events == ()


def test_the_address_is_tried() -> None:
    request = Request({}, {"zd_echo": "a1b2"}, b"")
    assert receive.challenge(account(), request)[2] == b"a1b2"
    with pytest.raises(Forged):
        receive.challenge(account(), replace(request, query={}))


def test_signatures_are_base64_of_hexadecimal() -> None:
    """Worked out by openssl: `dgst -sha1 -hmac secret` of the text, and its hexadecimal in base64."""
    assert signature.sign("secret", "text") == "YjgzOTJjMjM2OTBjY2Y4NzFmMzdlYzI3MGJlMTU4MmRlYzU3YTUwMw=="
    assert signature.query({"b": "1 2", "a": "x~y"}) == "a=x%7Ey&b=1+2"


@settings(max_examples=200, suppress_health_check=[HealthCheck.differing_executors])
@given(st.binary(max_size=200) | st.sampled_from(["key", "start", "end"]).flatmap(
    lambda name: st.tuples(st.integers(0, 150), st.binary(max_size=8)).map(
        lambda cut: form(name).body[: cut[0]] + cut[1] + form(name).body[cut[0] :]
    )
))  # fmt: skip
def test_strangers_forms_do_no_harm(body: bytes) -> None:
    request = Request({}, {}, body)
    assert receive.identify(account(), request)[0]
    json.loads(receive.reply(account(), request)[2])
    with suppress(Malformed):
        receive.parse(account(), request)
    with pytest.raises(Forged):
        receive.verify(account(), request)


async def test_the_npm_library_is_understood(stage: Stage) -> None:
    script = HERE / "peer_zadarma.js"
    told = await node_peer(script, "zadarma", f"{stage.base_url}/zadarma", KEY, SECRET, ANNA[1:], ROBOT)
    assert told == {"balance": "success", "call": "success", "to": ROBOT, "forged": "error"}
    assert len(stage.emulator.messages(ANNA)) == 1
