"""What the suite cannot know: outcomes at once and later, old servers, group chats, who has read, and refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio

from priyom.channels.express import receive, tokens
from priyom.channels.express.emulator import Emulator
from priyom.channels.express.send import ask, typing
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
from priyom.contracts.errors import Forged, Misconfigured, NotReachable, Rejected, Throttled
from priyom.contracts.events import Pressed, Reported, Said, Started, Stopped
from priyom.contracts.message import Asked, Button, Edit, File, Message, Outgoing, Receipt, Signal
from priyom.contracts.suite_receiving import PHOTO
from priyom.contracts.suite_world import HOOK_SECRET

ANNA, BEK = "user:f16cdc5f-6366-4552-9ecd-c36290ab3d11", "user:83fbf1c7-f14b-4176-ad32-ca15cf00d4b7"
DESK, NOBODY = "chat:dea55ee4-7a9f-4da0-8c73-079f400ee517", "user:00000000-0000-4000-8000-000000000000"
TASK = Message("Позвонить: задача 17", rows=((Button("Взял", "t:17:take"), Button("Карта", url="https://c.example")),))
AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Two people and the registrars' chat."""
    made = await Stage.open("express")
    for address, name in ((ANNA, "Анна"), (BEK, "Бек"), (DESK, "Регистратура")):
        made.emulator.put(address, name, True)
    try:
        yield made
    finally:
        await made.close()


def people(stage: Stage) -> Emulator:
    """The emulator by its own type."""
    return cast(Emulator, stage.emulator)


async def send(stage: Stage, address: str, message: Message = TASK, **settings: str) -> Receipt:
    """One message, perhaps by other settings of the account."""
    account = stage.channel.account("suite", {**stage.settings, **settings}, HOOK_SECRET)
    return await stage.channel.sender.send(stage.http, account, Outgoing("k", address, message))


async def raw(stage: Stage, path: str, body: Any, token: str | None = None) -> tuple[int, Any]:
    """A call as anybody could make it: (status, reason or result)."""
    settings = stage.settings
    shown = token or tokens.ours(settings["bot_id"], "127.0.0.1", settings["secret_key"], AT)
    url, headers = f"{settings['base_url']}/api/{path}", {"authorization": f"Bearer {shown}"}
    answer = await stage.http.request("POST", url, json=body, headers=headers)
    said = answer.json()
    return answer.status, said.get("reason") or said.get("result")


def test_the_vendor_s_own_vector() -> None:
    number, secret = "24348246-6791-4ac0-9d86-b948cd6a0e46", "bee001bee001bee001bee001bee001bee001"
    wanted = "5393FDE463800BB05C4271111AF68D54A4B5EC03EBE808BC2B1FCB4F91BE2DCF"
    assert tokens.signature(number, secret) == wanted


async def test_the_outcome_at_once_or_later(stage: Stage) -> None:
    assert (await send(stage, ANNA)).signal is Signal.SENT
    later = await send(stage, ANNA, at_once="false")
    assert later.signal is Signal.ACCEPTED
    assert await stage.heard() == [Reported(later.provider_id, Signal.SENT, "eXpress: callback ok")]
    people(stage).answers_later = False
    await send(stage, ANNA, at_once="false")
    assert await stage.heard() == []


@pytest.mark.parametrize(("at_once", "wanted"), [("true", NotReachable), ("false", None)])
async def test_a_chat_that_is_not_there(stage: Stage, at_once: str, wanted: type[Exception] | None) -> None:
    lost = "chat:" + NOBODY.removeprefix("user:")
    if wanted:
        with pytest.raises(wanted):
            await send(stage, lost, at_once=at_once)
        return
    receipt = await send(stage, lost, at_once=at_once)
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal, report.code, report.gone) == (
        receipt.provider_id, Signal.FAILED, "chat_not_found", True,
    )  # fmt: skip


async def test_an_old_server_gives_out_tokens(stage: Stage) -> None:
    assert (await send(stage, ANNA, auth_version="v1")).provider_id
    with pytest.raises(Misconfigured):
        await send(stage, ANNA, auth_version="v1", secret_key="wrong")
    people(stage)._bot(stage.settings["bot_id"], "").second = True
    await people(stage).say(ANNA, "да")
    [event] = await stage.heard()
    assert isinstance(event, Said)


async def test_the_personal_chat_is_made_once(stage: Stage) -> None:
    await send(stage, ANNA)
    await send(stage, ANNA)
    assert len(people(stage)._state.chats) == 1
    with pytest.raises(NotReachable):
        await send(stage, NOBODY)


async def test_a_press_in_a_group_names_the_person(stage: Stage) -> None:
    receipt = await send(stage, DESK)
    shown = people(stage).messages(DESK)[-1]
    assert shown.buttons == (("0.0", "Взял"),)
    await people(stage).press(DESK, shown.id, "0.0")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    assert (event.address, event.name, event.payload) == (ANNA, "Анна", "t:17:take")
    assert event.provider_id == receipt.provider_id


async def test_only_answers_are_heard_in_a_group(stage: Stage) -> None:
    receipt = await send(stage, DESK)
    await people(stage).say(DESK, "кто завтра дежурит?")
    await people(stage).say(DESK, "дозвонилась", reply_to=receipt.provider_id)
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.address, event.text, event.reply_to) == (ANNA, "дозвонилась", receipt.provider_id)


async def test_delivered_and_read_are_asked_for(stage: Stage) -> None:
    people(stage).delivers = False
    mine, group = (await send(stage, ANNA)).provider_id, (await send(stage, DESK)).provider_id
    asked = [Asked(mine, "k", ANNA, AT), Asked(group, "k", DESK, AT), Asked(str(UUID(int=1)), "k", ANNA, AT)]

    async def signals() -> list[Signal]:
        return [report.signal for report in await ask(stage.http, stage.account, asked)]

    assert await signals() == [Signal.SENT, Signal.SENT]
    people(stage)._state.letters[mine].received = {ANNA.removeprefix("user:"): AT.isoformat()}
    assert await signals() == [Signal.DELIVERED, Signal.SENT]
    people(stage).read(DESK)
    people(stage).read(ANNA)
    reports = await ask(stage.http, stage.account, asked)
    assert [(report.signal, report.at) for report in reports] == [(Signal.READ, AT), (Signal.READ, AT)]
    people(stage).mode = Mode.THROTTLE
    with pytest.raises(Throttled):
        await ask(stage.http, stage.account, asked)


async def test_somebody_else_s_reading_is_not_the_person_s(stage: Stage) -> None:
    number = (await send(stage, BEK)).provider_id
    people(stage)._state.letters[number].read = {ANNA.removeprefix("user:"): AT.isoformat()}
    [report] = await ask(stage.http, stage.account, [Asked(number, "k", BEK, AT)])
    assert report.signal is Signal.DELIVERED


async def test_several_files_go_one_by_one(stage: Stage) -> None:
    paper = File("a.pdf", "application/pdf", b"%PDF")
    await send(stage, ANNA, Message("Смотрите", files=(paper, PHOTO)))
    shown = [(message.text, message.files) for message in people(stage).messages(ANNA)]
    assert shown == [("", ("a.pdf",)), ("Смотрите", ("photo.jpg",))]
    with pytest.raises(Rejected):
        await send(stage, ANNA, Message("", files=(File("b", "text/plain", b"x" * (20 * 1024 * 1024 + 1)),)))


async def test_quiet_sends_no_push(stage: Stage) -> None:
    for quiet in (True, False):
        outgoing = Outgoing("k", ANNA, TASK, quiet=quiet)
        receipt = await stage.channel.sender.send(stage.http, stage.account, outgoing)
        assert people(stage)._state.letters[receipt.provider_id].quiet is quiet


async def test_typing_is_shown(stage: Stage) -> None:
    await typing(stage.http, stage.account, ANNA)  # no chat yet: nothing is made
    assert people(stage)._state.chats == {}
    await send(stage, ANNA)
    await typing(stage.http, stage.account, ANNA)
    await typing(stage.http, stage.account, DESK)
    assert people(stage).typed == [ANNA, DESK]


async def test_accounts_and_groups_come_and_go(stage: Stage) -> None:
    await send(stage, ANNA)
    await people(stage).block(ANNA, True)
    assert await stage.heard() == [Stopped(ANNA, "system:chat_deleted_by_user")]
    with pytest.raises(NotReachable):
        await send(stage, ANNA)
    await people(stage).block(ANNA, False)
    await send(stage, ANNA)
    await people(stage).block(DESK, True)
    assert await stage.heard() == [Stopped(DESK, "system:deleted_from_chat")]
    with pytest.raises(NotReachable):
        await send(stage, DESK)
    await people(stage).block(DESK, False)
    assert await stage.heard() == [Started(DESK)]
    await people(stage).start_chat(BEK, "")
    assert await stage.heard() == [Started(BEK, "", None, "Бек")]


async def test_a_callback_needs_no_token_but_may_not_show_a_wrong_one(stage: Stage) -> None:
    await send(stage, ANNA, at_once="false")
    await stage.world.settled()
    [request] = stage.received
    assert request.query["_path"] == "notification/callback"
    receive.verify(stage.account, Request({}, {}, request.body))
    with pytest.raises(Forged):
        receive.verify(stage.account, Request({"authorization": "Bearer x.y.z"}, {}, request.body))
    with pytest.raises(Forged):
        receive.verify(stage.account, Request({}, {}, request.body + b" " * receive.LONGEST_CALLBACK))


async def test_status_is_answered(stage: Stage) -> None:
    status, kind, body = receive.challenge(stage.account, Request({}, {"_path": "status"}, b""))
    assert (status, kind) == (200, "application/json")
    assert b'"enabled": true' in body
    with pytest.raises(Forged):
        receive.challenge(stage.account, Request({"authorization": "Bearer x"}, {}, b""))


@pytest.mark.parametrize("address", [NOBODY.removeprefix("user:"), "user:x", "+79001234567", "chat:", ""])
async def test_wrong_addresses(stage: Stage, address: str) -> None:
    with pytest.raises(NotReachable):
        await send(stage, address)


@pytest.mark.parametrize(
    ("path", "given", "status", "reason"),
    [
        ("v4/botx/notifications/direct", {"notification": None}, 400, "malformed_request"),
        ("v4/botx/notifications/direct", {"group_chat_id": "x"}, 400, "malformed_request"),
        ("v4/botx/notifications/direct", {"notification": {"body": "я" * 4097}}, 400, "malformed_request"),
        ("v4/botx/notifications/direct", {"notification": {"body": ""}}, 400, "malformed_request"),
        ("v4/botx/notifications/direct", {"file": {"data": "x", "file_name": "a"}}, 400, "malformed_request"),
        ("v4/botx/notifications/direct/sync", {"recipients": [NOBODY]}, 200, "event_recipients_list_is_empty"),
        ("v3/botx/events/edit_event", {"sync_id": "x"}, 404, "event_not_found"),
        ("v3/botx/events/delete_event", {"sync_id": "x"}, 404, "sync_id_not_found"),
        ("v3/botx/events/typing", {"group_chat_id": "x"}, 404, "chat_not_found"),
        ("v3/botx/chats/create", {"name": "x", "chat_type": "team", "members": []}, 400, "malformed_request"),
        ("v3/botx/chats/create", {"name": "x", "chat_type": "chat", "members": ["x"]}, 422, "members_not_found"),
        ("v3/botx/chats/create", {"name": "x", "chat_type": "group_chat"}, 403, "chat_creation_is_prohibited"),
        ("v9/nothing", {}, 404, "not_found"),
    ],
)
async def test_it_refuses(stage: Stage, path: str, given: dict[str, Any], status: int, reason: str) -> None:
    body = {"group_chat_id": DESK.removeprefix("chat:"), "notification": {"status": "ok", "body": "да"}, **given}
    assert await raw(stage, path, body) == (status, reason)
    assert people(stage).messages(DESK) == []


async def test_tokens_are_looked_at(stage: Stage) -> None:
    bot, secret = stage.settings["bot_id"], stage.settings["secret_key"]
    wrong = (
        tokens.ours(bot, "cts.other.example", secret, AT),
        tokens.ours(BEK, "127.0.0.1", secret, AT),
        tokens.ours(bot, "127.0.0.1", "x", AT),
        tokens.signed({"iss": bot, "aud": "127.0.0.1", "nbf": 0, "iat": 0, "exp": 9e9, "jti": "x"}, secret),
    )
    for token in wrong:
        assert await raw(stage, "v3/botx/events/typing", {}, token) == (401, "unauthorized")


async def test_edits_and_what_is_not_ours(stage: Stage) -> None:
    await people(stage).say(ANNA, "моё")
    theirs = people(stage).messages(ANNA)[-1].id
    for number in (theirs, "x"):
        with pytest.raises(Rejected):
            await stage.channel.sender.edit(stage.http, stage.account, Edit(ANNA, number, Message("чужое")))


async def test_what_a_person_cannot_do(stage: Stage) -> None:
    number = (await send(stage, ANNA)).provider_id
    with pytest.raises(NoSuchPhone):
        await people(stage).say(NOBODY, "да")
    for address, button in ((ANNA, "0.1"), (ANNA, "9.9"), (BEK, "0.0")):
        with pytest.raises(Impossible):
            await people(stage).press(address, number, button)
    with pytest.raises(Impossible):
        people(stage).put("45", "Анна", True)
    with pytest.raises(Impossible):
        await people(stage).start_chat(ANNA, "p-1")
    for address in (ANNA, BEK):
        await people(stage).block(address, True)
    for address in (ANNA, DESK):
        with pytest.raises(Impossible):
            await people(stage).say(address, "да")
