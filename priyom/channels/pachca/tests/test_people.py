"""What the suite cannot know: group chats, answers, readers, people who leave, and what the vendor refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.pachca.emulator import Emulator
from priyom.channels.pachca.send import ask, connect, fetch
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Throttled, Unavailable
from priyom.contracts.events import Pressed, Said, Started, Stopped
from priyom.contracts.message import Asked, Button, Edit, Message, Outgoing, Signal
from priyom.foundation.http import Upload

ANNA, BEK, DESK = "user:45", "user:46", "chat:500"
TASK = Message("Позвонить: задача 17", rows=((Button("Взял", "t:17:take"), Button("Карта", url="https://c.example")),))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Two people and the registrars' chat."""
    made = await Stage.open("pachca")
    for address, name in ((ANNA, "Анна"), (BEK, "Бек"), (DESK, "Регистратура")):
        made.emulator.put(address, name, True)
    try:
        yield made
    finally:
        await made.close()


def people(stage: Stage) -> Emulator:
    """The emulator by its own type."""
    return cast(Emulator, stage.emulator)


async def send(stage: Stage, address: str, message: Message = TASK, reply_to: str = "") -> str:
    """One message; its number."""
    outgoing = Outgoing("k", address, message, reply_to=reply_to)
    return (await stage.channel.sender.send(stage.http, stage.account, outgoing)).provider_id


async def raw(stage: Stage, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
    """A call as anybody could make it: (status, the first error's code or the data)."""
    headers = {"authorization": f"Bearer {stage.settings['token']}"}
    answer = await stage.http.request(verb, stage.settings["base_url"] + path, json=body, headers=headers)
    said = answer.json()
    return answer.status, said["errors"][0]["code"] if "errors" in said else said["data"]


async def test_a_press_in_a_group_names_the_person(stage: Stage) -> None:
    number = await send(stage, DESK)
    shown = people(stage).messages(DESK)[-1]
    assert shown.buttons == (("0.0", "Взял"),)
    await people(stage).press(DESK, number, "0.0")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    assert (event.address, event.payload, event.provider_id) == (ANNA, "t:17:take", number)


async def test_only_answers_are_heard_in_a_group(stage: Stage) -> None:
    number = await send(stage, DESK)
    await people(stage).say(DESK, "кто завтра дежурит?")
    await people(stage).say(DESK, "дозвонилась, придёт", reply_to=number)
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.address, event.text, event.reply_to) == (ANNA, "дозвонилась, придёт", number)


async def test_an_answer_quotes(stage: Stage) -> None:
    first = await send(stage, ANNA)
    second = await send(stage, ANNA, Message("Уже взяли"), reply_to=first)
    status, found = await raw(stage, "GET", f"/messages/{second}")
    assert (status, found["parent_message_id"]) == (200, int(first))


async def test_readers_are_asked_for(stage: Stage) -> None:
    mine, group = await send(stage, ANNA), await send(stage, DESK)
    asked = [Asked(n, "k", a, datetime(2026, 3, 20, tzinfo=UTC)) for n, a in ((mine, ANNA), (group, DESK), ("9", BEK))]
    assert await ask(stage.http, stage.account, asked) == []
    people(stage).read(ANNA)
    people(stage).read(DESK)
    reports = await ask(stage.http, stage.account, asked)
    assert [(r.provider_id, r.signal, r.at) for r in reports] == [(mine, Signal.READ, None), (group, Signal.READ, None)]
    people(stage).mode = Mode.THROTTLE
    with pytest.raises(Throttled):
        await ask(stage.http, stage.account, asked)


async def test_somebody_else_s_reading_is_not_the_person_s(stage: Stage) -> None:
    number = await send(stage, BEK)
    people(stage)._state.letters[number].readers = [45, 1_738_816]
    group = await send(stage, DESK)
    people(stage)._state.letters[group].readers = [int(stage.settings["bot_id"])]
    asked = [Asked(n, "k", a, datetime(2026, 3, 20, tzinfo=UTC)) for n, a in ((number, BEK), (group, DESK))]
    assert await ask(stage.http, stage.account, asked) == []


async def test_a_suspended_person_cannot_be_reached(stage: Stage) -> None:
    await people(stage).block(ANNA, True)
    assert [event for event in await stage.heard() if isinstance(event, Stopped)] == [
        Stopped(ANNA, "suspend", stage.world.now())
    ]
    with pytest.raises(NotReachable):
        await send(stage, ANNA)
    await people(stage).block(ANNA, False)
    [event] = await stage.heard()
    assert isinstance(event, Started)
    await send(stage, ANNA)


async def test_the_bot_is_thrown_out_of_a_group(stage: Stage) -> None:
    await people(stage).block(DESK, True)
    [event] = await stage.heard()
    assert event == Stopped(DESK, "removed", stage.world.now())
    with pytest.raises(NotReachable):
        await send(stage, DESK)


@pytest.mark.parametrize("address", ["45", "user:0", "user:x", "chat:", "+79001234567", "chat:999"])
async def test_wrong_addresses(stage: Stage, address: str) -> None:
    with pytest.raises(NotReachable):
        await send(stage, address)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"content": ""}, 422, "blank"),
        ({"content": "я" * 20_001}, 422, "too_long"),
        ({"entity_id": None}, 400, "required"),
        ({"entity_type": "group"}, 400, "invalid"),
        ({"entity_type": "thread"}, 404, "not_found"),
        ({"parent_message_id": 1}, 404, "not_found"),
        ({"files": [{"key": "x.png"}]}, 400, "required"),
        ({"files": [{"key": "x.png", "name": "x.png", "file_type": "image", "size": 1}]}, 422, "wrong_params"),
        ({"buttons": [[{"text": "а", "data": "x"}] * 9]}, 422, "wrong_params"),
        ({"buttons": [[{"text": "а" * 256, "data": "x"}]]}, 422, "max_length"),
        ({"buttons": [[{"text": "а"}]]}, 422, "blank"),
    ],
)
async def test_it_refuses(stage: Stage, given: dict[str, Any], status: int, code: str) -> None:
    message = {"entity_type": "user", "entity_id": 45, "content": "да", **given}
    assert await raw(stage, "POST", "/messages", {"message": message}) == (status, code)
    assert people(stage).messages(ANNA) == []


async def test_too_many_at_once(stage: Stage) -> None:
    for _ in range(30):
        await send(stage, ANNA, Message("да"))
    with pytest.raises(Throttled):
        await send(stage, ANNA, Message("да"))
    await send(stage, BEK, Message("да"))


async def test_a_deleted_message_is_not_edited(stage: Stage) -> None:
    number = await send(stage, ANNA)
    await stage.http.request(
        "DELETE",
        f"{stage.settings['base_url']}/messages/{number}",
        headers={"authorization": f"Bearer {stage.settings['token']}"},
    )
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(stage.http, stage.account, Edit(ANNA, number, Message("да")))
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(stage.http, stage.account, Edit(ANNA, "x", Message("да")))


async def test_the_storage_is_strict(stage: Stage) -> None:
    headers = {"authorization": f"Bearer {stage.settings['token']}"}
    answer = await stage.http.request("POST", stage.settings["base_url"] + "/uploads", headers=headers)
    status, form = answer.status, answer.json()
    assert status == 201
    url = form.pop("direct_url")
    from_us = {"file": Upload("a.pdf", "application/pdf", b"x")}
    assert (await stage.http.request("POST", url, form={**form, "key": "другой"}, files=from_us)).status == 403
    assert (await stage.http.request("POST", url, form=form, files=from_us, headers=headers)).status == 400
    assert (await stage.http.request("POST", url, form=form, files=from_us)).status == 204
    with pytest.raises(Rejected):
        await fetch(stage.http, stage.account, await send(stage, ANNA))


async def test_connect_and_check(stage: Stage) -> None:
    await connect(stage.http, stage.account, stage.hook_url)
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert identity.name == "clinic_bot"
    assert stage.settings["bot_id"] in identity.note
    assert "не хватает" not in identity.note
    with pytest.raises(Misconfigured):
        await connect(stage.http, stage.account, "ftp://clinic.example")
    bot = people(stage)._state.bots[stage.settings["token"]]
    bot.trigger_on = "commands"
    with pytest.raises(Misconfigured, match="О любых сообщениях"):
        await connect(stage.http, stage.account, stage.hook_url)
    await people(stage).say(ANNA, "да")
    assert await stage.heard() == []
    bot.events.remove("button_click")
    with pytest.raises(Misconfigured, match="Нажатие кнопок"):
        await connect(stage.http, stage.account, stage.hook_url)
    people(stage).mode = Mode.DOWN
    with pytest.raises(Unavailable):
        await connect(stage.http, stage.account, stage.hook_url)


async def test_what_a_person_cannot_do(stage: Stage) -> None:
    number = await send(stage, ANNA)
    with pytest.raises(NoSuchPhone):
        await people(stage).say("user:1", "да")
    for button in ("0.1", "5.5"):
        with pytest.raises(Impossible):
            await people(stage).press(ANNA, number, button)
    with pytest.raises(Impossible):
        await people(stage).press(BEK, number, "0.0")
    with pytest.raises(Impossible):
        people(stage).put("45", "Анна", True)
    for address in (ANNA, BEK):
        await people(stage).block(address, True)
    for address in (ANNA, DESK):
        with pytest.raises(Impossible):
            await people(stage).say(address, "да")
