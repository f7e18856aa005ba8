"""What IntellectDialog does in its own way: polling, status by asking, templates of the cabinet, wrapped answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from priyom.channels.intellectdialog import Settings, reaches
from priyom.channels.intellectdialog.listen import Polling
from priyom.channels.intellectdialog.listen import open as listen
from priyom.channels.intellectdialog.receive import identify, parse, verify
from priyom.channels.intellectdialog.send import check, fetch, send
from priyom.contracts.channel import Account, Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import (
    ChannelError,
    Forged,
    Malformed,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Event, IncomingFile, Reported, Said
from priyom.contracts.message import Asked, File, Message, Outgoing, Signal, Template
from priyom.contracts.suite_wire import Wire
from priyom.contracts.suite_world import KeptPost
from priyom.contracts.vitals import Category, Draft, Registered, Standing
from priyom.foundation.clock import now
from priyom.foundation.http import Answer, NoAnswer, NotSent

FOLDER = Path(__file__).parent / "payloads"
ANNA, BEK = "+77011234567", "+77051234567"
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
PDF = File("памятка.pdf", "application/pdf", b"%PDF-1.4 made up")
ACCOUNT = Account(
    "a", Settings(api_key="secret-key", provider_id="wa-demo-1", base_url="https://id.example/v2"), "s" * 32
)
REMINDER = Template("visit_reminder", "ru", ("Анна", "10:30"))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """One person who has written."""
    made = await Stage.open("intellectdialog")
    made.emulator.put(ANNA, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def inside(message: Message | str, address: str = ANNA) -> Outgoing:
    """While the window is open."""
    made = Message(message) if isinstance(message, str) else message
    return Outgoing("k1", address, made, window_until=now() + timedelta(hours=1))


async def test_what_became_of_a_message_is_asked_for(stage: Stage) -> None:
    receipt = await send(stage.http, stage.account, inside("Здравствуйте"))
    asked = [Asked(number, "k1", ANNA, AT) for number in ("999", receipt.provider_id)]
    [report] = await stage.channel.sender.ask(stage.http, stage.account, asked)
    assert (report.provider_id, report.signal, report.at) == (receipt.provider_id, Signal.DELIVERED, stage.world.now())
    await stage.emulator.say(ANNA, "да")
    [report] = await stage.channel.sender.ask(stage.http, stage.account, asked)
    assert report.signal is Signal.READ
    told = [e.signal for e in await stage.heard() if isinstance(e, Reported)]
    assert told == [Signal.DELIVERED, Signal.READ]


async def test_a_number_without_whatsapp_is_told_later(stage: Stage) -> None:
    receipt = await send(stage.http, stage.account, replace(inside("x", BEK), window_until=None, template=REMINDER))
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal) == (receipt.provider_id, Signal.FAILED)


async def test_people_are_heard_by_asking(stage: Stage) -> None:
    stage.settings = {**stage.settings, "poll_seconds": "5"}
    post, account = stage.post(), stage.account
    polling = listen(stage.http, account, post)
    assert isinstance(polling, Polling)
    await stage.emulator.say(ANNA, "раньше")
    await stage.world.settled()
    stage.world.turn(timedelta(minutes=5))
    await polling.once()
    assert (stage.read(post), post.position) == ([], "2026-03-20 14:05:00")
    for number in range(120):
        stage.world.turn(timedelta(seconds=1))
        await stage.emulator.say(ANNA, str(number))
    await stage.world.settled()
    await polling.once()
    assert [e.text for e in stage.read(post) if isinstance(e, Said)] == [str(n) for n in range(120)]
    await polling.once()
    assert stage.read(post) == []
    assert post.repeats > 0
    await stage.emulator.say(ANNA, "в ту же секунду")
    await stage.world.settled()
    await polling.once()
    assert [e.text for e in stage.read(post) if isinstance(e, Said)] == ["в ту же секунду"]


async def test_polling_waits_out_troubles_and_shows_faults() -> None:
    account = replace(ACCOUNT, settings=replace(ACCOUNT.settings, poll_seconds=5))
    post = KeptPost(lambda request: identify(account, request))
    dated = {"response": {"status": "success", "date": "2026-03-20 14:00:00"}}
    wire = Wire(NotSent("x"), NoAnswer("x"), Answer(503, {}, b""), dated, refusal(401))
    polling = listen(wire, account, post)
    assert isinstance(polling, Polling)
    polling._pause = 0.0
    with pytest.raises(Misconfigured):
        await polling.run()
    assert (post.position, len(wire.asked)) == ("2026-03-20 14:00:00", 5)
    assert listen(wire, replace(account, settings=replace(account.settings, poll_seconds=0)), post) is None


async def test_the_window_and_the_cabinets_templates(stage: Stage) -> None:
    found = await stage.channel.sender.templates(stage.http, stage.account)
    assert found == [Registered("visit_reminder", "ru", Standing.APPROVED, Category.SERVICE, "", "0")]
    with pytest.raises(Rejected):
        await stage.channel.sender.submit(stage.http, stage.account, Draft("a", "ru", Category.SERVICE, "б"))
    stage.world.turn(timedelta(days=2))
    outside = replace(inside("x"), window_until=None)
    for wrong in (
        inside("Свободные слова"),
        outside,
        replace(outside, template=Template("visit_reminder", "ru", ("Анна",))),
        replace(outside, template=REMINDER, message=Message("x", files=(PDF,))),
    ):
        with pytest.raises(Rejected):
            await send(stage.http, stage.account, wrong)
    await send(stage.http, stage.account, replace(outside, template=REMINDER))
    assert [m.text for m in stage.emulator.messages(ANNA)] == ["Здравствуйте, Анна! Ждём вас в 10:30. Придёте?"]


async def test_a_channel_by_qr_code_knows_no_window() -> None:
    wire = Wire({"response": {"status": "success", "data": {"message_id": 7}}})
    free = replace(ACCOUNT, settings=replace(ACCOUNT.settings, official=False))
    receipt = await send(wire, free, replace(inside("Здравствуйте"), window_until=None, template=REMINDER))
    assert receipt.provider_id == "7"
    assert wire.asked[0].headers == {"Authorization": "secret-key"}
    assert wire.asked[0].sent == {
        "phone": "77011234567", "provider_id": "wa-demo-1", "text": "Здравствуйте", "mark": "k1",
    }  # fmt: skip


async def test_several_files_go_one_by_one(stage: Stage) -> None:
    await send(stage.http, stage.account, inside(Message("Памятки", files=(PDF, PDF))))
    assert [(m.text, m.files) for m in stage.emulator.messages(ANNA)] == [("", (PDF.name,)), ("Памятки", (PDF.name,))]
    with pytest.raises(Rejected):
        await send(stage.http, stage.account, inside(Message("x", files=(replace(PDF, name="вирус.exe"),))))


async def test_the_channel_is_known_and_connected(stage: Stage) -> None:
    identity = await check(stage.http, stage.account)
    assert (identity.name, identity.title, identity.webhook) == (
        "Клиника",
        "Клиника (WhatsApp Business)",
        stage.hook_url,
    )
    await stage.channel.sender.connect(stage.http, stage.account, stage.hook_url)
    await stage.emulator.say(ANNA, "да")
    assert [e.text for e in await stage.heard() if isinstance(e, Said)] == ["да"]
    stage.settings = {**stage.settings, "provider_id": "other"}
    with pytest.raises(Misconfigured):
        await check(stage.http, stage.account)


def refusal(status: int, error: str = "нет") -> Answer:
    """The service's no."""
    return Answer(status, {}, json.dumps({"response": {"status": "error", "error": error}}).encode())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(200), Rejected),
        (refusal(400), Rejected),
        (refusal(401), Misconfigured),
        (refusal(403), Misconfigured),
        (refusal(429), Throttled),
        (refusal(503), Unavailable),
        (refusal(500), Uncertain),
        (Answer(404, {}, b"<html>"), Misconfigured),
        (Answer(200, {}, b"<html>"), Uncertain),
        (Answer(200, {}, b'{"response": {"status": "success", "data": {}}}'), Uncertain),
        (NotSent("x"), Unavailable),
        (NoAnswer("x"), Uncertain),
    ],
)
async def test_refusals(answer: object, error: type[ChannelError]) -> None:
    with pytest.raises(error) as caught:
        await send(Wire(answer), ACCOUNT, inside("Здравствуйте"))
    assert type(caught.value) is error
    assert "secret-key" not in caught.value.text
    assert "id.example" not in caught.value.text


async def test_half_a_message_is_never_repeated() -> None:
    placed = {"response": {"status": "success", "data": {"url": "https://id.example/1"}}}
    taken = {"response": {"status": "success", "data": {"message_id": "7"}}}
    with pytest.raises(Uncertain):
        await send(Wire(placed, placed, taken, NotSent("x")), ACCOUNT, inside(Message("x", files=(PDF, PDF))))


async def test_files_come_only_from_the_service() -> None:
    assert await fetch(Wire(b"content"), ACCOUNT, "https://files.intellectdialog.com/1") == b"content"
    assert await fetch(Wire(b"content"), ACCOUNT, "https://id.example/files/1") == b"content"
    for wrong in ("https://evil.example/1", "http://intellectdialog.com/1", "https://evilintellectdialog.com/"):
        with pytest.raises(Rejected):
            await fetch(Wire(), ACCOUNT, wrong)


def said(text: str, number: str, *files: IncomingFile) -> Said:
    """Anna's words."""
    return Said(ANNA, text, number, AT, "Анна", "", files)


PHOTO = IncomingFile("снимок.jpg", "image/jpeg", "https://files.intellectdialog.com/1")
TABLE: dict[str, list[Event]] = {
    "message": [said("Спасибо", "501")],
    "message_file": [said("", "502", PHOTO)],
    "message_other_channel": [],
    "status_delivered": [Reported("401", Signal.DELIVERED, "IntellectDialog: delivered_at", AT)],
    "status_viewed": [Reported("401", Signal.READ, "IntellectDialog: viewed_at", AT)],
    "error": [Reported("401", Signal.FAILED, "IntellectDialog: Message undeliverable", AT)],
    "unknown": [],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_what_a_webhook_becomes(name: str) -> None:
    request = Request({}, {}, (FOLDER / f"{name}.json").read_bytes())
    assert list(parse(ACCOUNT, request).events) == TABLE[name]


def test_a_message_is_one_however_it_came() -> None:
    told = json.loads((FOLDER / "message.json").read_text())
    polled = json.dumps({"event": "new_message", "data": {**told["data"], "read": 1}}).encode()
    bare = json.dumps(told["data"]).encode()
    keys = {identify(ACCOUNT, Request({}, {}, body)) for body in (json.dumps(told).encode(), polled, bare)}
    assert keys == {("in:501", ANNA)}


def test_dates_are_in_the_organisations_zone() -> None:
    moscow = replace(ACCOUNT, settings=replace(ACCOUNT.settings, zone="Europe/Moscow"))
    nowhere = replace(ACCOUNT, settings=replace(ACCOUNT.settings, zone="Нигде"))
    request = Request({}, {}, (FOLDER / "message.json").read_bytes())
    for account, at in ((moscow, datetime(2026, 3, 20, 11, 0, tzinfo=UTC)), (nowhere, None)):
        [event] = parse(account, request).events
        assert isinstance(event, Said)
        assert event.at == at
    with pytest.raises(Malformed):
        parse(ACCOUNT, Request({}, {}, request.body.replace(b"2026-03-20 14:00:00", b"yesterday")))


def test_who_is_believed() -> None:
    verify(ACCOUNT, Request({}, {"key": "s" * 32}, b"{}"))
    for query in ({}, {"key": ""}, {"key": "secret-key"}):
        with pytest.raises(Forged):
            verify(ACCOUNT, Request({}, query, b"{}"))


async def test_whom_it_reaches() -> None:
    assert reaches({}, ANNA)
    assert not reaches({}, "+79001234567")
    assert reaches({"russia": True}, "+79001234567")
    assert not reaches({"russia": True}, "KZ.1349")
    for wrong in ("KZ.1349", "77011234567"):
        with pytest.raises(NotReachable):
            await send(Wire(), ACCOUNT, inside("x", wrong))
