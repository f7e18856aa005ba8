"""What leaves for the partner, and what its answers come to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from priyom.contracts import registry
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
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
from priyom.contracts.message import Message, Outgoing, Receipt, Signal, Template
from priyom.contracts.suite_wire import Wire
from priyom.contracts.vitals import Category, Draft, Standing
from priyom.foundation.http import Answer, NoAnswer, NotSent

CHANNEL = registry.channel("vk_notify")
PHONE = "+79031234567"
KEY, SECRET = "key-that-nobody-may-see", "s" * 32
SETTINGS = {"key": KEY, "service": "clinic", "templates": "reminder:ru=16", "base_url": "https://partner.example"}
TAKEN = {"result": [{"code": "OK", "messageId": "m1"}]}


def account(**more: object) -> Account:
    """A contract with these settings."""
    return CHANNEL.account("a", {**SETTINGS, **more}, SECRET)


def notice(**more: Any) -> Outgoing:
    """A reminder for one person."""
    return Outgoing("d7", PHONE, Message("Ждём вас"), template=Template("reminder", "ru", ("Анна", "10:30")), **more)


async def sent(wire: Wire, outgoing: Outgoing | None = None, **settings: object) -> Receipt:
    """One attempt over the wire."""
    return await CHANNEL.sender.send(wire, account(**settings), outgoing or notice())


async def test_what_leaves() -> None:
    wire = Wire(TAKEN)
    assert await sent(wire) == Receipt("m1")
    [asked] = wire.asked
    assert (asked.url, asked.headers["authorization"]) == ("https://partner.example/vk/messages", f"Key {KEY}")
    assert asked.sent == {"messages": [{
        "phone": "79031234567", "service": "clinic", "routes": ["VK"], "delivery_policy": "verified_phone_number",
        "callbackData": {"key": "d7"}, "templateId": 16, "tmpl_data": {"attr1": "Анна", "attr2": "10:30"},
    }]}  # fmt: skip


async def test_what_leaves_when_more_is_known() -> None:
    wire = Wire(TAKEN, TAKEN, TAKEN)
    more = {"callback_url": "https://clinic.example/hooks/a?x=1", "lifetime_field": "validity", "routes": "OK,VK"}
    for seconds in (1, 600, 10**6):
        await sent(wire, notice(valid_for=seconds), **more)
    messages = [asked.sent["messages"][0] for asked in wire.asked]
    assert [message["validity"] for message in messages] == [15, 600, 86400]
    assert messages[0]["status_url"] == f"https://clinic.example/hooks/a?x=1&secret={SECRET}"
    assert messages[0]["routes"] == ["OK", "VK"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ({"result": [{"code": "REJECTED", "reasons": [{"key": "TEMPLATE_NOT_FOUND"}]}]}, Rejected),
        ({"result": [{"code": "REJECTED"}]}, Rejected),
        (Answer(400, {}, b'{"description": "bad"}'), Rejected),
        ({"result": []}, Uncertain),
        ({"result": [{"code": "OK"}]}, Uncertain),
        ({"result": "OK"}, Uncertain),
        ({}, Uncertain),
        (b"<html>", Uncertain),
        (Answer(401, {}, b"{}"), Misconfigured),
        (Answer(402, {}, b"{}"), Misconfigured),
        (Answer(403, {}, b"<html>"), Misconfigured),
        (Answer(404, {}, b"{}"), Misconfigured),
        (Answer(429, {"retry-after": "7"}, b""), Throttled),
        (Answer(500, {}, b"{}"), Uncertain),
        (Answer(503, {}, b""), Unavailable),
        (NotSent("no way"), Unavailable),
        (NoAnswer("silence"), Uncertain),
    ],
)
async def test_answers(answer: object, wanted: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as caught:
        await sent(Wire(answer))
    assert type(caught.value) is wanted
    assert KEY not in repr(caught.value)


async def test_the_reason_is_told() -> None:
    with pytest.raises(Rejected, match="DAILY_LIMIT") as caught:
        await sent(Wire({"result": [{"code": "REJECTED", "reasons": [{"key": "DAILY_LIMIT"}, "x"]}]}))
    assert caught.value.code == "DAILY_LIMIT, x"


async def test_nothing_leaves_without_an_approved_template() -> None:
    wire = Wire()
    for outgoing in (
        Outgoing("d7", PHONE, Message("Ждём вас")),
        Outgoing("d7", PHONE, Message("Ждём вас"), template=Template("reminder", "kk", ("Анна",))),
    ):
        with pytest.raises(Rejected) as caught:
            await sent(wire, outgoing)
        assert caught.value.code == "no_template"
    with pytest.raises(NotReachable):
        await sent(wire, Outgoing("d7", "anna@clinic.example", Message(""), template=Template("reminder", "ru")))
    assert wire.asked == []


@pytest.mark.parametrize(
    ("answer", "balance", "note"),
    [
        ({"result": {"account": {"balance": 10.5, "isBlocked": False}}}, Decimal("10.5"), ""),
        ({"result": {"account": {"balance": 0, "isBlocked": True}}}, Decimal(0), "Договор заблокирован партнёром"),
        ({"balance": 7}, Decimal(7), ""),
    ],
)
async def test_the_balance(answer: object, balance: Decimal, note: str) -> None:
    vitals = await CHANNEL.sender.vitals(Wire(answer), account())
    assert (vitals.balance, vitals.note) == (balance, note)


@pytest.mark.parametrize("answer", [{}, [], b"<html>", {"result": []}, {"result": {"account": {"balance": "many"}}}])
async def test_somebody_else_s_balance_is_none(answer: object) -> None:
    with pytest.raises(Misconfigured):
        await CHANNEL.sender.check(Wire(answer), account())


@pytest.mark.parametrize("answer", [Answer(429, {}, b""), Answer(500, {}, b""), NoAnswer("silence")])
async def test_a_check_may_be_repeated(answer: object) -> None:
    with pytest.raises(Unavailable):
        await CHANNEL.sender.check(Wire(answer), account())


async def test_a_check_needs_no_balance_and_reads_the_settings() -> None:
    identity = await CHANNEL.sender.check(Wire(), account(balance_page="-", templates="a,b:ru=1"))
    assert "шаблонов записано: 2" in identity.note
    with pytest.raises(Misconfigured, match="arrived"):
        await CHANNEL.sender.check(Wire(), account(statuses="here=arrived", balance_page="-"))


async def test_templates_are_what_the_clinic_wrote_down() -> None:
    draft = Draft("moved", "ru", Category.SERVICE, "{{1}}", ("x",))
    assert (await CHANNEL.sender.submit(Wire(), account(), draft)).standing is Standing.PENDING
    [known] = await CHANNEL.sender.templates(Wire(), account())
    assert (known.name, known.standing, known.provider_id) == ("reminder", Standing.APPROVED, "16")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person."""
    made = await Stage.open("vk_notify")
    made.emulator.put(PHONE, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


async def reported(stage: Stage) -> list[tuple[str, Signal]]:
    """(number, signal) of what the partner has told since."""
    return [(one.provider_id, one.signal) for one in await stage.heard() if isinstance(one, Reported)]


async def test_delivery_and_reading_are_told(stage: Stage) -> None:
    phone: Any = stage.emulator
    receipt = await CHANNEL.sender.send(stage.http, stage.account, notice())
    assert await reported(stage) == [(receipt.provider_id, Signal.DELIVERED)]
    await phone.read(PHONE)
    await phone.read(PHONE)
    assert await reported(stage) == [(receipt.provider_id, Signal.READ)]


async def test_the_address_named_in_the_request_goes_first(stage: Stage) -> None:
    elsewhere = {**stage.settings, "callback_url": f"{stage.hook_url}?door=2"}
    named = stage.channel.account("suite", elsewhere, stage.account.hook_secret)
    await CHANNEL.sender.send(stage.http, named, notice())
    await stage.world.settled()
    assert [request.query["door"] for request in stage.received] == ["2"]
    assert len(await reported(stage)) == 1


async def test_nobody_pays_for_a_number_without_vk(stage: Stage) -> None:
    phone: Any = stage.emulator
    before = phone.balance
    await phone.block(PHONE, True)
    receipt = await CHANNEL.sender.send(stage.http, stage.account, notice())
    assert await reported(stage) == [(receipt.provider_id, Signal.FAILED)]
    assert phone.messages(PHONE) == []
    assert phone.balance == before


async def test_the_sixth_of_a_day_is_refused(stage: Stage) -> None:
    for _ in range(5):
        await CHANNEL.sender.send(stage.http, stage.account, notice())
    with pytest.raises(Rejected, match="DAILY_LIMIT_EXCEEDED"):
        await CHANNEL.sender.send(stage.http, stage.account, notice())
    other = Outgoing("d8", "+77011234567", Message(""), template=notice().template)
    await CHANNEL.sender.send(stage.http, stage.account, other)


async def test_the_emulator_knows_only_what_is_published(stage: Stage) -> None:
    for wrong in ({"lifetime_field": "ttl"}, {"service": "somebody"}):
        spoiled = stage.channel.account("suite", {**stage.settings, **wrong}, stage.account.hook_secret)
        with pytest.raises(Rejected):
            await CHANNEL.sender.send(stage.http, spoiled, notice(valid_for=60))
    fine = stage.channel.account("suite", {**stage.settings, "lifetime_field": "validity"}, stage.account.hook_secret)
    await CHANNEL.sender.send(stage.http, fine, notice(valid_for=60))


async def test_the_fifty_first_in_a_second_waits(stage: Stage) -> None:
    for number in range(50):
        one = Outgoing(f"d{number}", f"+7903{number:07d}", Message(""), template=notice().template)
        await CHANNEL.sender.send(stage.http, stage.account, one)
    with pytest.raises(Throttled):
        await CHANNEL.sender.send(stage.http, stage.account, notice())
