"""What the suite cannot know: choices as links and commands, groups, guests, the slow opening of chats, refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.compass.emulator import Emulator
from priyom.channels.compass.send import short
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, NoSuchPhone
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Throttled
from priyom.contracts.events import Pressed, Said
from priyom.contracts.message import Button, File, Message, Outgoing, Receipt
from priyom.contracts.suite_world import HOOK_SECRET
from priyom.foundation.http import Upload

ANNA, BEK, DESK = "user:160001", "user:160002", "chat:b0RUOUZMUldqRE9YMCs0c21na0NuMA=="
PAPER = File("a.pdf", "application/pdf", b"%PDF")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Two people and the registrars' group."""
    made = await Stage.open("compass")
    for address, name in ((ANNA, "Анна"), (BEK, "Бек"), (DESK, "Регистратура")):
        made.emulator.put(address, name, True)
    try:
        yield made
    finally:
        await made.close()


def people(stage: Stage) -> Emulator:
    """The emulator by its own type."""
    return cast(Emulator, stage.emulator)


async def send(stage: Stage, address: str, message: Message) -> Receipt:
    """One message."""
    return await stage.channel.sender.send(stage.http, stage.account, Outgoing("k", address, message))


async def raw(stage: Stage, method: str, header: str = "", **given: Any) -> Any:
    """A call as anybody could make it: the error's number, or the response."""
    headers = {"authorization": header or f"Bearer {stage.settings['token']}"}
    answer = await stage.http.request("POST", f"{stage.settings['base_url']}/{method}", json=given, headers=headers)
    assert answer.status == 200
    said = answer.json()
    return said["response"]["error_code"] if said["status"] == "error" else said["response"]


async def test_choices_are_links_or_commands(stage: Stage) -> None:
    rows = ((Button("Взял", "t:17:take"),), (Button("Открыть", url="https://clinic.example/t/17"),))
    await send(stage, DESK, Message("Задача 17", rows=rows))
    shown = people(stage).messages(DESK)[-1]
    assert shown.text == "Задача 17\n\nВзял: /do t:17:take\nОткрыть: https://clinic.example/t/17"
    await people(stage).say(DESK, "/do t:17:take")
    [event] = await stage.heard()
    assert event == Pressed(ANNA, "t:17:take", short(people(stage).messages(DESK)[-1].id))


async def test_choices_shorten_the_text_rather_than_be_lost(stage: Stage) -> None:
    rows = ((Button("Взял", "t:17:take"),),)
    await send(stage, ANNA, Message("я" * 2000, rows=rows))
    shown = people(stage).messages(ANNA)[-1].text
    assert len(shown) == 2000
    assert shown.endswith("я…\n\nВзял: /do t:17:take")


async def test_a_text_calls_nobody(stage: Stage) -> None:
    await send(stage, ANNA, Message('имя ["@"|0|"all"]'))
    assert '["@"|' not in people(stage).messages(ANNA)[-1].text


async def test_only_choices_are_heard_in_a_group(stage: Stage) -> None:
    for text in ("/deploy", "всем привет", "/do", "/"):
        await people(stage).say(DESK, text)
    assert await stage.heard() == []
    await people(stage).say(ANNA, "/ дозвонилась")
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.address, event.text) == (ANNA, "дозвонилась")


@pytest.mark.parametrize("version", [3, 4])
async def test_both_versions_are_understood(stage: Stage, version: int) -> None:
    await raw(stage, "webhook/setVersion", version=version)
    assert "Реагировать" in (await stage.channel.sender.check(stage.http, stage.account)).note
    await people(stage).say(ANNA, "/да")
    assert len(await stage.heard()) == 1


async def test_an_old_version_is_told(stage: Stage) -> None:
    await raw(stage, "webhook/setVersion", version=2)
    assert "задайте 3" in (await stage.channel.sender.check(stage.http, stage.account)).note


async def test_chats_are_opened_slowly(stage: Stage) -> None:
    for number in range(12):
        people(stage).put(f"user:17{number}", "Врач", True)
    for number in range(10):
        await send(stage, f"user:17{number}", Message("да"))
    with pytest.raises(Throttled) as caught:
        await send(stage, "user:1710", Message("да"))
    assert caught.value.after == 60.0
    await send(stage, "user:171", Message("этот чат уже открыт"))
    stage.world.turn(timedelta(seconds=61))
    await send(stage, "user:1710", Message("да"))


async def test_files_go_before_the_text(stage: Stage) -> None:
    await send(stage, ANNA, Message("Смотрите", files=(PAPER, PAPER)))
    shown = [(message.text, message.files) for message in people(stage).messages(ANNA)]
    assert shown == [("", ("a.pdf",)), ("", ("a.pdf",)), ("Смотрите", ())]
    receipt = await send(stage, ANNA, Message("", files=(PAPER,)))
    assert receipt.provider_id == short(people(stage).messages(ANNA)[-1].id)
    assert people(stage)._state.tokens == []


async def test_who_cannot_be_written_to(stage: Stage) -> None:
    for address in (ANNA, DESK):
        await people(stage).block(address, True)
        with pytest.raises(NotReachable):
            await send(stage, address, Message("да"))
    for address in ("user:5", "chat:bm9ib2R5", "160001", "user:x", "+79001234567", ""):
        with pytest.raises(NotReachable):
            await send(stage, address, Message("да"))


async def test_a_guest_does_not_write_first(stage: Stage) -> None:
    people(stage).put(BEK, "Бек", True).extra["guest"] = True
    with pytest.raises(Impossible):
        await people(stage).say(BEK, "/да")
    await send(stage, BEK, Message("Здравствуйте"))
    await people(stage).say(BEK, "/да")
    assert len(await stage.heard()) == 1


async def test_a_command_is_tried_again_only_without_an_answer(stage: Stage) -> None:
    stage.emulator.attach(stage.settings, "http://127.0.0.1:9/hook", "")
    await people(stage).say(ANNA, "/да")
    await stage.world.settled()
    assert len(stage.world.calls) == 3
    stage.emulator.attach(stage.settings, stage.hook_url, "")
    stage.world.turn(timedelta(seconds=61))
    stage.refusals[:] = [500]
    await people(stage).say(ANNA, "/ещё")
    assert await stage.heard() == []
    assert (len(stage.refused), len(stage.world.calls)) == (1, 4)


async def test_wrong_tokens_lock_out(stage: Stage) -> None:
    wrong = stage.channel.account("suite", {**stage.settings, "token": "wrong"}, HOOK_SECRET)
    for _ in range(50):
        with pytest.raises(Misconfigured):
            await stage.channel.sender.check(stage.http, wrong)
    with pytest.raises(Throttled):
        await stage.channel.sender.check(stage.http, stage.account)
    stage.world.turn(timedelta(hours=1))
    await stage.channel.sender.check(stage.http, stage.account)


@pytest.mark.parametrize(
    ("method", "given", "code"),
    [
        ("user/send", {"type": "text", "text": ""}, 1000),
        ("user/send", {"type": "text", "text": "\u200b \n"}, 1000),
        ("user/send", {"type": "text", "text": "😀" * 300}, 1000),
        ("user/send", {"type": "text"}, 8),
        ("user/send", {"type": "file", "file_id": "x"}, 1000),
        ("user/edit", {}, 9),
        ("message/addReaction", {"message_id": "x"}, 1007),
        ("user/getList", {"count": 301}, 1000),
        ("command/update", {"command_list": ["no slash"]}, 1009),
        ("command/update", {"command_list": ["/a1", "/a1"]}, 1000),
        ("command/update", {"command_list": [f"/a{n}" for n in range(101)]}, 1008),
        ("webhook/setVersion", {"version": 9}, 1011),
    ],
)
async def test_it_refuses(stage: Stage, method: str, given: dict[str, Any], code: int) -> None:
    assert await raw(stage, method, user_id=160001, **given) == code
    assert people(stage).messages(ANNA) == []


async def test_the_directory_and_small_things(stage: Stage) -> None:
    assert [user["user_id"] for user in (await raw(stage, "user/getList"))["user_list"]] == [160001, 160002]
    assert [group["name"] for group in (await raw(stage, "GROUP/getlist"))["group_list"]] == ["Регистратура"]
    await raw(stage, "command/update", command_list=["/do [задача]", "/help"])
    assert (await raw(stage, "command/getList"))["command_list"] == ["/do [задача]", "/help"]
    receipt = await send(stage, ANNA, Message("да"))
    number = people(stage).messages(ANNA)[-1].id
    assert len(receipt.provider_id) < 100 < 170 < len(number)
    await raw(stage, "message/addReaction", message_id=number, reaction=":blush:")
    await raw(stage, "thread/send", message_id=number, type="text", text="ещё")
    assert people(stage)._state.letters[number].comments == ["ещё"]
    assert await raw(stage, "user/getList", header="Basic x") == 1


async def test_the_node_takes_one_file_a_token(stage: Stage) -> None:
    place = await raw(stage, "file/getUrl")
    from_us = {"file": Upload(PAPER.name, PAPER.mime, PAPER.content)}
    for wanted in ("ok", "error"):
        form = {"token": place["file_token"]}
        answer = await stage.http.request("POST", place["node_url"], form=form, files=from_us)
        assert answer.json()["status"] == wanted


async def test_what_a_person_cannot_do(stage: Stage) -> None:
    with pytest.raises(NoSuchPhone):
        await people(stage).say("user:5", "/да")
    with pytest.raises(Impossible):
        await people(stage).press(ANNA, "x", "0.0")
    with pytest.raises(Impossible):
        people(stage).put("45", "Анна", True)
    for address in (ANNA, BEK):
        await people(stage).block(address, True)
    for address in (ANNA, DESK):
        with pytest.raises(Impossible):
            await people(stage).say(address, "/да")


async def test_too_long_is_rejected_even_by_emoji(stage: Stage) -> None:
    with pytest.raises(Rejected):
        await send(stage, ANNA, Message("😀" * 300))
