"""What edna does in its own way: templates by their words, reports by our key, cascades, keys, refusals."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.edna import Settings, reaches
from priyom.channels.edna.emulator import Emulator
from priyom.channels.edna.receive import identify, parse, verify
from priyom.channels.edna.send import fetch, send
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
from priyom.contracts.events import Event, IncomingFile, Pressed, Reported, Said, TemplateChanged
from priyom.contracts.message import Button, Message, Outgoing, Signal, Template
from priyom.contracts.suite_wire import Wire
from priyom.contracts.vitals import Category, Draft, DraftButton, Quality, Standing
from priyom.foundation.clock import now
from priyom.foundation.http import Answer, NoAnswer, NotSent

FOLDER = Path(__file__).parent / "payloads"
ANNA, BEK = "+77011234567", "+77051234567"
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
TEXT = "Здравствуйте, {{1}}! Ждём вас в {{2}}. Придёте?"
DRAFT = Draft(
    "visit_reminder", "ru", Category.SERVICE, TEXT, ("Анна", "10:30"),
    (DraftButton("Приду"), DraftButton("Карта", "https://clinic.example/v/{{1}}")),
)  # fmt: skip
ROWS = ((Button("Приду", "v:1:ok"), Button("Карта", url="https://clinic.example/v/a1")),)
ACCOUNT = Account("a", Settings(api_key="secret-key", cascade_id=111, subject_id=222), "s" * 32)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """One person who has written."""
    made = await Stage.open("edna")
    made.emulator.put(ANNA, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def inside(text: str, key: str = "k1", address: str = ANNA) -> Outgoing:
    """While the window is open."""
    return Outgoing(key, address, Message(text), window_until=now() + timedelta(hours=1))


def reminder(*values: str, rows: Any = ROWS) -> Outgoing:
    """Outside the window."""
    return Outgoing("k9", ANNA, Message("x", rows=rows), template=Template("visit_reminder", "ru", values))


def signals(events: list[Event]) -> list[tuple[str, Signal]]:
    """(our key, what was reported)."""
    return [(e.provider_id, e.signal) for e in events if isinstance(e, Reported)]


async def test_reports_come_under_our_key(stage: Stage) -> None:
    await send(stage.http, stage.account, inside("Здравствуйте"))
    assert signals(await stage.heard()) == [("k1", Signal.SENT), ("k1", Signal.DELIVERED)]
    await stage.emulator.say(ANNA, "да")
    assert signals(await stage.heard()) == [("k1", Signal.READ)]


async def test_equal_words_within_twenty_minutes_are_cancelled(stage: Stage) -> None:
    await send(stage.http, stage.account, inside("Здравствуйте", "k1"))
    await send(stage.http, stage.account, inside("Здравствуйте", "k2"))
    assert ("k2", Signal.FAILED) in signals(await stage.heard())
    stage.world.turn(timedelta(minutes=20))
    await send(stage.http, stage.account, inside("Здравствуйте", "k3"))
    assert ("k3", Signal.DELIVERED) in signals(await stage.heard())


async def test_a_number_without_whatsapp(stage: Stage) -> None:
    await stage.channel.sender.submit(stage.http, stage.account, DRAFT)
    await stage.heard()
    await send(stage.http, stage.account, replace(reminder("Бек", "10:30"), address=BEK))
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.signal, report.gone, report.code) == (Signal.FAILED, True, "not-whatsapp-user")


async def test_a_template_is_handed_in_sent_by_its_words_and_pressed(stage: Stage) -> None:
    made = await stage.channel.sender.submit(stage.http, stage.account, DRAFT)
    assert made.standing is Standing.PENDING
    [told] = await stage.heard()
    assert isinstance(told, TemplateChanged)
    assert (told.template.name, told.template.language, told.template.standing) == (
        "visit_reminder",
        "ru",
        Standing.APPROVED,
    )
    assert list(await stage.channel.sender.templates(stage.http, stage.account)) == [told.template]
    stage.world.turn(timedelta(days=2))
    with pytest.raises(Rejected):
        await send(stage.http, stage.account, inside("Свободные слова"))
    await send(stage.http, stage.account, reminder("Анна\nПетровна", "10:30"))
    shown = stage.emulator.messages(ANNA)[-1]
    assert shown.text == "Здравствуйте, Анна Петровна! Ждём вас в 10:30. Придёте?"
    assert [label for _, label in shown.buttons] == ["Приду"]
    await stage.heard()
    await stage.emulator.press(ANNA, shown.id, "0")
    [pressed] = [e for e in await stage.heard() if isinstance(e, Pressed)]
    assert (pressed.payload, pressed.provider_id) == ("v:1:ok", "k9")


async def test_without_a_fitting_template_nothing_leaves(stage: Stage) -> None:
    await stage.channel.sender.submit(stage.http, stage.account, replace(DRAFT, name="please_reject"))
    [told] = await stage.heard()
    assert isinstance(told, TemplateChanged)
    assert told.template.standing is Standing.REJECTED
    await stage.channel.sender.submit(stage.http, stage.account, DRAFT)
    await stage.heard()
    for outgoing in (
        reminder("Анна"),
        reminder("Анна", "10:30", rows=(ROWS[0][:1],)),
        replace(reminder(), template=Template("nothing", "ru")),
        replace(reminder(), template=None),
    ):
        with pytest.raises(Rejected):
            await send(stage.http, stage.account, outgoing)
    assert stage.emulator.messages(ANNA) == []


async def test_the_channel_is_known_and_connected(stage: Stage) -> None:
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert (identity.name, identity.note) == ("77270000000", "")
    vitals = await stage.channel.sender.vitals(stage.http, stage.account)
    assert (vitals.quality, vitals.daily_limit) == (Quality.HIGH, 2000)
    cast(Emulator, stage.emulator)._hook = ""
    await stage.channel.sender.connect(stage.http, stage.account, stage.hook_url)
    stage.received.clear()
    await stage.emulator.say(ANNA, "да")
    assert [e.text for e in await stage.heard() if isinstance(e, Said)] == ["да"]
    with pytest.raises(Misconfigured):
        await stage.channel.sender.connect(stage.http, stage.account, "https://clinic.example/hook")
    stage.settings = {**stage.settings, "subject_id": "7"}
    with pytest.raises(Misconfigured):
        await stage.channel.sender.check(stage.http, stage.account)


def refusal(title: str, status: int = 400) -> Answer:
    """edna's no."""
    return Answer(status, {}, json.dumps({"title": title, "status": status, "detail": title}).encode())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("auth-error", 401), Misconfigured),
        (refusal("cascade-not-found"), Misconfigured),
        (refusal("error-insufficient-balance"), Misconfigured),
        (refusal("Matched template not found."), Rejected),
        (refusal("text-not-specified"), Rejected),
        (refusal("too-many", 429), Throttled),
        (Answer(503, {}, b"<html>"), Unavailable),
        (Answer(500, {}, b"<html>"), Uncertain),
        (Answer(404, {}, b"<html>"), Misconfigured),
        (Answer(200, {}, b"<html>"), Uncertain),
        (NotSent("x"), Unavailable),
        (NoAnswer("x"), Uncertain),
    ],
)
async def test_refusals(answer: object, error: type[ChannelError]) -> None:
    with pytest.raises(error) as caught:
        await send(Wire(answer), ACCOUNT, inside("Здравствуйте"))
    assert type(caught.value) is error
    assert "secret-key" not in caught.value.text


async def test_how_a_request_looks() -> None:
    wire = Wire({"requestId": "k1"}, {"requestId": "k1"})
    outgoing = replace(inside("Придёте?"), message=Message("Придёте?", rows=ROWS))
    await send(wire, ACCOUNT, outgoing)
    content = wire.asked[0].sent["content"]["whatsappContent"]
    assert wire.asked[0].headers == {"X-API-KEY": "secret-key"}
    assert content["keyboard"]["rows"][0]["buttons"] == [
        {"text": "Приду", "buttonType": "QUICK_REPLY", "payload": "v:1:ok"},
        {"text": "Карта", "buttonType": "URL", "url": "https://clinic.example/v/a1"},
    ]
    assert wire.asked[0].sent["subscriberFilter"] == {"address": "77011234567", "type": "PHONE"}
    eight = replace(ACCOUNT, settings=replace(ACCOUNT.settings, leading_eight=True, button_field="type"))
    await send(wire, eight, outgoing)
    assert wire.asked[1].sent["subscriberFilter"]["address"] == "87011234567"
    for wrong in ("KZ.1349", "77011234567", "a@b.example"):
        with pytest.raises(NotReachable):
            await send(wire, ACCOUNT, inside("x", address=wrong))


async def test_files_come_only_from_edna() -> None:
    assert await fetch(Wire(b"content"), ACCOUNT, "https://app.edna.io/files/1") == b"content"
    for wrong in ("https://evil.example/edna.io", "http://app.edna.io/1", "https://evil-edna.io/", "file:///etc/x"):
        with pytest.raises(Rejected):
            await fetch(Wire(), ACCOUNT, wrong)


def said(text: str, number: str, reply_to: str = "", *files: IncomingFile) -> Said:
    """Anna's words."""
    return Said(ANNA, text, number, AT, "Анна", reply_to, files)


TABLE: dict[str, list[Event]] = {
    "status_delivered": [Reported("k1", Signal.DELIVERED, "edna: delivered", AT)],
    "status_no_whatsapp": [
        Reported("k1", Signal.FAILED, "edna: undelivered (not-whatsapp-user)", AT, "not-whatsapp-user", True)
    ],
    "status_enqueued": [],
    "text": [said("Спасибо", "101", "k1")],
    "press": [Pressed(ANNA, "v:1:ok", "in:102", "k1", AT, "Анна")],
    "list": [Pressed(ANNA, "s:1", "in:103", "", AT, "Анна")],
    "image": [
        said("направление", "104", "", IncomingFile("снимок.jpg", "image/jpeg", "https://app.edna.io/files/1", 5123))
    ],
    "category": [],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_what_a_webhook_becomes(name: str) -> None:
    request = Request({}, {}, (FOLDER / f"{name}.json").read_bytes())
    assert list(parse(ACCOUNT, request).events) == TABLE[name]
    assert identify(ACCOUNT, request)[0]


def test_a_list_of_templates_is_read_and_junk_is_not() -> None:
    body = json.dumps([{"id": 7, "name": "visit", "language": "KK", "status": "APPROVED", "category": "MARKETING"}])
    [event] = parse(ACCOUNT, Request({}, {}, body.encode())).events
    assert isinstance(event, TemplateChanged)
    assert (event.template.language, event.template.category) == ("kk", Category.MARKETING)
    with pytest.raises(Malformed):
        parse(ACCOUNT, Request({}, {}, b'{"requestId": "k", "status": "SENT", "statusAt": "soon"}'))


def test_who_is_believed() -> None:
    verify(ACCOUNT, Request({}, {"key": "s" * 32}, b"{}"))
    keyed = replace(ACCOUNT, settings=replace(ACCOUNT.settings, webhook_key="hook-key"))
    verify(keyed, Request({"x-api-key": "hook-key"}, {}, b"{}"))
    for account, request in (
        (ACCOUNT, Request({}, {}, b"{}")),
        (ACCOUNT, Request({"x-api-key": "secret-key"}, {"key": ""}, b"{}")),
        (keyed, Request({}, {"key": "s" * 32}, b"{}")),
    ):
        with pytest.raises(Forged):
            verify(account, request)


def test_whom_it_reaches() -> None:
    assert reaches({}, ANNA)
    assert not reaches({}, "+79001234567")
    assert reaches({"russia": True}, "+79001234567")
    assert not reaches({"russia": True}, "KZ.1349")
