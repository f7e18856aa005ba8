"""Sending and asking: what goes over the wire, each refusal of the gateway, and what the emulator refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from priyom.channels.smsru import Settings, send
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

PHONE = "+79031234567"
OUT = Outgoing("d123", PHONE, Message("Ждём вас в 10:30"))
ACCOUNT = Account("main", Settings(api_id="KEY", sender="CLINIC"), "s" * 32)
TAKEN = {"status": "OK", "status_code": 100, "sms_id": "202603-1", "cost": "4.50"}


def said(each: object, **more: object) -> dict[str, object]:
    """An answer of `/sms/send` about the one number."""
    return {"status": "OK", "status_code": 100, "sms": {"79031234567": each}, **more}


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("smsru")
    made.emulator.put(PHONE, "Анна", True)
    yield made
    await made.close()


async def test_the_form_of_a_message() -> None:
    wire = Wire(said(TAKEN))
    out = replace(OUT, valid_for=7300, message=Message("Да", rows=((Button("1", "x"),),)))
    assert await send.send(wire, ACCOUNT, out) == Receipt("202603-1", Signal.ACCEPTED, Decimal("4.50"), "RUB")
    [asked] = wire.asked
    assert (asked.method, asked.url) == ("POST", "https://sms.ru/sms/send")
    assert asked.sent == {
        "api_id": "KEY", "json": "1", "to": "79031234567", "msg": "Да", "from": "CLINIC", "ttl": "121",
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "minutes"), [(1, "1"), (60, "1"), (7199, "119"), (86400, "1440"), (10**6, "1440")])
async def test_life_is_never_longer_than_asked_but_a_minute(seconds: int, minutes: str) -> None:
    wire = Wire(said(TAKEN))
    await send.send(wire, ACCOUNT, replace(OUT, valid_for=seconds))
    assert wire.asked[0].sent["ttl"] == minutes


async def test_without_a_name_and_a_price() -> None:
    wire = Wire(said({"status": "OK", "status_code": "100", "sms_id": "1"}))
    account = replace(ACCOUNT, settings=Settings(api_id="KEY"))
    assert await send.send(wire, account, OUT) == Receipt("1")
    assert "from" not in wire.asked[0].sent


ONE = [
    (201, Misconfigured), (202, NotReachable), (203, Rejected), (204, Rejected), (205, Rejected), (206, Throttled),
    (207, NotReachable), (209, OptedOut), (214, NotReachable), (215, OptedOut), (216, Rejected), (220, Unavailable),
    (230, Rejected), (231, Rejected), (500, Unavailable), (508, Throttled), (999, Rejected),
]  # fmt: skip


@pytest.mark.parametrize(("code", "kind"), ONE)
async def test_refusals_of_one_recipient(code: int, kind: type[ChannelError]) -> None:
    with pytest.raises(kind) as caught:
        await send.send(Wire(said({"status": "ERROR", "status_code": code, "status_text": "words"})), ACCOUNT, OUT)
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.text) == (str(code), "SMS.ru: words")


@pytest.mark.parametrize(
    ("code", "kind"),
    [(200, Misconfigured), (204, Misconfigured), (206, Throttled), (220, Unavailable), (301, Misconfigured)],
)
async def test_refusals_of_a_request(code: int, kind: type[ChannelError]) -> None:
    with pytest.raises(kind) as caught:
        await send.send(Wire({"status": "ERROR", "status_code": code}), ACCOUNT, OUT)
    assert caught.value.code == str(code)
    assert caught.value.text.startswith("SMS.ru: ")


@pytest.mark.parametrize(
    "answer",
    [b"oops", b"[]", {}, {"status_code": 100}, said([]), said({"status_code": 100}), {"status_code": 100, "sms": []}],
)
async def test_an_unreadable_answer_is_uncertain(answer: Any) -> None:
    with pytest.raises(Uncertain):
        await send.send(Wire(answer), ACCOUNT, OUT)


@pytest.mark.parametrize("answer", [b"oops", {}, {"status_code": 220}])
async def test_asking_in_vain_loses_nothing(answer: Any) -> None:
    with pytest.raises(Unavailable):
        await send.vitals(Wire(answer), ACCOUNT)


async def test_asking_after_many() -> None:
    states = {
        "202603-1": {"status": "OK", "status_code": 103, "cost": 0.5, "status_text": "Сообщение доставлено"},
        "202603-2": {"status": "ERROR", "status_code": -1, "status_text": "Сообщение не найдено"},
        "202603-3": {"status": "OK", "status_code": 207},
        "202603-4": {"status": "OK", "status_code": 999},
        "202603-5": "nonsense",
    }
    asked = [Asked(number, "d1", PHONE, datetime(2026, 3, 20, tzinfo=UTC)) for number in states]
    wire = Wire({"status": "OK", "status_code": 100, "sms": states})
    assert await send.ask(wire, ACCOUNT, asked) == [
        Reported("202603-1", Signal.DELIVERED, "SMS.ru 103: доставлено"),
        Reported("202603-3", Signal.FAILED, "SMS.ru 207: на этот номер отправлять нельзя", None, "207", True),
    ]
    assert wire.asked[0].sent["sms_id"] == "202603-1,202603-2,202603-3,202603-4,202603-5"


async def test_vitals_and_identity() -> None:
    limit = {"status_code": 100, "total_limit": 100, "used_today": "7"}
    wire = Wire({"status_code": 100, "balance": 103.87}, limit)
    assert await send.vitals(wire, ACCOUNT) == Vitals(Decimal("103.87"), "RUB", daily_limit=100, note="Сегодня ушло: 7")
    handlers = ["https://other.example/x", "https://clinic.example/hooks/smsru/main"]
    wire = Wire(
        {"status_code": 100, "balance": 1}, {"status_code": 100, "senders": ["PRIYOM"]},
        {"status_code": 100, "callback": handlers},
    )  # fmt: skip
    identity = await send.check(wire, ACCOUNT)
    assert (identity.name, identity.webhook) == ("CLINIC", handlers[1])
    assert identity.note == "Баланс: 1 RUB. Имени «CLINIC» нет среди согласованных: PRIYOM"


async def test_a_report_that_was_lost_can_be_asked_for(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    heard = await stage.heard()
    assert [e.signal for e in heard if isinstance(e, Reported)] == [Signal.SENT, Signal.DELIVERED]
    [told] = await send.ask(stage.http, stage.account, [Asked(receipt.provider_id, "d", PHONE, stage.world.now())])
    assert (told.provider_id, told.signal) == (receipt.provider_id, Signal.DELIVERED)


async def test_a_dead_number_and_one_on_the_stop_list(stage: Stage) -> None:
    await stage.emulator.block(PHONE, True)
    await send.send(stage.http, stage.account, OUT)
    report = (await stage.heard())[-1]
    assert isinstance(report, Reported)
    assert (report.signal, report.code, report.gone) == (Signal.FAILED, "107", False)
    await raw(stage, "stoplist/add", stoplist_phone="79031234567", stoplist_text="просил не писать")
    with pytest.raises(OptedOut):
        await send.send(stage.http, stage.account, OUT)


async def test_the_handler_can_be_registered(stage: Stage) -> None:
    await raw(stage, "callback/del", url=stage.hook_url)
    assert (await send.check(stage.http, stage.account)).webhook == ""
    await send.connect(stage.http, stage.account, stage.hook_url)
    assert (await send.check(stage.http, stage.account)).webhook == stage.hook_url
    with pytest.raises(Rejected):
        await send.connect(stage.http, stage.account, "clinic.example")


async def raw(stage: Stage, page: str, **form: str) -> dict[str, Any]:
    """One request past our own sender."""
    whole = {"api_id": stage.settings["api_id"], "json": "1", **form}
    answer = await stage.http.request("POST", f"{stage.settings['base_url']}/{page}", form=whole)
    return dict(answer.json())


async def test_the_emulator_is_strict(stage: Stage) -> None:
    to = "79031234567"
    for form, code in (
        ({"to": "12", "msg": "a"}, 202), ({"to": to, "msg": ""}, 203), ({"to": to, "msg": "я" * 537}, 205),
    ):  # fmt: skip
        assert [each["status_code"] for each in (await raw(stage, "sms/send", **form))["sms"].values()] == [code]
    for form, code in (
        ({"to": to, "msg": "a", "api_id": "x"}, 200), ({"msg": "a"}, 202), ({"to": to, "from": "STRANGER"}, 204),
        ({"to": to, "msg": "a", "ttl": "1441"}, 208), ({"to": ",".join(["79031234567"] * 101), "msg": "a"}, 207),
    ):  # fmt: skip
        assert (await raw(stage, "sms/send", **form))["status_code"] == code
    assert stage.emulator.messages(PHONE) == []
    price = await raw(stage, "sms/cost", to=to, msg="я" * 71)
    assert (price["sms"][to]["sms"], price["total_cost"], price["total_sms"]) == (2, 9.0, 2)
    many = await raw(stage, "sms/send", **{"to[79031234567]": "раз", "to[77011234567]": "два", "test": "1"})
    assert [each["status_code"] for each in many["sms"].values()] == [100, 100]
    assert stage.emulator.messages(PHONE) == []


async def test_without_json_it_answers_in_lines(stage: Stage) -> None:
    form = {"api_id": stage.settings["api_id"], "to": "79031234567", "msg": "a"}
    answer = await stage.http.request("POST", f"{stage.settings['base_url']}/sms/send", form=form)
    assert answer.body.decode().split("\n")[0] == "100"
    answer = await stage.http.request("GET", f"{stage.settings['base_url']}/my/balance?api_id=wrong")
    assert answer.body == b"200"


async def test_the_same_words_wait_a_minute_and_nobody_answers(stage: Stage) -> None:
    await send.send(stage.http, stage.account, OUT)
    with pytest.raises(Rejected) as caught:
        await send.send(stage.http, stage.account, OUT)
    assert caught.value.code == "231"
    stage.world.turn(timedelta(seconds=61))
    await send.send(stage.http, stage.account, OUT)
    assert len(stage.emulator.messages(PHONE)) == 2
    with pytest.raises(Impossible):
        await stage.emulator.say(PHONE, "1")
