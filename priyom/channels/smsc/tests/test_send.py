"""Sending: what goes over the wire, each refusal of the gateway, and the road out of an unanswered try."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smsc import Settings, send
from priyom.channels.smsc.emulator import SmscEmulator
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
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
from priyom.contracts.message import Asked, Button, File, Message, Outgoing, Receipt, Signal
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Answer, Http

PHONE = "+77011234567"
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
OUT = Outgoing("d123", PHONE, Message("Ждём вас в 10:30"))


class Wire(Http):
    """Answers from a list and keeps what was asked."""

    def __init__(self, *answers: object, status: int = 200) -> None:
        super().__init__()
        self.answers, self.status = list(answers), status
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def request(self, method: str, url: str, **rest: Any) -> Answer:
        self.asked.append((url.rpartition("/")[2], rest["form"]))
        answer = self.answers.pop(0)
        return Answer(self.status, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())


ACCOUNT = Account("main", Settings(login="l", password="p", sender="CLINIC"), "s" * 32)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("smsc", timeout=0.4)
    made.emulator.put(PHONE, "Анна", True)
    yield made
    await made.close()


async def test_the_form_of_a_message() -> None:
    wire = Wire({"id": 123, "cnt": 1, "cost": "1.44", "balance": "84.75"})
    out = replace(OUT, valid_for=7300, message=Message("Да", rows=((Button("1", "x"),),)))
    assert await send.send(wire, ACCOUNT, out) == Receipt("123", Signal.ACCEPTED, Decimal("1.44"), "RUB", 1)
    assert wire.asked == [
        (
            "send.php",
            {
                "login": "l", "psw": "p", "phones": "77011234567", "mes": "Да", "id": "123", "cost": "3",
                "sender": "CLINIC", "valid": "2", "fmt": "3", "charset": "utf-8",
            },
        )
    ]  # fmt: skip


@pytest.mark.parametrize(("seconds", "hours"), [(1, "1"), (3600, "1"), (7199, "1"), (86400, "24"), (999999, "24")])
async def test_life_is_never_longer_than_asked_but_an_hour(seconds: int, hours: str) -> None:
    wire = Wire({"id": 1, "cnt": 1})
    await send.send(wire, ACCOUNT, replace(OUT, valid_for=seconds))
    assert wire.asked[0][1]["valid"] == hours


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, Rejected), (2, Misconfigured), (3, Misconfigured), (4, Misconfigured), (5, Rejected), (6, Rejected),
        (7, NotReachable), (8, NotReachable), (99, Rejected),
    ],
)  # fmt: skip
async def test_refusals(code: int, kind: type[ChannelError]) -> None:
    with pytest.raises(kind) as caught:
        await send.send(Wire({"error": "words", "error_code": code}), ACCOUNT, OUT)
    assert caught.value.code == str(code)
    assert "words" in caught.value.text


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (502, Unavailable),
        (503, Unavailable),
        (429, Throttled),
        (500, Uncertain),
        (504, Uncertain),
        (404, Misconfigured),
    ],
)
async def test_http_statuses(status: int, kind: type[ChannelError]) -> None:
    with pytest.raises(kind):
        await send.send(Wire(b"oops", status=status), ACCOUNT, OUT)


@pytest.mark.parametrize("body", [b"oops", b"[]", b"{}", b"\xff"])
async def test_an_unreadable_answer_is_uncertain(body: bytes) -> None:
    with pytest.raises(Uncertain):
        await send.send(Wire(body), ACCOUNT, OUT)


DUPLICATE = {"error": "duplicate request, wait a minute", "error_code": 9, "id": 123}


async def test_a_duplicate_refusal_is_checked_before_it_is_believed() -> None:
    with pytest.raises(Throttled) as caught:
        await send.send(Wire(DUPLICATE, {"status": -3, "err": 0}), ACCOUNT, OUT)
    assert caught.value.after == 60
    assert (await send.send(Wire(DUPLICATE, {"status": 1, "err": 0}), ACCOUNT, OUT)).signal is Signal.DELIVERED
    with pytest.raises(Uncertain):
        await send.send(Wire(DUPLICATE, DUPLICATE), ACCOUNT, OUT)
    with pytest.raises(NotReachable):
        await send.send(Wire(DUPLICATE, {"status": 20, "err": 1}), ACCOUNT, OUT)


@pytest.mark.parametrize("settings", [Settings(), Settings(login="l"), Settings(password="p")])
async def test_without_login_nothing_is_asked(settings: Settings) -> None:
    with pytest.raises(Misconfigured):
        await send.send(Wire(), replace(ACCOUNT, settings=settings), OUT)


@pytest.mark.parametrize("change", [{"base_url": "nonsense"}, {"base_url": "ftp://x"}, {"proxy": "::"}])
async def test_a_wrong_address_of_the_gateway(change: dict[str, str]) -> None:
    settings = replace(ACCOUNT.settings, **change)
    async with Http(timeout=0.5) as http:
        with pytest.raises((Misconfigured, Unavailable)):
            await send.send(http, replace(ACCOUNT, settings=settings), OUT)


@pytest.mark.parametrize(("key", "number"), [("d123", 123), ("n7", 7), ("d2147483647", 2147483647)])
def test_a_numbered_key_is_its_number(key: str, number: int) -> None:
    assert send.client_id(key) == number


@given(st.text(max_size=40))
def test_every_key_is_a_number_the_gateway_takes(key: str) -> None:
    assert 0 < send.client_id(key) < 2**31
    assert send.client_id(key) == send.client_id(key)


async def test_after_a_hang_the_message_is_found_and_not_sent_twice(stage: Stage) -> None:
    stage.emulator.mode = Mode.HANG
    assert await send.find(stage.http, stage.account, OUT) is None
    with pytest.raises(Uncertain):
        await send.send(stage.http, stage.account, OUT)
    stage.emulator.mode = Mode.OK
    assert await send.find(stage.http, stage.account, OUT) == Receipt("123", Signal.DELIVERED, currency="RUB")
    again = await send.send(stage.http, stage.account, OUT)
    assert again.provider_id == "123"
    assert len(stage.emulator.messages(PHONE)) == 1


async def test_another_message_with_the_same_words_waits_a_minute(stage: Stage) -> None:
    await send.send(stage.http, stage.account, OUT)
    with pytest.raises(Throttled):
        await send.send(stage.http, stage.account, replace(OUT, key="d124"))
    stage.world.turn(timedelta(seconds=61))
    await send.send(stage.http, stage.account, replace(OUT, key="d124"))
    assert len(stage.emulator.messages(PHONE)) == 2


def asked(number: str, phone: str = PHONE) -> Asked:
    return Asked(number, f"d{number}", phone, AT)


async def test_lost_reports_are_asked_for_by_one_call(stage: Stage) -> None:
    for number in (1, 2):
        await send.send(stage.http, stage.account, replace(OUT, key=f"d{number}", message=Message(f"№ {number}")))
        await stage.emulator.block(PHONE, True)
    await stage.heard()
    found = await send.ask(stage.http, stage.account, [asked("1"), asked("2"), asked("3"), asked("1", "+79221234567")])
    assert [(report.provider_id, report.signal, report.gone) for report in found] == [
        ("1", Signal.DELIVERED, False), ("2", Signal.FAILED, True),
    ]  # fmt: skip
    assert found[0].at == stage.world.now()
    assert [report.provider_id for report in await send.ask(stage.http, stage.account, [asked("1")])] == ["1"]
    assert await send.ask(stage.http, stage.account, []) == ()


LISTED = {
    "status": 1,
    "last_date": "",
    "last_timestamp": 1774000000,
    "flag": 0,
    "err": 0,
    "id": 7,
    "phone": "77011234567",
}


@pytest.mark.parametrize(
    ("answer", "signals"),
    [
        ([LISTED], [Signal.DELIVERED]),
        ([{**LISTED, "id": "7"}], [Signal.DELIVERED]),
        ({"status": 0, "last_timestamp": 0, "err": 0}, [Signal.SENT]),
        ([{**LISTED, "status": -3}], []),
        ([{**LISTED, "status": 77}], []),
        ([{**LISTED, "status": "x"}], []),
        ([{**LISTED, "id": 8}], []),
        ([{**LISTED, "last_timestamp": 10**30}], [Signal.DELIVERED]),
        ([None, "x"], []),
        ([], []),
    ],
)
async def test_what_an_answer_says(answer: object, signals: list[Signal]) -> None:
    assert [report.signal for report in await send.ask(Wire(answer), ACCOUNT, [asked("7")])] == signals


async def test_a_question_is_refused() -> None:
    with pytest.raises(Throttled):
        await send.ask(Wire({"error": "too often", "error_code": 9}), ACCOUNT, [asked("7")])
    with pytest.raises(Misconfigured):
        await send.vitals(Wire({"error": "authorise error", "error_code": 2}), ACCOUNT)
    with pytest.raises(Unavailable):
        await send.ask(Wire(b"<html>"), ACCOUNT, [asked("7")])


async def test_the_money_left(stage: Stage) -> None:
    assert await send.vitals(stage.http, stage.account) == Vitals(Decimal("100000.00"), "RUB")
    assert await send.vitals(Wire({"balance": "5"}), ACCOUNT) == Vitals(Decimal(5), "RUB")
    assert (await send.vitals(Wire({"balance": "7", "currency": "KZT"}), ACCOUNT)).currency == "KZT"


async def test_reports_name_the_message(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    assert (receipt.cost, receipt.segments) == (Decimal("4.50"), 1)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal) == (receipt.provider_id, Signal.DELIVERED)


async def test_a_dead_number(stage: Stage) -> None:
    await stage.emulator.block(PHONE, True)
    await send.send(stage.http, stage.account, OUT)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.signal, report.code, report.gone) == (Signal.FAILED, "1", True)
    assert stage.emulator.messages(PHONE) == []
    with pytest.raises(NotReachable):
        await send.find(stage.http, stage.account, OUT)


async def test_a_bad_number_and_a_stranger(stage: Stage) -> None:
    with pytest.raises(NotReachable):
        await send.send(stage.http, stage.account, replace(OUT, address="+7701"))
    await send.send(stage.http, stage.account, replace(OUT, address="+79221234567"))
    assert len(stage.emulator.messages("89221234567")) == 1
    with pytest.raises(NoSuchPhone):
        stage.emulator.messages("+79990000000")


async def test_nobody_answers_a_name(stage: Stage) -> None:
    account = stage.channel.account("suite", {**stage.settings, "sender": "PRIYOM"}, stage.account.hook_secret)
    await send.send(stage.http, account, OUT)
    with pytest.raises(Impossible):
        await stage.emulator.say(PHONE, "1")
    wrong = stage.channel.account("suite", {**stage.settings, "sender": "STRANGER"}, "s")
    with pytest.raises(Rejected):
        await send.send(stage.http, wrong, replace(OUT, message=Message("Другое")))


async def test_no_files_in_sms(stage: Stage) -> None:
    with pytest.raises(Impossible):
        await stage.emulator.say(PHONE, "вот", [File("a.jpg", "image/jpeg", b"x")])


async def raw(stage: Stage, query: str) -> dict[str, object]:
    url = f"{stage.base_url}/smsc/sys/send.php"
    auth = f"login={stage.settings['login']}&psw={stage.settings['password']}&fmt=3&phones=77011234567&"
    answer = await stage.http.request("POST", url, form=dict(parse_qsl(auth + query, keep_blank_values=True)))
    return dict(answer.json())


async def test_the_emulator_is_strict(stage: Stage) -> None:
    assert isinstance(stage.emulator, SmscEmulator)
    assert "id" in await raw(stage, "mes=%D0%94%D0%B0")
    assert stage.emulator.messages(PHONE)[-1].text == "Р”Р°"  # windows-1251 unless told otherwise
    for query in ("mes=", "mes=a&id=0", "mes=a&id=2147483648", "mes=a&valid=25", "mes=a&cost=4", "mes=" + "a" * 801):
        assert (await raw(stage, query))["error_code"] == 1, query
    assert (await raw(stage, "mes=a&cost=1")) == {"cost": "4.50", "cnt": 1}
    assert (await raw(stage, "mes=a&psw=wrong"))["error_code"] == 2
