"""Sending and asking: what goes over the wire, each refusal, the spare hosts, and what the emulator refuses."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from priyom.channels.smsaero import Settings, send
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Button, Message, Outgoing, Receipt, Signal
from priyom.contracts.suite_wire import Wire
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Answer, NoAnswer, NotSent

PHONE = "+79031234567"
OUT = Outgoing("d123", PHONE, Message("Ждём вас в 10:30"))
SETTINGS = Settings(email="me@clinic.example", api_key="KEY", sender="CLINIC")
ACCOUNT = Account("main", SETTINGS, "s" * 32)
TAKEN = {"success": True, "data": {"id": 5, "status": 0, "extendStatus": "queue", "cost": 5.49}, "message": None}
HOSTS = ["gate.smsaero.ru", "gate.smsaero.org", "gate.smsaero.net"]


def asked(number: str) -> Asked:
    return Asked(number, "d1", PHONE, datetime(2026, 3, 20, tzinfo=UTC))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("smsaero")
    made.emulator.put(PHONE, "Анна", True)
    yield made
    await made.close()


async def test_the_body_of_a_message() -> None:
    wire = Wire(TAKEN, {**TAKEN, "data": [{"id": "6"}]})
    out = replace(OUT, message=Message("Да", rows=((Button("1", "x"),),)))
    assert await send.send(wire, ACCOUNT, out) == Receipt("5", Signal.ACCEPTED, Decimal("5.49"), "RUB")
    [one] = wire.asked
    assert (one.method, one.url) == ("POST", "https://gate.smsaero.ru/v2/sms/send")
    assert one.sent == {"number": "79031234567", "text": "Да", "sign": "CLINIC"}
    assert one.headers == {"authorization": "Basic " + base64.b64encode(b"me@clinic.example:KEY").decode()}
    reporting = replace(ACCOUNT, settings=replace(SETTINGS, callback_url="https://clinic.example/hooks/smsaero/main"))
    assert await send.send(wire, reporting, out) == Receipt("6")
    assert wire.asked[1].sent["callbackUrl"] == f"https://clinic.example/hooks/smsaero/main?secret={'s' * 32}"
    assert wire.asked[1].sent["callbackFormat"] == "JSON"


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, {"message": "Your request was made with invalid credentials."}, Misconfigured),
        (200, {"success": False, "message": "Your request was made with invalid credentials."}, Misconfigured),
        (400, {"data": {"number": ["incorrect"]}, "message": "Validation error."}, NotReachable),
        (400, {"data": {"number": ["in blacklist"]}, "message": "Validation error."}, OptedOut),
        (400, {"data": {"sign": ["not found"]}, "message": "Validation error."}, Misconfigured),
        (400, {"data": {"text": ["incorrect"]}, "message": "Validation error."}, Rejected),
        (200, {"result": "no credits"}, Misconfigured),
        (200, {"result": "reject", "reason": "spam"}, Rejected),
        (402, {"message": "Not enough money."}, Misconfigured),
        (200, {}, Rejected),
        (429, {}, Throttled),
        (500, {}, Uncertain),
    ],
)
async def test_refusals(status: int, said: dict[str, Any], kind: type[ChannelError]) -> None:
    with pytest.raises(kind) as caught:
        await send.send(Wire(said, status=status), ACCOUNT, OUT)
    assert type(caught.value) is kind
    assert caught.value.code == str(status)
    assert caught.value.text.startswith("SMS Aero: ")


@pytest.mark.parametrize("data", [None, [], {}, "5", {"id": 0}, [None]])
async def test_a_success_without_a_number_is_uncertain(data: object) -> None:
    with pytest.raises(Uncertain):
        await send.send(Wire({"success": True, "data": data}), ACCOUNT, OUT)


async def test_spare_hosts_are_tried_only_when_nothing_can_have_been_taken() -> None:
    wire = Wire(NotSent("x"), Answer(503, {}, b""), TAKEN)
    assert (await send.send(wire, ACCOUNT, OUT)).provider_id == "5"
    assert [one.url.split("/")[2] for one in wire.asked] == HOSTS
    wire = Wire(NotSent("x"), NotSent("x"), NotSent("x"))
    with pytest.raises(Unavailable):
        await send.send(wire, ACCOUNT, OUT)
    assert len(wire.asked) == 3
    wire = Wire(NoAnswer("x"), TAKEN)
    with pytest.raises(Uncertain):
        await send.send(wire, ACCOUNT, OUT)
    assert len(wire.asked) == 1
    own = replace(ACCOUNT, settings=replace(SETTINGS, base_url="https://proxy.example/v2"))
    wire = Wire(NotSent("x"), TAKEN)
    with pytest.raises(Unavailable):
        await send.send(wire, own, OUT)


async def test_asking_one_by_one() -> None:
    def state(status: object, **more: object) -> dict[str, object]:
        return {"success": True, "data": {"status": status, **more}}

    unknown = {"success": False, "message": "Validation error.", "data": {"id": ["not found"]}}
    wire = Wire(state("1", extendStatus="delivery"), unknown, state(7), state(2), Answer(429, {}, b""))
    numbers = [asked(number) for number in ("1", "x", "2", "3", "4", "5", "6")]
    assert await send.ask(wire, ACCOUNT, numbers) == [
        Reported("1", Signal.DELIVERED, "SMS Aero 1: delivery"),
        Reported("4", Signal.FAILED, "SMS Aero 2: не доставлено", None, "2"),
    ]
    assert [one.sent for one in wire.asked] == [{"id": number} for number in (1, 2, 3, 4, 5)]
    with pytest.raises(Throttled):
        await send.ask(Wire(Answer(429, {}, b"")), ACCOUNT, [asked("1")])
    with pytest.raises(Misconfigured):
        await send.ask(Wire({}, status=401), ACCOUNT, [asked("1")])


async def test_vitals_and_identity() -> None:
    assert await send.vitals(Wire({"success": True, "data": {"balance": 1389.26}}), ACCOUNT) == Vitals(
        Decimal("1389.26"), "RUB"
    )
    first = ({"success": True, "data": None}, {"success": True, "data": {"balance": 1}})
    for signs, words in (
        ({"0": {"name": "CLINIC", "status": 1}, "totalCount": "1"}, ""),
        ({"0": {"name": "CLINIC", "status": 0}}, "не согласовано"),
        ({"0": {"name": "OTHER", "status": 1}}, "нет среди"),
        ([], "нет среди"),
    ):
        identity = await send.check(Wire(*first, {"success": True, "data": signs}), ACCOUNT)
        assert identity.note.startswith("Баланс: 1 RUB")
        assert words in identity.note
        assert bool(words) == ("Им" in identity.note)


async def test_a_report_that_was_lost_can_be_asked_for(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    assert receipt.cost == Decimal("5.49")
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal) == (receipt.provider_id, Signal.DELIVERED)
    told = await send.ask(stage.http, stage.account, [asked(receipt.provider_id), asked("999")])
    assert [(one.provider_id, one.signal) for one in told] == [(receipt.provider_id, Signal.DELIVERED)]


async def test_a_message_is_reported_where_it_says(stage: Stage) -> None:
    settings = {**stage.settings, "callback_url": stage.hook_url + "?x=1"}
    account = stage.channel.account("suite", settings, stage.account.hook_secret)
    await send.send(stage.http, account, OUT)
    await stage.world.settled()
    assert [request.query["x"] for request in stage.received] == ["1"]
    assert len(await stage.heard()) == 1


async def test_a_dead_number_and_one_on_the_blacklist(stage: Stage) -> None:
    await stage.emulator.block(PHONE, True)
    await send.send(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.signal, report.code) == (Signal.FAILED, "2")
    await raw(stage, "blacklist/add", {"number": 79031234567})
    with pytest.raises(OptedOut):
        await send.send(stage.http, stage.account, OUT)
    with pytest.raises(NotReachable):
        await send.send(stage.http, stage.account, replace(OUT, address="+12"))
    with pytest.raises(Impossible):
        await stage.emulator.say("+79031234567", "1")


async def raw(stage: Stage, page: str, body: Any) -> tuple[int, Any]:
    """One request past our own sender."""
    pair = f"{stage.settings['email']}:{stage.settings['api_key']}".encode()
    headers = {"authorization": "Basic " + base64.b64encode(pair).decode()}
    answer = await stage.http.request("POST", f"{stage.settings['base_url']}/{page}", json=body, headers=headers)
    return answer.status, answer.json()


async def test_the_emulator_is_strict(stage: Stage) -> None:
    good = {"number": 79031234567, "text": "да", "sign": "PRIYOM"}
    for change, field in (
        ({"text": "a"}, "text"), ({"text": "я" * 641}, "text"), ({"text": None}, "text"), ({"sign": "X"}, "sign"),
        ({"number": "12"}, "number"), ({"numbers": []}, "numbers"), ({"callbackUrl": "clinic"}, "callbackUrl"),
    ):  # fmt: skip
        status, said = await raw(stage, "sms/send", {**good, **change})
        assert (status, said["success"], list(said["data"])) == (400, False, [field]), change
    assert (await raw(stage, "sms/send", [1]))[0] == 400
    assert (await raw(stage, "sms/testsend", good))[1]["success"] is True
    assert stage.emulator.messages(PHONE) == []
