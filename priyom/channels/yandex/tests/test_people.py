"""What the suite cannot know: group chats, answers, privacy, typing, and what the vendor refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.yandex.emulator import Emulator
from priyom.channels.yandex.send import connect, fetch, typing
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Unavailable
from priyom.contracts.events import Pressed, Said
from priyom.contracts.message import Button, Edit, File, Message, Outgoing
from priyom.contracts.suite_world import HOOK_SECRET

ANNA, BEK, DESK = "anna", "bek@clinic.example", "0/0/5f0c1111-2222-4333-8444-555566667777"
TASK = Message("Позвонить: задача 17", rows=((Button("Взял", "t:17:take"), Button("Карта", url="https://c.example")),))
KEYS = count(1)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Two people and the registrars' chat."""
    made = await Stage.open("yandex")
    for address, name in ((ANNA, "Анна"), (BEK, "Бек"), (DESK, "Регистратура")):
        made.emulator.put(address, name, True)
    try:
        yield made
    finally:
        await made.close()


def people(stage: Stage) -> Emulator:
    """The emulator by its own type."""
    return cast(Emulator, stage.emulator)


async def send(stage: Stage, address: str, message: Message = TASK, **more: Any) -> str:
    """One message; its id."""
    outgoing = Outgoing(f"k{next(KEYS)}", address, message, **more)
    return (await stage.channel.sender.send(stage.http, stage.account, outgoing)).provider_id


async def raw(stage: Stage, method: str, **given: Any) -> tuple[int, Any]:
    """A call as anybody could make it."""
    headers = {"authorization": f"OAuth {stage.settings['token']}"}
    answer = await stage.http.request("POST", f"{stage.settings['base_url']}/{method}", json=given, headers=headers)
    said = answer.json()
    assert said["ok"] is (answer.status == 200)
    return answer.status, said.get("description", said)


async def test_a_press_in_a_group_names_the_person(stage: Stage) -> None:
    number = await send(stage, DESK)
    shown = people(stage).messages(DESK)[-1]
    assert shown.buttons == (("0.0", "Взял"),)
    await people(stage).press(DESK, shown.id, "0.0")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    assert (event.address, event.name, event.payload, event.provider_id) == (ANNA, "Анна", "t:17:take", number)


async def test_only_answers_are_heard_in_a_group(stage: Stage) -> None:
    number = await send(stage, DESK)
    await people(stage).say(DESK, "кто завтра дежурит?")
    await people(stage).say(DESK, "дозвонилась", reply_to=number.rpartition(":")[2])
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.address, event.text, event.reply_to) == (ANNA, "дозвонилась", number)


async def test_an_answer_quotes_and_can_be_quiet_and_important(stage: Stage) -> None:
    first = await send(stage, ANNA)
    second = await send(stage, ANNA, Message("Уже взяли"), reply_to=first)
    letter = people(stage)._state.letter(ANNA, int(second.rpartition(":")[2]))
    assert letter is not None
    assert letter.reply_to == int(first.rpartition(":")[2])
    with pytest.raises(Rejected):
        await send(stage, BEK, reply_to=first)


async def test_several_files_come_one_by_one(stage: Stage) -> None:
    paper, photo = File("a.pdf", "application/pdf", b"%PDF"), File("b.png", "image/png", b"\x89PNG")
    await send(stage, ANNA, Message("Смотрите", files=(paper, photo)))
    shown = [(message.text, message.files) for message in people(stage).messages(ANNA)]
    assert shown == [("", ("a.pdf",)), ("", ("b.png",)), ("Смотрите", ())]
    only = await send(stage, ANNA, Message("", files=(paper,)))
    assert only.startswith(f"{ANNA}:")
    await people(stage).say(ANNA, "", (photo, paper))
    events = [event for event in await stage.heard() if isinstance(event, Said)]
    assert [event.files[0].name for event in events] == ["b.png", "a.pdf"]
    assert await fetch(stage.http, stage.account, events[1].files[0].ref) == b"%PDF"
    with pytest.raises(Rejected):
        await fetch(stage.http, stage.account, "disk/unknown")


async def test_privacy_and_a_group_without_us(stage: Stage) -> None:
    for address in (ANNA, DESK):
        await people(stage).block(address, True)
        with pytest.raises(NotReachable):
            await send(stage, address)
        with pytest.raises(Impossible):
            await people(stage).say(address, "да")
        await people(stage).block(address, False)
        await send(stage, address)


@pytest.mark.parametrize("address", ["Anna", "a b", "+79001234567", "0/0/x", "0/0/00000000-dead", "nobody", ""])
async def test_wrong_addresses(stage: Stage, address: str) -> None:
    with pytest.raises(NotReachable):
        await send(stage, address)


async def test_typing_is_shown(stage: Stage) -> None:
    await typing(stage.http, stage.account, DESK)
    assert people(stage).typed == [DESK]
    with pytest.raises(NotReachable):
        await typing(stage.http, stage.account, "nobody")


async def test_the_same_number_in_two_chats_is_two_messages(stage: Stage) -> None:
    mine = await send(stage, ANNA)
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(
            stage.http, stage.account, Edit(BEK, mine.replace(ANNA, BEK), Message("не моё"))
        )
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(stage.http, stage.account, Edit(ANNA, "anna:x", Message("да")))


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"text": ""}, 400, "blank"),
        ({"text": "я" * 6001}, 400, "6000"),
        ({"chat_id": DESK}, 400, "Exactly one"),
        ({"login": None}, 400, "Exactly one"),
        ({"message_id": 5}, 404, "Message not found"),
        ({"suggest_buttons": {"layout": "yes"}}, 400, "layout"),
        ({"suggest_buttons": {"buttons": [{"title": "а" * 256}]}}, 400, "255"),
        ({"suggest_buttons": {"buttons": [{"title": "а", "directives": [{"type": "x"}]}]}}, 400, "directives"),
        ({"suggest_buttons": {"layout": "true", "buttons": [[{"title": "а"}] * 101]}}, 400, "100"),
    ],
)
async def test_it_refuses(stage: Stage, given: dict[str, Any], status: int, said: str) -> None:
    found, description = await raw(stage, "messages/sendText", **{"login": ANNA, "text": "да", **given})
    assert (found, said in description) == (status, True)
    assert people(stage).messages(ANNA) == []


async def test_wrong_ways(stage: Stage) -> None:
    assert await raw(stage, "messages/sendNothing/") == (404, "Invalid route")
    assert (await raw(stage, "messages/getUpdates", limit=1001))[0] == 400
    assert (await raw(stage, "messages/sendFile/", login=ANNA))[0] == 400


async def test_connect_keeps_a_secret_in_the_address(stage: Stage) -> None:
    await connect(stage.http, stage.account, stage.hook_url)
    assert people(stage)._bot(stage.settings["token"]).hook_url == f"{stage.hook_url}?secret={HOOK_SECRET}"
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert (identity.webhook, identity.note) == (stage.hook_url, "")
    with pytest.raises(Misconfigured):
        await connect(stage.http, stage.account, "ftp://clinic.example")
    polled = stage.channel.account("suite", {**stage.settings, "mode": "polling"}, HOOK_SECRET)
    assert "снимем" in (await stage.channel.sender.check(stage.http, polled)).note
    await connect(stage.http, polled, stage.hook_url)
    assert (await stage.channel.sender.check(stage.http, stage.account)).webhook == ""
    people(stage).mode = Mode.DOWN
    with pytest.raises(Unavailable):
        await connect(stage.http, stage.account, stage.hook_url)


async def test_what_a_person_cannot_do(stage: Stage) -> None:
    await send(stage, ANNA)
    number = people(stage).messages(ANNA)[-1].id
    with pytest.raises(NoSuchPhone):
        await people(stage).say("nobody", "да")
    for address, message, button in ((ANNA, number, "0.1"), (ANNA, "x", "0.0"), (BEK, number, "0.0")):
        with pytest.raises(Impossible):
            await people(stage).press(address, message, button)
    with pytest.raises(Impossible):
        people(stage).put("+79001234567", "Анна", True)
