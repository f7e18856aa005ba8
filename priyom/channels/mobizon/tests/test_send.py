"""Sending, finding and asking: what goes over the wire, each code of the vendor, and what the emulator refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from priyom.channels.mobizon import Settings, send
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, Mode
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

PHONE = "+77011234567"
OUT = Outgoing("d123", PHONE, Message("Ждём вас в 10:30"))
ACCOUNT = Account("main", Settings(api_key="KEY", sender="CLINIC"), "s" * 32)
QUERY = "?output=json&api=v1&apiKey=KEY"


def ok(data: object) -> dict[str, object]:
    return {"code": 0, "data": data, "message": ""}


def asked(number: str) -> Asked:
    return Asked(number, "d1", PHONE, datetime(2026, 3, 20, tzinfo=UTC))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("mobizon", timeout=0.5)
    made.emulator.put(PHONE, "Анна", True)
    yield made
    await made.close()


async def test_the_form_of_a_message() -> None:
    wire = Wire(ok({"campaignId": 245455096, "messageId": 169275418, "status": 2}))
    out = replace(OUT, valid_for=7300, message=Message("Да", rows=((Button("1", "x"),),)))
    assert await send.send(wire, ACCOUNT, out) == Receipt("169275418")
    [one] = wire.asked
    assert (one.method, one.page) == ("POST", f"/service/Message/SendSmsMessage{QUERY}")
    assert one.sent == {
        "recipient": "77011234567", "text": "Да", "params[name]": "priyom d123", "from": "CLINIC",
        "params[validity]": "121",
    }  # fmt: skip
    bare = replace(ACCOUNT, settings=Settings(api_key="KEY"))
    wire = Wire(ok({"messageId": "7", "status": 1}))
    assert (await send.send(wire, bare, OUT)).provider_id == "7"
    assert set(wire.asked[0].sent) == {"recipient", "text", "params[name]"}


@pytest.mark.parametrize(("seconds", "minutes"), [(1, "60"), (3600, "60"), (7199, "119"), (10**6, "1440")])
async def test_life_is_held_to_what_the_vendor_takes(seconds: int, minutes: str) -> None:
    wire = Wire(ok({"messageId": 7}))
    await send.send(wire, ACCOUNT, replace(OUT, valid_for=seconds))
    assert wire.asked[0].sent["params[validity]"] == minutes


CODES: list[tuple[int, object, type[ChannelError], type[ChannelError]]] = [
    (1, {"recipient": "wrong"}, NotReachable, NotReachable),
    (1, {"from": "wrong"}, Misconfigured, Misconfigured),
    (1, {"text": "wrong"}, Rejected, Rejected),
    (1, None, Rejected, Rejected),
    (2, None, Rejected, Rejected),
    (3, None, Uncertain, Unavailable),
    (5, None, Misconfigured, Misconfigured),
    (8, None, Misconfigured, Misconfigured),
    (10, None, Uncertain, Unavailable),
    (12, None, Rejected, Rejected),
    (13, "api.mobizon.com", Misconfigured, Misconfigured),
    (14, None, Misconfigured, Misconfigured),
    (30, None, Throttled, Throttled),
    (99, [], Rejected, Rejected),
    (999, None, Uncertain, Unavailable),
    (1234, None, Rejected, Rejected),
]


@pytest.mark.parametrize(("code", "data", "sending", "asking"), CODES)
async def test_codes(code: int, data: object, sending: type[ChannelError], asking: type[ChannelError]) -> None:
    refused = {"code": code, "data": data, "message": "words"}
    with pytest.raises(sending) as caught:
        await send.send(Wire(refused), ACCOUNT, OUT)
    assert type(caught.value) is sending
    assert caught.value.code == str(code)
    with pytest.raises(asking) as caught:
        await send.vitals(Wire(refused), ACCOUNT)
    assert type(caught.value) is asking


async def test_no_money_and_another_domain_are_said_plainly() -> None:
    with pytest.raises(Misconfigured):
        await send.send(Wire({"code": 15, "message": "Insufficient funds"}), ACCOUNT, OUT)
    with pytest.raises(Misconfigured, match=r"api\.mobizon\.com"):
        await send.send(Wire({"code": 13, "data": "api.mobizon.com"}), ACCOUNT, OUT)


@pytest.mark.parametrize("answer", [b"oops", [], {}, {"code": "0"}, {"code": True}, ok(None), ok([]), ok({})])
async def test_an_unreadable_answer_is_uncertain(answer: Any) -> None:
    with pytest.raises(Uncertain):
        await send.send(Wire(answer), ACCOUNT, OUT)


@pytest.mark.parametrize("outcome", [Answer(500, {}, b""), Answer(403, {}, b"<html>"), {"code": 8, "message": "x"}])
async def test_no_error_has_the_key(outcome: object) -> None:
    with pytest.raises(ChannelError) as caught:
        await send.send(Wire(outcome), ACCOUNT, OUT)
    assert "KEY" not in caught.value.text


async def test_finding_by_our_name() -> None:
    campaigns = ok({"items": [{"id": 1, "name": "priyom d12"}, {"id": 9, "name": "priyom d123"}], "totalItemCount": 2})
    messages = ok({"items": [{"id": 8, "campaignId": 9, "status": "DELIVRD", "segNum": 1}]})
    wire = Wire(campaigns, messages)
    assert await send.find(wire, ACCOUNT, OUT) == Receipt("8", Signal.DELIVERED, segments=1)
    assert [one.page for one in wire.asked] == [f"/service/Campaign/List{QUERY}", f"/service/Message/List{QUERY}"]
    assert wire.asked[0].sent["criteria[recipient]"] == "77011234567"
    assert (wire.asked[0].sent["criteria[text]"], wire.asked[0].sent["criteria[type]"]) == (OUT.message.text, "1")
    assert wire.asked[1].sent == {"criteria[campaignIds]": "9"}
    assert await send.find(Wire(ok({"items": [{"id": 1, "name": "priyom d1234"}]})), ACCOUNT, OUT) is None
    assert await send.find(Wire(ok([])), ACCOUNT, OUT) is None


async def test_what_was_found_may_have_failed() -> None:
    ours = {"id": 9, "name": "priyom d123"}
    with pytest.raises(Rejected) as caught:
        await send.find(Wire(ok({"items": [ours]}), ok({"items": [{"id": 8, "status": "UNDELIV"}]})), ACCOUNT, OUT)
    assert caught.value.code == "UNDELIV"
    declined = {**ours, "commonStatus": "DECLINED", "globalComment": "реклама"}
    with pytest.raises(Rejected, match="реклама"):
        await send.find(Wire(ok({"items": [declined]})), ACCOUNT, OUT)
    with pytest.raises(Unavailable):
        await send.find(Wire(ok({"items": [ours]}), ok({"items": []})), ACCOUNT, OUT)


async def test_asking_after_many() -> None:
    items = [
        {"id": 1, "status": "DELIVRD", "segNum": 1},
        {"id": 2, "status": "REJECTD"},
        {"id": 3, "status": "NOVEL"},
        {"id": 99, "status": "DELIVRD"},
        "nonsense",
    ]
    wire = Wire(ok(items))
    assert await send.ask(wire, ACCOUNT, [asked(number) for number in ("1", "2", "3", "x")]) == [
        Reported("1", Signal.DELIVERED, "Mobizon DELIVRD: доставлено"),
        Reported("2", Signal.FAILED, "Mobizon REJECTD: отклонено оператором", None, "REJECTD"),
    ]
    assert wire.asked[0].sent == {"ids": "1,2,3"}
    assert await send.ask(Wire(), ACCOUNT, []) == []


async def test_vitals_and_identity() -> None:
    told = Vitals(Decimal("1500.5000"), "KZT")
    assert await send.vitals(Wire(ok({"balance": "1500.5000", "currency": "KZT"})), ACCOUNT) == told
    assert (await send.vitals(Wire(ok([])), ACCOUNT)).note
    identity = await send.check(Wire(ok({"balance": 1, "currency": "KZT"})), ACCOUNT)
    assert (identity.name, identity.note) == ("CLINIC", "Баланс: 1 KZT")


async def test_after_a_hang_the_message_is_found_and_not_sent_twice(stage: Stage) -> None:
    assert await send.find(stage.http, stage.account, OUT) is None
    stage.emulator.mode = Mode.HANG
    with pytest.raises(Uncertain):
        await send.send(stage.http, stage.account, OUT)
    stage.emulator.mode = Mode.OK
    found = await send.find(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert found == Receipt(report.provider_id, Signal.DELIVERED, segments=1)
    assert await send.find(stage.http, stage.account, replace(OUT, key="d124")) is None
    assert await send.find(stage.http, stage.account, replace(OUT, address="+77017654321")) is None


async def test_a_report_that_was_lost_can_be_asked_for(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal) == (receipt.provider_id, Signal.DELIVERED)
    told = await send.ask(stage.http, stage.account, [asked(receipt.provider_id), asked("999")])
    assert [(one.provider_id, one.signal) for one in told] == [(receipt.provider_id, Signal.DELIVERED)]


async def test_a_dead_number(stage: Stage) -> None:
    await stage.emulator.block(PHONE, True)
    await send.send(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.signal, report.code) == (Signal.FAILED, "UNDELIV")
    with pytest.raises(Rejected):
        await send.find(stage.http, stage.account, OUT)
    with pytest.raises(NotReachable):
        await send.send(stage.http, stage.account, replace(OUT, address="+7701"))
    with pytest.raises(Impossible):
        await stage.emulator.say("+77011234567", "1")


async def raw(stage: Stage, page: str, form: dict[str, str], **query: str) -> Any:
    """One request past our own sender."""
    whole = urlencode({"output": "json", "api": "v1", "apiKey": stage.settings["api_key"], **query})
    url = f"{stage.settings['base_url']}/service/{page}?{whole}"
    return (await stage.http.request("POST", url, form=form)).json()


async def test_the_emulator_is_strict(stage: Stage) -> None:
    good = {"recipient": "77011234567", "text": "a"}
    for change, field in (
        ({"recipient": "+77011234567"}, "recipient"), ({"text": ""}, "text"), ({"text": "я" * 671}, "text"),
        ({"from": "X"}, "from"), ({"params[validity]": "59"}, "params[validity]"),
    ):  # fmt: skip
        said = await raw(stage, "Message/SendSmsMessage", {**good, **change})
        assert (said["code"], list(said["data"])) == (1, [field]), change
    for page, form, query, code in (
        ("Message/SendSmsMessage", good, {"apiKey": "x"}, 8), ("Message/SendSmsMessage", good, {"api": "v2"}, 6),
        ("Message/Nothing", {}, {}, 5), ("Message/GetSMSStatus", {}, {}, 2),
        ("Message/GetSMSStatus", {"ids": ",".join(["1"] * 101)}, {}, 12),
        ("Message/List", {"pagination[pageSize]": "7"}, {}, 12),
    ):  # fmt: skip
        assert (await raw(stage, page, form, **query))["code"] == code, page
    assert stage.emulator.messages(PHONE) == []
    sent = (await raw(stage, "message/sendSMSMessage", good))["data"]
    states = (await raw(stage, "message/getSMSStatus", {"ids[0]": str(sent["messageId"]), "ids[1]": "1"}))["data"]
    assert [(item["id"], item["segNum"]) for item in states] == [(sent["messageId"], 1)]
    listed = (await raw(stage, "Message/List", {"criteria[to]": "7701123"}))["data"]
    assert (listed["totalItemCount"], listed["items"][0]["from"]) == (1, "Mobizon")


async def test_the_emulator_takes_json_too(stage: Stage) -> None:
    query = urlencode({"output": "json", "api": "v1", "apiKey": stage.settings["api_key"]})
    url = f"{stage.settings['base_url']}/service/Message/SendSmsMessage?{query}"
    body = {"recipient": "77011234567", "text": "Иә", "from": None}
    assert (await stage.http.request("POST", url, json=body)).json()["data"]["status"] == 2
    assert stage.emulator.messages(PHONE)[-1].text == "Иә"
    for wrong in ([1], "x"):
        assert (await stage.http.request("POST", url, json=wrong)).json()["code"] == 6
