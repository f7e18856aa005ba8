"""What exactly leaves, and what the emulator, as strict as VK, says to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.vk import keyboard
from priyom.channels.vk.send import random_id
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import NotReachable, Rejected, Throttled, Uncertain
from priyom.contracts.events import Pressed, ReadUpTo, Reported, Said, Typing
from priyom.contracts.message import Asked, Button, Edit, File, Message, Outgoing, Receipt, Signal

ME, OTHER = "500100200", "500100201"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with two people."""
    made = await Stage.open("vk")
    for address in (ME, OTHER):
        made.emulator.put(address, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def phones(stage: Stage) -> Any:
    """The emulator with what only VK's has."""
    return stage.emulator


async def send(stage: Stage, message: Message | str, key: str, *, to: str = ME, reply_to: str = "") -> Receipt:
    """One message."""
    made = Message(message) if isinstance(message, str) else message
    outgoing = Outgoing(key, to, made, reply_to=reply_to)
    return await stage.channel.sender.send(stage.http, stage.account, outgoing)


@given(st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1, max_size=32))
def test_the_key_makes_a_number_vk_takes(key: str) -> None:
    number = random_id(key)
    assert -(2**31) <= number < 2**31
    assert number != 0
    assert number == random_id(key)


def test_the_number_never_changes_between_versions() -> None:
    assert (random_id("d1"), random_id("d2")) == (-1957469281, -410513346)
    assert len({random_id(f"d{n}") for n in range(1000)}) == 1000


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64))
def test_a_word_comes_back_as_it_was(word: str) -> None:
    made = json.loads(keyboard.inline(((Button("Приду", word),),)))
    payload = made["buttons"][0][0]["action"]["payload"]
    assert len(payload) <= 255
    assert keyboard.word(payload) == keyboard.word(json.loads(payload)) == word


@pytest.mark.parametrize("payload", [None, 7, "", "x", "[1]", "{}", {"p": 7}, {"p": None}, {"command": "start"}, [1]])
def test_other_payloads_are_no_words_of_ours(payload: object) -> None:
    assert keyboard.word(payload) == ""


async def test_the_same_key_twice_is_one_message(stage: Stage) -> None:
    first = await send(stage, "Ждём вас", "d7")
    assert await send(stage, "Ждём вас", "d7") == first
    assert (await send(stage, "Ждём вас", "d7", to=OTHER)).provider_id == f"{OTHER}:1"
    assert len(stage.emulator.messages(ME)) == 1
    stage.world.turn(timedelta(hours=1, seconds=1))
    assert await send(stage, "Ждём вас", "d7") != first


async def test_a_double_is_looked_for_in_a_hundred_messages(stage: Stage) -> None:
    first = await send(stage, "Ждём вас", "d0")
    for number in range(99):
        stage.world.turn(timedelta(seconds=1))
        await send(stage, "и ещё", f"more{number}")
    assert await send(stage, "Ждём вас", "d0") == first
    await send(stage, "и ещё", "one more")
    assert await send(stage, "Ждём вас", "d0") != first


async def test_the_twenty_first_call_in_a_second_is_too_much(stage: Stage) -> None:
    for number in range(20):
        await send(stage, "Ждём вас", f"d{number}")
    with pytest.raises(Throttled) as caught:
        await send(stage, "Ждём вас", "d20")
    assert (caught.value.code, caught.value.after) == ("6", 1.0)
    stage.world.turn(timedelta(seconds=1))
    await send(stage, "Ждём вас", "d20")
    assert len(stage.emulator.messages(ME)) == 21


async def test_a_quotation_and_an_answer_to_it(stage: Stage) -> None:
    await stage.emulator.say(ME, "Можно на вечер?")
    [asked] = await stage.heard()
    assert isinstance(asked, Said)
    await send(stage, "Да, на 18:30", "d1", reply_to=asked.provider_id)
    assert phones(stage).state.people[ME].letters[-1].quoted == 1
    await send(stage, "Ждём", "d2", reply_to=f"{OTHER}:1")
    assert phones(stage).state.people[ME].letters[-1].quoted == 0
    await stage.emulator.say(ME, "да")
    with pytest.raises(Rejected):
        await send(stage, "Ждём", "d3", reply_to=f"{ME}:99")
    with pytest.raises(Rejected):
        await send(stage, "Ждём", "d4", reply_to=f"{ME}:x")


async def test_too_many_buttons_are_refused_as_a_whole(stage: Stage) -> None:
    for rows in ([1] * 7, [6], [5, 5, 1]):
        made = tuple(tuple(Button("Да", "x") for _ in range(width)) for width in rows)
        with pytest.raises(Rejected) as caught:
            await send(stage, Message("Придёте?", rows=made), "d1")
        assert caught.value.code == "911"
    await send(stage, Message("Придёте?", rows=(tuple(Button("Да", "x") for _ in range(5)),) * 2), "d1")
    with pytest.raises(Rejected):
        await send(stage, Message("Придёте?", rows=((Button("Ж" * 41, "x"),),)), "d2")
    with pytest.raises(Rejected):
        await send(stage, Message("Придёте?", rows=((Button("Карта", url="ftp://clinic.example"),),)), "d3")


async def test_buttons_need_the_switch_in_the_community(stage: Stage) -> None:
    phones(stage).state.capabilities = False
    await send(stage, "Без кнопок", "d1")
    with pytest.raises(Exception, match="Возможности ботов"):
        await send(stage, Message("Придёте?", rows=((Button("Да", "x"),),)), "d2")


async def test_a_press_is_answered_once_with_a_note(stage: Stage) -> None:
    await send(stage, Message("Придёте?", rows=((Button("Да", "x"),),)), "d1")
    await stage.emulator.press(ME, "1", "0.0")
    [press] = await stage.heard()
    assert isinstance(press, Pressed)
    answer = stage.channel.sender.answer_press
    await answer(stage.http, stage.account, press.press_id, "Записали " + "я" * 100)
    await answer(stage.http, stage.account, press.press_id, "Поздно")
    assert [len(note) for note in phones(stage).answers(ME)] == [90]
    await stage.emulator.press(ME, "1", "0.0")
    [press] = await stage.heard()
    assert isinstance(press, Pressed)
    stage.world.turn(timedelta(minutes=2))
    await answer(stage.http, stage.account, press.press_id, "")
    await answer(stage.http, stage.account, "", "нажатие текстовой кнопки")
    assert len(phones(stage).answers(ME)) == 1


async def test_pictures_and_papers_go_their_own_ways(stage: Stage) -> None:
    photo, paper = (
        File("карта.png", "image/png", b"\x89PNG made up"),
        File("Памятка.pdf", "application/pdf", b"%PDF made up"),
    )
    await send(stage, Message("Как пройти", files=(photo, paper)), "d1")
    shown = stage.emulator.messages(ME)[-1]
    assert (shown.text, shown.files) == ("Как пройти", ("карта.png", "Памятка.pdf"))
    kinds = [item["type"] for item in phones(stage).state.people[ME].letters[-1].attachments]
    assert kinds == ["photo", "doc"]
    await send(stage, Message("", files=(paper,)), "d2")
    with pytest.raises(Rejected, match="exe"):
        await send(stage, Message("", files=(File("a.exe", "application/octet-stream", b"MZ"),)), "d3")
    with pytest.raises(Rejected):
        await send(stage, Message("", files=(paper,) * 11), "d4")
    stage.emulator.put("500100202", "Бек", False)
    with pytest.raises(NotReachable):
        await send(stage, Message("", files=(paper,)), "d5", to="500100202")


async def test_a_document_of_a_person_is_followed_to_its_store(stage: Stage) -> None:
    await stage.emulator.say(ME, "", [File("выписка.docx", "application/octet-stream", b"made up")])
    [said] = await stage.heard()
    assert isinstance(said, Said)
    [file] = said.files
    assert (file.name, file.size) == ("выписка.docx", 7)
    assert await stage.channel.sender.fetch(stage.http, stage.account, file.ref) == b"made up"
    with pytest.raises(Rejected):
        await stage.channel.sender.fetch(stage.http, stage.account, file.ref + "0")


@pytest.mark.parametrize(
    "ref",
    [
        "http://vk.example/doc", "https://127.0.0.1/doc", "https://[::1]/doc", "https://localhost/doc", "file:///etc/passwd",
        "https://db.internal/doc", "https://10.0.0.1/doc", "", "nonsense", "http://127.0.0.1:9/vk/doc", "https://[bad/doc",
    ],
)  # fmt: skip
async def test_no_file_leads_into_our_own_network(stage: Stage, ref: str) -> None:
    with pytest.raises(Rejected):
        await stage.channel.sender.fetch(stage.http, stage.account, ref)


async def test_reading_is_told_and_can_be_asked_for(stage: Stage) -> None:
    receipts = [await send(stage, "Ждём вас", f"d{number}") for number in range(3)]
    late = await send(stage, "Ждём вас", "other", to=OTHER)
    await phones(stage).read(ME)
    [event] = await stage.heard()
    assert event == ReadUpTo(ME, receipts[-1].provider_id, "VK: message_read")
    await send(stage, "И ещё", "d3")
    asked = [Asked(one.provider_id, "k", ME, stage.world.now()) for one in [*receipts, late, Receipt(f"{ME}:4")]]
    told = await stage.channel.sender.ask(stage.http, stage.account, asked)
    assert told == [Reported(one.provider_id, Signal.READ, "VK: out_read_cmid") for one in receipts]


async def test_typing_both_ways(stage: Stage) -> None:
    await phones(stage).type(ME)
    assert await stage.heard() == [Typing(ME)]
    await stage.channel.sender.typing(stage.http, stage.account, ME)
    assert phones(stage).state.people[ME].typing_at == stage.world.now().timestamp()
    with pytest.raises(NotReachable):
        await stage.channel.sender.typing(stage.http, stage.account, "999")


async def test_a_day_later_nothing_is_mended(stage: Stage) -> None:
    receipt = await send(stage, "Ждём вас", "d1")
    edit = Edit(ME, receipt.provider_id, Message("Перенесено", rows=((Button("Хорошо", "x"),),)))
    await stage.channel.sender.edit(stage.http, stage.account, edit)
    assert [label for _, label in stage.emulator.messages(ME)[-1].buttons] == ["Хорошо"]
    stage.world.turn(timedelta(days=1, seconds=1))
    with pytest.raises(Rejected) as caught:
        await stage.channel.sender.edit(stage.http, stage.account, edit)
    assert caught.value.code == "909"
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(stage.http, stage.account, replace(edit, provider_id="nonsense"))


async def test_a_person_mends_their_own_words(stage: Stage) -> None:
    await stage.emulator.say(ME, "приду")
    [first] = await stage.heard()
    await phones(stage).mend(ME, "1", "не приду")
    [second] = await stage.heard()
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert (second.text, second.reply_to) == ("не приду", first.provider_id)
    assert second.provider_id != first.provider_id


@pytest.mark.parametrize("address", ["", "0", "-5", "club1", "2000000001", "²", "9" * 40, "1.5"])
async def test_no_person_has_such_an_address(stage: Stage, address: str) -> None:
    with pytest.raises(NotReachable):
        await send(stage, "Ждём вас", "d1", to=address)


async def test_the_banned_are_not_reached(stage: Stage) -> None:
    phones(stage).state.people[ME].banned = True
    with pytest.raises(NotReachable) as caught:
        await send(stage, "Ждём вас", "d1")
    assert caught.value.code == "900"


async def test_the_vendor_counts_its_failures_in_a_header(stage: Stage) -> None:
    stage.refusals[:] = [500, 429]
    await stage.emulator.say(ME, "да")
    await stage.world.settled()
    assert [one.headers.get("x-retry-counter") for one in [*stage.refused, *stage.received]] == [None, "1", "2"]


async def test_an_answer_without_a_number_leaves_it_uncertain(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    odd: tuple[Any, ...] = ([], 7, [{"conversation_message_id": 0}], [{}], None, [None], {"a": 1})
    for said in odd:
        monkeypatch.setattr(phones(stage), "_methods", {"messages.send": lambda given, said=said: said})
        with pytest.raises(Uncertain):
            await send(stage, "Ждём вас", "d1")


def test_a_key_whose_digest_begins_with_nothing_still_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("priyom.channels.vk.send.sha256", lambda data: SimpleNamespace(digest=lambda: bytes(32)))
    assert random_id("d1") == 1
