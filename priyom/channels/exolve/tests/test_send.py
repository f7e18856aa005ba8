"""Sending and asking: what goes over the wire, each refusal, and what the emulator refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from priyom.channels.exolve import Settings, send
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Button, Message, Outgoing, Receipt, Signal
from priyom.contracts.suite_wire import Wire
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Answer

PHONE = "+79031234567"
OUT = Outgoing("d123", PHONE, Message("Ждём вас в 10:30"))
ACCOUNT = Account("main", Settings(api_key="KEY", sender="+79000000002"), "s" * 32)
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("exolve")
    made.emulator.put(PHONE, "Анна", True)
    yield made
    await made.close()


async def test_the_body_of_a_message() -> None:
    wire = Wire({"message_id": "439166538"})
    out = replace(OUT, valid_for=60, message=Message("Да", rows=((Button("1", "x"),),)))
    assert await send.send(wire, ACCOUNT, out) == Receipt("439166538")
    [asked] = wire.asked
    assert (asked.method, asked.url) == ("POST", "https://api.exolve.ru/messaging/v1/SendSMS")
    assert asked.sent == {"number": "79000000002", "destination": "79031234567", "text": "Да"}
    assert asked.headers == {"authorization": "Bearer KEY"}


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "incorrect destination number", NotReachable),
        (400, "destination is not permitted for delivery", Rejected),
        (400, "number is not available for this application", Rejected),
        (400, "insufficient balance", Misconfigured),
        (400, "customer has not signed the contract", Misconfigured),
        (401, "unauthorized", Misconfigured),
        (403, "", Misconfigured),
        (404, "not found", Misconfigured),
        (200, "something new", Rejected),
        (429, "slower", Throttled),
        (500, "oops", Uncertain),
        (503, "oops", Unavailable),
    ],
)
@pytest.mark.parametrize("nested", [True, False])
async def test_refusals(status: int, words: str, kind: type[ChannelError], nested: bool) -> None:
    error: Any = {"message": words} if nested else words or "x"
    with pytest.raises(kind) as caught:
        await send.send(Wire({"error": error}, status=status), ACCOUNT, OUT)
    assert type(caught.value) is kind
    assert caught.value.code == str(status)


@pytest.mark.parametrize("answer", [b"oops", [], {}, {"message_id": ""}])
async def test_an_unreadable_answer_is_uncertain(answer: Any) -> None:
    with pytest.raises(Uncertain):
        await send.send(Wire(answer), ACCOUNT, OUT)


async def test_a_proxys_page_is_not_the_vendors_word() -> None:
    with pytest.raises(Misconfigured):
        await send.send(Wire(Answer(403, {}, b"<html>")), ACCOUNT, OUT)


async def test_asking_reads_the_time_of_sending_page_by_page() -> None:
    old = {"message_id": "7", "direction": 2, "receiver": "79031234567", "delivery_status": "delivered"}
    full = [{**old, "message_id": str(1000 + at)} for at in range(send.PAGE)]
    junk: list[object] = [{"message_id": ""}, "nonsense", {**old, "direction": 1}, {**old, "delivery_status": "7"}]
    wire = Wire({"messages": full}, {"messages": [*junk, old]})
    asked = [Asked("7", "d7", PHONE, AT), Asked("8", "d8", PHONE, AT + timedelta(hours=1))]
    assert await send.ask(wire, ACCOUNT, asked) == [Reported("7", Signal.DELIVERED, "Exolve: delivered")]
    assert [one.sent for one in wire.asked] == [
        {
            "date_gte": "2026-03-20T08:55:00.000Z", "date_lte": "2026-03-20T10:05:00.000Z", "limit": send.PAGE,
            "offset": offset,
        }
        for offset in (0, send.PAGE)
    ]  # fmt: skip
    assert await send.ask(Wire(), ACCOUNT, []) == []


async def test_vitals_and_identity() -> None:
    assert await send.vitals(Wire({"balance": 3520.38, "credit_limit": 0}), ACCOUNT) == Vitals(
        Decimal("3520.38"), "RUB"
    )
    assert (await send.vitals(Wire({"balance": "x"}), ACCOUNT)).note
    identity = await send.check(Wire({"balance": 1}), ACCOUNT)
    assert (identity.name, identity.note) == ("+79000000002", "Баланс: 1 RUB")
    wrong = replace(ACCOUNT, settings=Settings(api_key="KEY", sender="X", statuses="3:delivered"))
    with pytest.raises(Misconfigured, match="3:delivered"):
        await send.check(Wire(), wrong)


async def test_a_report_that_was_lost_can_be_asked_for(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal) == (receipt.provider_id, Signal.DELIVERED)
    asked = [Asked(receipt.provider_id, "d", PHONE, stage.world.now())]
    [told] = await send.ask(stage.http, stage.account, asked)
    assert (told.provider_id, told.signal) == (receipt.provider_id, Signal.DELIVERED)
    stage.world.turn(timedelta(hours=1))
    assert await send.ask(stage.http, stage.account, [replace(asked[0], sent_at=stage.world.now())]) == []


async def test_a_dead_number(stage: Stage) -> None:
    await stage.emulator.block(PHONE, True)
    await send.send(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.signal, report.code) == (Signal.FAILED, "4")
    with pytest.raises(NotReachable):
        await send.send(stage.http, stage.account, replace(OUT, address="+123456789"))


async def test_nobody_answers_a_name(stage: Stage) -> None:
    named = stage.channel.account("suite", {**stage.settings, "sender": "PRIYOM"}, stage.account.hook_secret)
    await send.send(stage.http, named, OUT)
    with pytest.raises(Impossible):
        await stage.emulator.say(PHONE, "1")
    stranger = stage.channel.account("suite", {**stage.settings, "sender": "STRANGER"}, "s")
    with pytest.raises(Rejected):
        await send.send(stage.http, stranger, OUT)


async def raw(stage: Stage, page: str, body: Any) -> tuple[int, Any]:
    """One request past our own sender."""
    headers = {"authorization": f"Bearer {stage.settings['api_key']}"}
    answer = await stage.http.request("POST", f"{stage.settings['base_url']}/{page}", json=body, headers=headers)
    return answer.status, answer.json()


async def test_the_emulator_is_strict(stage: Stage) -> None:
    good = {"number": "79000000002", "destination": "79031234567", "text": "a"}
    for change in (
        {"destination": "+79031234567"}, {"destination": 79031234567}, {"destination": "9031234567"}, {"text": ""},
        {"text": "я" * 671}, {"number": "X"},
    ):  # fmt: skip
        status, said = await raw(stage, "messaging/v1/SendSMS", {**good, **change})
        assert (status, "message" in said["error"]) == (400, True), change
    assert (await raw(stage, "messaging/v1/SendSMS", [1]))[0] == 400
    assert (await raw(stage, "messaging/v1/GetList", {"limit": 2001}))[0] == 400
    assert (await raw(stage, "messaging/v1/GetList", {"date_gte": "yesterday"}))[0] == 400
    assert stage.emulator.messages(PHONE) == []


async def test_the_list_is_filtered(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    await stage.emulator.say(PHONE, "да")
    for body, texts in (
        ({}, ["да", OUT.message.text]), ({"direction": 1}, ["да"]), ({"direction": [2]}, [OUT.message.text]),
        ({"message_id": receipt.provider_id}, [OUT.message.text]), ({"limit": 1, "offset": 1}, [OUT.message.text]),
        ({"date_lte": "2026-03-20T08:00:00Z"}, []),
    ):  # fmt: skip
        said = (await raw(stage, "messaging/v1/GetList", body))[1]["messages"]
        assert sorted(item["text"] for item in said) == sorted(texts), body
    assert (await raw(stage, "messaging/v1/GetCount", {}))[1] == {"count": "2"}
