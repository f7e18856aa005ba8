"""Visitors' pages: what they tell by themselves, large files, edits, and who may hand them messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from priyom.channels.webchat import send
from priyom.channels.webchat.emulator import INLINE_LIMIT, WebchatEmulator
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import Misconfigured, Rejected, Unavailable
from priyom.contracts.events import Event, Pressed, ReadUpTo, Reported, Said, SharedPhone, Typing
from priyom.contracts.message import Button, Edit, File, Message, Outgoing
from priyom.contracts.suite_world import HOOK_SECRET

ANNA, BEK = "visitor_Anna-000000001", "visitor_Bek-0000000002"
OUT = Outgoing("d7", ANNA, Message("Ждём", rows=((Button("Приду", "7:ok"), Button("Карта", url="https://m.example")),)))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("webchat", timeout=10)
    made.emulator.put(ANNA, "Анна", True)
    yield made
    await made.close()


def site(stage: Stage) -> WebchatEmulator:
    assert isinstance(stage.emulator, WebchatEmulator)
    return stage.emulator


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


async def test_an_open_page_tells_got_and_seen(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    got, seen = await stage.heard()
    assert isinstance(got, Reported)
    assert isinstance(seen, ReadUpTo)
    assert got.provider_id == seen.provider_id == receipt.provider_id
    assert seen.address == ANNA


async def test_a_hidden_page_and_a_closed_one(stage: Stage) -> None:
    site(stage).turn(ANNA, "hidden")
    await send.send(stage.http, stage.account, OUT)
    assert kinds(await stage.heard()) == [Reported]
    site(stage).turn(ANNA, "closed")
    await send.send(stage.http, stage.account, replace(OUT, key="d8"))
    last = await send.send(stage.http, stage.account, replace(OUT, key="d9"))
    assert await stage.heard() == []
    await stage.emulator.say(ANNA, "Вернулась")
    events = await stage.heard()
    assert kinds(events) == [Reported, Reported, ReadUpTo, Said], "got and seen go before the words"
    assert isinstance(events[2], ReadUpTo)
    assert events[2].provider_id == last.provider_id


async def test_a_repeat_is_shown_once(stage: Stage) -> None:
    for _ in range(3):
        await send.send(stage.http, stage.account, OUT)
    assert len(stage.emulator.messages(ANNA)) == 1
    assert kinds(await stage.heard()) == [Reported, ReadUpTo]


async def test_large_files_wait_in_the_storage(stage: Stage) -> None:
    small, large = File("a.txt", "text/plain", b"1"), File("МРТ.zip", "application/zip", b"z" * (INLINE_LIMIT + 1))
    await stage.emulator.say(ANNA, "", [small, large])
    [said] = await stage.heard()
    assert isinstance(said, Said)
    assert [file.ref.partition(":")[0] for file in said.files] == ["data", "stored"]
    assert [file.size for file in said.files] == [1, len(large.content)]
    for file, sent in zip(said.files, (small, large), strict=True):
        assert await send.fetch(stage.http, stage.account, file.ref) == sent.content
    foreign = said.files[1].ref.replace(ANNA, BEK)
    with pytest.raises(Rejected):
        await send.fetch(stage.http, stage.account, foreign)


async def test_a_link_is_no_answer_and_an_edit_takes_buttons_away(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    await stage.heard()
    [shown] = stage.emulator.messages(ANNA)
    await stage.emulator.press(ANNA, shown.id, "0.1")
    assert await stage.heard() == []
    await stage.emulator.press(ANNA, shown.id, "0.0")
    [pressed] = await stage.heard()
    assert isinstance(pressed, Pressed)
    await send.answer_press(stage.http, stage.account, pressed.press_id, "Записали")
    assert site(stage).notes == [(ANNA, "Записали")]
    await send.edit(stage.http, stage.account, Edit(ANNA, receipt.provider_id, Message("Перенесено")))
    with pytest.raises(Impossible):
        await stage.emulator.press(ANNA, shown.id, "0.0")


async def test_signs_of_life(stage: Stage) -> None:
    await send.typing(stage.http, stage.account, ANNA)
    assert site(stage).writing == [ANNA]
    await site(stage).write(ANNA)
    await stage.emulator.share_phone(ANNA, "8 701 123-45-67")
    typing, phone = await stage.heard()
    assert typing == Typing(ANNA)
    assert isinstance(phone, SharedPhone)
    assert (phone.phone, phone.proven) == ("+77011234567", False)


async def test_answers_quote(stage: Stage) -> None:
    await stage.emulator.say(ANNA, "Когда?")
    [said] = await stage.heard()
    assert isinstance(said, Said)
    await send.send(stage.http, stage.account, replace(OUT, reply_to=said.provider_id))
    assert site(stage).dump()["book"][0]["letters"][-1]["reply_to"] == said.provider_id
    assert stage.emulator.messages(ANNA)[0].id == said.provider_id


async def test_a_relay_knows_our_secret_only(stage: Stage) -> None:
    account = stage.channel.account("suite", stage.settings, HOOK_SECRET[::-1])
    for call in (
        send.send(stage.http, account, OUT),
        send.check(stage.http, account),
        send.fetch(stage.http, account, f"stored:{ANNA}/0123456789abcdef"),
    ):
        with pytest.raises(Misconfigured):
            await call
    assert stage.emulator.messages(ANNA) == []


async def test_a_relay_that_is_away(stage: Stage) -> None:
    gone = stage.channel.account("suite", {**stage.settings, "files_url": "http://127.0.0.1:9"}, HOOK_SECRET)
    with pytest.raises(Unavailable):
        await send.fetch(stage.http, gone, f"stored:{ANNA}/0123456789abcdef")


async def test_nobody_acts_before_opening_or_after_leaving(stage: Stage) -> None:
    stage.emulator.put(BEK, "Бек", False)
    for act in (stage.emulator.say(BEK, "да"), stage.emulator.share_phone(BEK, "+77011234567")):
        with pytest.raises(Impossible):
            await act
    await stage.emulator.block(ANNA, True)
    with pytest.raises(Impossible):
        await stage.emulator.say(ANNA, "да")
    with pytest.raises(Impossible):
        stage.emulator.put("+77011234567", "Анна", True)
