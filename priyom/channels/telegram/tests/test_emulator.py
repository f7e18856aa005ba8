"""The fake Telegram is as strict as the true one: what it refuses, and what becomes of updates nobody takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from priyom.channels.telegram.emulator import Emulator
from priyom.channels.telegram.send import connect, fetch
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, NoSuchPhone
from priyom.contracts.errors import Misconfigured, OptedOut, Rejected
from priyom.contracts.events import Pressed, Said, Started
from priyom.contracts.message import Button, Edit, File, Message, Outgoing

ADDRESS = "500100200"
CHOICE = Message("Ждём вас", rows=((Button("Приду", "ok"),),))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person."""
    made = await Stage.open("telegram")
    made.emulator.put(ADDRESS, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def phone(stage: Stage) -> Emulator:
    """The emulator by its own type."""
    return cast(Emulator, stage.emulator)


async def raw(stage: Stage, method: str, **given: Any) -> dict[str, Any]:
    """A call of the Bot API as anybody could make it."""
    url = f"{stage.settings['base_url']}/bot{stage.settings['token']}/{method}"
    answer = await stage.http.request("POST", url, json={"chat_id": int(ADDRESS), "text": "да", **given})
    said: dict[str, Any] = answer.json()
    assert (answer.status == 200) is said["ok"]
    assert said["ok"] or said["error_code"] == answer.status
    return said


async def send(stage: Stage, message: Message) -> str:
    """One message to the person; its id."""
    receipt = await stage.channel.sender.send(stage.http, stage.account, Outgoing("k", ADDRESS, message))
    return receipt.provider_id


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": ""}, "message text is empty"),
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": "@somebody"}, "chat not found"),
        ({"parse_mode": "HTML"}, "unsupported parse_mode"),
        ({"text": "👍" * 2049}, "message is too long"),
        ({"reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "", "callback_data": "x"}]]}}, "must be non-empty"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "я" * 33}]]}}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a"}]]}}, "unallowed in the inline keyboard"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a", "url": "clinic"}]]}}, "Wrong HTTP URL"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "x"}] * 101]}}, "markup is too long"),
    ],
)
async def test_it_refuses(stage: Stage, given: dict[str, Any], said: str) -> None:
    answer = await raw(stage, "sendMessage", **given)
    assert answer["error_code"] == 400
    assert said in answer["description"]
    assert phone(stage).messages(ADDRESS) == []


async def test_it_takes_forms_with_nested_json_and_any_case(stage: Stage) -> None:
    url = f"{stage.settings['base_url']}/bot{stage.settings['token']}/SENDmessage"
    markup = json.dumps({"inline_keyboard": [[{"text": "Приду", "callback_data": "ok"}]]})
    answer = await stage.http.request("POST", url, form={"chat_id": ADDRESS, "text": "да", "reply_markup": markup})
    assert answer.json()["result"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "ok"


@pytest.mark.parametrize(
    ("token", "method", "status"),
    [("nonsense", "getMe", 401), ("7000000009:" + "x" * 35, "getMe", 401), ("", "getMe", 404), (None, "getYou", 404)],
)
async def test_wrong_paths(stage: Stage, token: str | None, method: str, status: int) -> None:
    spelled = stage.settings["token"] if token is None else token
    answer = await stage.http.request("GET", f"{stage.settings['base_url']}/bot{spelled}/{method}")
    assert answer.status == status


async def test_polling_is_refused_under_a_webhook_and_works_without(stage: Stage) -> None:
    assert (await raw(stage, "getUpdates"))["error_code"] == 409
    await raw(stage, "deleteWebhook")
    await phone(stage).say(ADDRESS, "раз")
    await phone(stage).say(ADDRESS, "два")
    first, second = (await raw(stage, "getUpdates"))["result"]
    assert second["update_id"] == first["update_id"] + 1
    assert (await raw(stage, "getUpdates", offset=second["update_id"]))["result"] == [second]


async def test_the_same_again_is_not_modified(stage: Stage) -> None:
    number = int((await send(stage, Message("да"))).partition(":")[2])
    answer = await raw(stage, "editMessageText", message_id=number, text="да")
    assert "message is not modified" in answer["description"]


async def test_a_press_nobody_took_is_lost_after_150_seconds(stage: Stage) -> None:
    await send(stage, CHOICE)
    shown = phone(stage).messages(ADDRESS)[-1]
    for wait, wanted in ((149, [Pressed, Said]), (151, [Said])):
        stage.refusals[:] = [500] * 3
        await phone(stage).press(ADDRESS, shown.id, "0.0")
        await stage.world.settled()
        stage.world.turn(timedelta(seconds=wait))
        await phone(stage).say(ADDRESS, "да")
        assert [type(event) for event in await stage.heard()] == wanted


async def test_what_waits_goes_when_asked_and_survives_a_restart(stage: Stage) -> None:
    stage.refusals[:] = [500] * 3
    await phone(stage).say(ADDRESS, "да")
    await stage.world.settled()
    assert (await raw(stage, "getWebhookInfo"))["result"]["pending_update_count"] == 1
    phone(stage).load(json.loads(json.dumps(phone(stage).dump())))
    phone(stage).deliver_pending()
    [event] = await stage.heard()
    assert isinstance(event, Said)


async def test_a_note_too_late_is_done_for_us(stage: Stage) -> None:
    await send(stage, CHOICE)
    await phone(stage).press(ADDRESS, phone(stage).messages(ADDRESS)[-1].id, "0.0")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    await stage.channel.sender.answer_press(stage.http, stage.account, event.press_id, "Записали")
    assert phone(stage).answers(ADDRESS) == ["Записали"]
    stage.world.turn(timedelta(seconds=151))
    assert not (await raw(stage, "answerCallbackQuery", callback_query_id=event.press_id))["ok"]
    await stage.channel.sender.answer_press(stage.http, stage.account, event.press_id, "Поздно")
    assert phone(stage).answers(ADDRESS) == ["Записали"]


async def test_webhooks_are_checked_as_telegram_does(stage: Stage) -> None:
    await connect(stage.http, stage.account, stage.hook_url)
    assert (await stage.channel.sender.check(stage.http, stage.account)).webhook == stage.hook_url
    phone(stage).loopback = False
    for url in (stage.hook_url, "http://clinic.example/x", "https://clinic.example:8000/x", "https://10.0.0.1/x"):
        with pytest.raises(Misconfigured, match="bad webhook"):
            await connect(stage.http, stage.account, url)
    await connect(stage.http, stage.account, "https://clinic.example:8443/x")


async def test_what_a_person_cannot_do(stage: Stage) -> None:
    people = phone(stage)
    people.put("500100201", "Бек", False)
    await send(stage, CHOICE)
    shown = people.messages(ADDRESS)[-1]
    with pytest.raises(NoSuchPhone):
        await people.say("1", "да")
    with pytest.raises(Impossible):
        await people.say("500100201", "да")
    with pytest.raises(Impossible):
        await people.start_chat("500100201", "a b")
    with pytest.raises(Impossible):
        await people.press(ADDRESS, shown.id, "0.1")
    with pytest.raises(Impossible):
        people.put("anna", "Анна", True)
    await people.block(ADDRESS, True)
    with pytest.raises(Impossible):
        await people.press(ADDRESS, shown.id, "0.0")


async def test_start_lets_a_blocked_bot_in_again(stage: Stage) -> None:
    await phone(stage).block(ADDRESS, True)
    await stage.heard()
    await phone(stage).start_chat(ADDRESS, "p-1")
    assert [event.payload for event in await stage.heard() if isinstance(event, Started)] == ["", "p-1"]
    await send(stage, Message("да"))


async def test_the_contact_button_stands_alone(stage: Stage) -> None:
    await send(stage, Message("Номер?", ask_contact="Отправить номер"))
    assert phone(stage).phones()[0].extra["contact_button"] == "Отправить номер"
    await send(stage, Message("Номер?", rows=CHOICE.rows, ask_contact="Не то"))
    assert phone(stage).phones()[0].extra["contact_button"] == "Отправить номер"
    assert [label for _, label in phone(stage).messages(ADDRESS)[-1].buttons] == ["Приду"]


async def test_a_file_is_fetched(stage: Stage) -> None:
    await phone(stage).say(ADDRESS, "анализ", [File("analiz.pdf", "application/pdf", b"%PDF-made-up")])
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.text, event.files[0].name) == ("анализ", "analiz.pdf")
    assert await fetch(stage.http, stage.account, event.files[0].ref) == b"%PDF-made-up"
    with pytest.raises(Rejected):
        await fetch(stage.http, stage.account, "unknown")


async def test_two_bots_keep_their_messages_apart(stage: Stage) -> None:
    second = {**stage.settings, "token": "7000000002:" + "second-sandbox-token-not-a-secret-1"}
    stage.emulator.attach(second, stage.hook_url, "x" * 32)
    mine = await send(stage, Message("от первого"))
    account = stage.channel.account("second", second, "x" * 32)
    with pytest.raises(Rejected):
        await stage.channel.sender.edit(stage.http, account, Edit(ADDRESS, mine, Message("не моё")))
    await stage.channel.sender.send(stage.http, account, Outgoing("k", ADDRESS, CHOICE))
    await phone(stage).say(ADDRESS, "второму")
    await stage.world.settled()
    assert stage.received[-1].headers["x-telegram-bot-api-secret-token"] == "x" * 32


async def test_a_burst_passes_and_then_telegram_asks_for_pauses(stage: Stage) -> None:
    answers = [await raw(stage, "sendMessage") for _ in range(22)]
    assert [answer["ok"] for answer in answers] == [True] * 20 + [False] * 2
    assert (answers[-1]["error_code"], answers[-1]["parameters"]) == (429, {"retry_after": 1})
    stage.world.turn(timedelta(seconds=1))
    assert [(await raw(stage, "sendMessage"))["ok"] for _ in range(2)] == [True, False]


async def test_all_chats_together_have_a_pace_too(stage: Stage) -> None:
    for number in range(500100300, 500100303):
        phone(stage).put(str(number), "Бек", True)
    answers = [await raw(stage, "sendMessage", chat_id=500100300 + turn % 3) for turn in range(31)]
    assert [answer["ok"] for answer in answers] == [True] * 30 + [False]


async def test_typing_is_seen_by_those_who_could_be_written_to(stage: Stage) -> None:
    await stage.channel.sender.typing(stage.http, stage.account, ADDRESS)
    assert phone(stage).phones()[0].extra["typing_at"] == stage.world.now().timestamp()
    await phone(stage).block(ADDRESS, True)
    with pytest.raises(OptedOut):
        await stage.channel.sender.typing(stage.http, stage.account, ADDRESS)
    assert "action" in (await raw(stage, "sendChatAction", action="sleeping"))["description"]


async def test_the_house_s_public_address_leads_to_the_same_door(stage: Stage) -> None:
    """The sandbox calls on this machine what the clinic has named by its public name."""
    public = stage.hook_url.replace("127.0.0.1", "clinic.example")
    await connect(stage.http, stage.account, public)
    assert (await stage.channel.sender.check(stage.http, stage.account)).webhook == public
    await phone(stage).say(ADDRESS, "да")
    assert len(await stage.heard()) == 1
