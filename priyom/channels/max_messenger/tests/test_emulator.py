"""The fake MAX is as strict as the true one, as far as the true one is known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.max_messenger.emulator import Emulator
from priyom.channels.max_messenger.send import connect, fetch
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import Misconfigured, NotReachable, OptedOut, Rejected
from priyom.contracts.events import Muted, Pressed, Said, SharedPhone, Started, Stopped
from priyom.contracts.message import Button, Edit, File, Message, Outgoing
from priyom.foundation.http import Answer, Upload

ADDRESS = "210045"
CHAT = str(210045 ^ 277000001)
CHOICE = Message("Ждём вас", rows=((Button("Приду", "ok"), Button("Нет", "no")),))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person."""
    made = await Stage.open("max_messenger")
    made.emulator.put(ADDRESS, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def phone(stage: Stage) -> Emulator:
    """The emulator by its own type."""
    return cast(Emulator, stage.emulator)


async def raw(stage: Stage, verb: str, path: str, body: Any = None, token: str | None = None) -> Answer:
    """A call of the Bot API as anybody could make it."""
    headers = {"Authorization": stage.settings["token"] if token is None else token}
    return await stage.http.request(verb, f"{stage.settings['base_url']}/{path}", json=body, headers=headers)


async def send(stage: Stage, message: Message) -> str:
    """One message to the person; its id."""
    receipt = await stage.channel.sender.send(stage.http, stage.account, Outgoing("k", ADDRESS, message))
    return receipt.provider_id


def rows(*buttons: dict[str, Any]) -> dict[str, Any]:
    """A body with one row of these buttons."""
    return {"text": "а", "attachments": [{"type": "inline_keyboard", "payload": {"buttons": [list(buttons)]}}]}


LINK = {"type": "link", "text": "а", "url": "https://clinic.example"}
CALL = {"type": "callback", "text": "а", "payload": "x"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"text": " "},
        {"text": "я" * 4001},
        {"text": 5},
        {"text": "а", "format": "latex"},
        {"text": "а", "attachments": {}},
        rows(),
        rows(*[CALL] * 8),
        rows(*[LINK] * 4),
        rows({**CALL, "text": "я" * 129}),
        rows({**CALL, "payload": "x" * 1025}),
        rows({**CALL, "payload": ""}),
        rows({**CALL, "type": "chat"}),
        rows({**LINK, "url": "https://" + "x" * 2048}),
    ],
)
async def test_a_bad_body_is_refused_before_the_recipient(stage: Stage, body: Any) -> None:
    answer = await raw(stage, "POST", "messages?user_id=1", body)
    assert (answer.status, answer.json()["code"]) == (400, "proto.payload")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "proto.payload"),
        ("user_id=1", 404, "dialog.not.found"),
        (f"user_id={CHAT}", 404, "dialog.not.found"),
        (f"chat_id={ADDRESS}", 404, "chat.not.found"),
        ("chat_id=0", 403, "chat.denied"),
        (f"chat_id={CHAT}", 200, None),
        (f"user_id={ADDRESS}", 200, None),
    ],
)
async def test_two_kinds_of_numbers(stage: Stage, query: str, status: int, code: str | None) -> None:
    answer = await raw(stage, "POST", f"messages?{query}", {"text": "а", "user_id": int(ADDRESS)})
    assert (answer.status, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize("token", ["", "Bearer sandbox-token-not-a-secret-max-000001", "x" * 30])
async def test_the_token_is_raw(stage: Stage, token: str) -> None:
    answer = await raw(stage, "GET", "me", token=token)
    assert (answer.status, answer.json()["code"]) == (401, "verify.token")


async def test_numbers_beyond_double_precision(stage: Stage) -> None:
    said = (await raw(stage, "POST", f"messages?user_id={ADDRESS}", {"text": "а"})).json()
    assert said["message"]["body"]["seq"] > 2**53
    assert said["message"]["recipient"]["chat_id"] != said["message"]["recipient"]["user_id"]


async def test_old_messages_without_buttons_cannot_be_edited(stage: Stage) -> None:
    plain, pressed = await send(stage, Message("а")), await send(stage, CHOICE)
    stage.world.turn(timedelta(days=8))
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(stage.http, stage.account, Edit(ADDRESS, plain, Message("б")))
    await stage.channel.sender.edit(stage.http, stage.account, Edit(ADDRESS, pressed, Message("б")))


async def test_an_answer_must_say_something(stage: Stage) -> None:
    await send(stage, CHOICE)
    await phone(stage).press(ADDRESS, phone(stage).messages(ADDRESS)[-1].id, "0.1")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    assert (await raw(stage, "POST", f"answers?callback_id={event.press_id}", {})).status == 400
    await stage.channel.sender.answer_press(stage.http, stage.account, event.press_id, "")
    assert phone(stage).answers(ADDRESS) == ["Принято"]
    await stage.channel.sender.answer_press(stage.http, stage.account, "gone", "Поздно")


async def test_connect_leaves_one_webhook(stage: Stage) -> None:
    for url in ("https://old.example/a", "https://old.example/a", "https://old.example/b"):
        assert (await raw(stage, "POST", "subscriptions", {"url": url})).status == 200
    assert "несколько" in (await stage.channel.sender.check(stage.http, stage.account)).note
    for _ in range(2):
        await connect(stage.http, stage.account, stage.hook_url)
        hooks = (await raw(stage, "GET", "subscriptions")).json()["subscriptions"]
        assert [hook["url"] for hook in hooks] == [stage.hook_url]
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert (identity.webhook, identity.note) == (stage.hook_url, "")
    await phone(stage).say(ADDRESS, "да")
    assert len(await stage.heard()) == 1


async def test_webhooks_are_checked_as_max_does(stage: Stage) -> None:
    phone(stage).loopback = False
    for url in (stage.hook_url, "http://clinic.example/x", "https://clinic.example:8443/x", ""):
        with pytest.raises(Misconfigured):
            await connect(stage.http, stage.account, url)
    await connect(stage.http, stage.account, "https://clinic.example/x")
    bad = {"url": "https://clinic.example/y", "secret": "a b"}
    assert (await raw(stage, "POST", "subscriptions", bad)).status == 400


async def test_a_webhook_failing_for_eight_hours_is_deleted(stage: Stage) -> None:
    await connect(stage.http, stage.account, stage.hook_url)
    for hours, left in ((7, 1), (2, 0)):
        stage.refusals[:] = [201] * 9
        await phone(stage).say(ADDRESS, "да")
        await stage.world.settled()
        stage.world.turn(timedelta(hours=hours))
        stage.refusals[:] = [500] * 9
        await phone(stage).say(ADDRESS, "да")
        await stage.world.settled()
        assert len((await raw(stage, "GET", "subscriptions")).json()["subscriptions"]) == left


async def test_a_link_is_told_only_when_the_dialog_begins_or_resumes(stage: Stage) -> None:
    with pytest.raises(Impossible, match="/start"):
        await phone(stage).start_chat(ADDRESS, "p-1")
    await phone(stage).say(ADDRESS, "/start p-1")
    await phone(stage).block(ADDRESS, True)
    await phone(stage).start_chat(ADDRESS, "p-2")
    events = await stage.heard()
    assert [type(event) for event in events] == [Started, Stopped, Started]
    assert [event.payload for event in events if isinstance(event, Started)] == ["p-1", "p-2"]


async def test_muting_is_told(stage: Stage) -> None:
    until = stage.world.now() + timedelta(hours=1)
    await phone(stage).mute(ADDRESS, until)
    await phone(stage).mute(ADDRESS, None)
    assert await stage.heard() == [Muted(ADDRESS, until), Muted(ADDRESS, None)]


async def test_choices_and_the_contact_button_together(stage: Stage) -> None:
    await send(stage, Message("а", rows=CHOICE.rows, ask_contact="Отправить номер"))
    assert phone(stage).phones()[0].extra["contact_button"] == "Отправить номер"
    assert [label for _, label in phone(stage).messages(ADDRESS)[-1].buttons] == ["Приду", "Нет"]
    await phone(stage).share_phone(ADDRESS, "8 900 123-45-67")
    [event] = await stage.heard()
    assert isinstance(event, SharedPhone)
    assert event.proven


async def test_a_file_is_fetched(stage: Stage) -> None:
    await phone(stage).say(ADDRESS, "анализ", [File("analiz.pdf", "application/pdf", b"%PDF-made-up")])
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.text, event.files[0].name) == ("анализ", "analiz.pdf")
    assert await fetch(stage.http, stage.account, event.files[0].ref) == b"%PDF-made-up"


async def test_what_waits_survives_a_restart(stage: Stage) -> None:
    stage.refusals[:] = [500] * 3
    await phone(stage).say(ADDRESS, "да")
    await stage.world.settled()
    phone(stage).load(json.loads(json.dumps(phone(stage).dump())))
    phone(stage).deliver_pending()
    assert len(await stage.heard()) == 1


async def test_the_history_is_asked_for_by_the_dialog_s_number(stage: Stage) -> None:
    await send(stage, CHOICE)
    [message] = (await raw(stage, "GET", f"messages?chat_id={CHAT}")).json()["messages"]
    assert message["body"]["text"] == "Ждём вас"
    await phone(stage).block(ADDRESS, True)
    assert (await raw(stage, "GET", f"messages?chat_id={CHAT}")).status == 403
    assert (await raw(stage, "PATCH", "messages")).status == 405
    assert (await raw(stage, "GET", "chats")).status == 404


async def test_a_burst_passes_and_then_max_asks_for_pauses(stage: Stage) -> None:
    statuses = [(await raw(stage, "POST", f"messages?user_id={ADDRESS}", {"text": "а"})).status for _ in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    stage.world.turn(timedelta(seconds=1))
    again = [(await raw(stage, "POST", f"messages?user_id={ADDRESS}", {"text": "а"})).status for _ in range(3)]
    assert again == [200, 200, 429]


async def test_typing_is_seen(stage: Stage) -> None:
    await stage.channel.sender.typing(stage.http, stage.account, ADDRESS)
    assert phone(stage).phones()[0].extra["typing_at"] == stage.world.now().timestamp()
    with pytest.raises(NotReachable):
        await stage.channel.sender.typing(stage.http, stage.account, "210099")
    await phone(stage).block(ADDRESS, True)
    with pytest.raises(OptedOut):
        await stage.channel.sender.typing(stage.http, stage.account, ADDRESS)
    assert (await raw(stage, "POST", f"chats/{CHAT}/actions", {"action": "mark_seen"})).status == 400


@pytest.mark.parametrize(
    "kinds",
    [["file", "file"], ["audio", "image"], ["audio", "inline_keyboard"], ["contact"], ["image"] * 13],
)
async def test_attachments_that_cannot_stand_together(stage: Stage, kinds: list[str]) -> None:
    keyboard = rows(CALL)["attachments"][0]
    made = [keyboard if kind == "inline_keyboard" else {"type": kind, "payload": {"token": "t"}} for kind in kinds]
    answer = await raw(stage, "POST", f"messages?user_id={ADDRESS}", {"text": "а", "attachments": made})
    assert (answer.status, answer.json()["code"]) == (400, "proto.payload")


async def test_an_upload_address_takes_one_file_of_its_kind(stage: Stage) -> None:
    assert (await raw(stage, "POST", "uploads?type=photo")).status == 400
    url = (await raw(stage, "POST", "uploads?type=file")).json()["url"]
    paper = Upload("a.pdf", "application/pdf", b"%PDF")
    for field, file, status in (
        ("file", paper, 415),
        ("data", Upload("a.pdf", "image/png", b"%PDF"), 415),
        ("data", paper, 200),
        ("data", paper, 404),
    ):
        assert (await stage.http.request("POST", url, files={field: file})).status == status


async def test_updates_wait_a_day_and_are_taken_by_the_marker(stage: Stage) -> None:
    assert (await raw(stage, "GET", "updates?timeout=0")).status == 405
    await raw(stage, "DELETE", f"subscriptions?url={stage.hook_url}")
    await phone(stage).say(ADDRESS, "раз")
    await phone(stage).mute(ADDRESS, None)
    first = (await raw(stage, "GET", "updates?timeout=0&limit=1")).json()
    assert [update["message"]["body"]["text"] for update in first["updates"]] == ["раз"]
    assert (await raw(stage, "GET", "updates?timeout=0&types=dialog_unmuted")).json()["updates"] != []
    second = (await raw(stage, "GET", f"updates?timeout=0&marker={first['marker']}")).json()
    assert [update["update_type"] for update in second["updates"]] == ["dialog_unmuted"]
    assert second["marker"] == first["marker"] + 1
    stage.world.turn(timedelta(hours=25))
    assert (await raw(stage, "GET", "updates?timeout=0")).json()["updates"] == []
    assert (await raw(stage, "GET", "updates?timeout=91")).status == 400
