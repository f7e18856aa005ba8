"""A third party's client agrees with our fake Telegram: aiogram's Bot talks to it, and its types read our updates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import pytest
import pytest_asyncio

from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode

aiogram = pytest.importorskip("aiogram", reason="aiogram is among the development requirements")
server_kind = import_module("aiogram.bot.api").TelegramAPIServer
exceptions = import_module("aiogram.utils.exceptions")

ADDRESS = "500100200"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person."""
    made = await Stage.open("telegram")
    made.emulator.put(ADDRESS, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


@pytest_asyncio.fixture
async def bot(stage: Stage) -> AsyncIterator[Any]:
    """aiogram's bot at our emulator."""
    root = stage.settings["base_url"]
    server = server_kind(base=f"{root}/bot{{token}}/{{method}}", file=f"{root}/file/bot{{token}}/{{path}}")
    made = aiogram.Bot(stage.settings["token"], server=server)
    try:
        yield made
    finally:
        await made.session.close()


def keyboard() -> Any:
    """One row of two choices."""
    made = aiogram.types.InlineKeyboardMarkup()
    make = aiogram.types.InlineKeyboardButton
    return made.row(make("Приду", callback_data="v:1:ok"), make("Нет", callback_data="v:1:no"))


async def test_it_sends_edits_and_answers(stage: Stage, bot: Any) -> None:
    me = await bot.get_me()
    assert me.username == "clinic_demo_bot"
    sent = await bot.send_message(int(ADDRESS), "Ждём вас", reply_markup=keyboard())
    assert (sent.text, sent.chat.id, sent.reply_markup.inline_keyboard[0][1].callback_data) == (
        "Ждём вас",
        int(ADDRESS),
        "v:1:no",
    )
    shown = stage.emulator.messages(ADDRESS)[-1]
    assert [label for _, label in shown.buttons] == ["Приду", "Нет"]

    await stage.emulator.press(ADDRESS, shown.id, shown.buttons[0][0])
    await stage.world.settled()
    update = aiogram.types.Update.to_object(json.loads(stage.received[-1].body))
    assert update.callback_query.data == "v:1:ok"
    assert update.callback_query.message.message_id == sent.message_id
    assert await bot.answer_callback_query(update.callback_query.id, "Записали") is True

    edited = await bot.edit_message_text("Перенесено", int(ADDRESS), sent.message_id)
    assert edited.text == "Перенесено"
    assert stage.emulator.messages(ADDRESS)[-1].buttons == ()
    with pytest.raises(exceptions.MessageNotModified):
        await bot.edit_message_text("Перенесено", int(ADDRESS), sent.message_id)


async def test_it_reads_our_updates(stage: Stage) -> None:
    phone = stage.emulator
    phone.put("500100201", "Бек", False)
    await phone.start_chat("500100201", "p-9f3kQ2")
    await phone.say(ADDRESS, "да")
    await phone.share_phone(ADDRESS, "+79001234567")
    await phone.block(ADDRESS, True)
    await stage.world.settled()
    updates = [aiogram.types.Update.to_object(json.loads(request.body)) for request in stage.received]
    messages = [update.message for update in updates if update.message]
    assert {message.text for message in messages} == {"/start p-9f3kQ2", "да", None}
    assert [m.get_args() for m in messages if m.is_command()] == ["p-9f3kQ2"]
    [card] = [message.contact for message in messages if message.contact]
    assert (card.phone_number, card.user_id) == ("79001234567", int(ADDRESS))
    [change] = [update.my_chat_member for update in updates if update.my_chat_member]
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")


async def test_it_knows_our_errors(stage: Stage, bot: Any) -> None:
    with pytest.raises(exceptions.ChatNotFound):
        await bot.send_message(999, "Ждём вас")
    with pytest.raises(exceptions.MessageTextIsEmpty):
        await bot.send_message(int(ADDRESS), " ")
    with pytest.raises(exceptions.MessageIsTooLong):
        await bot.send_message(int(ADDRESS), "я" * 4097)
    stage.emulator.put("500100201", "Бек", False)
    with pytest.raises(exceptions.CantInitiateConversation):
        await bot.send_message(500100201, "Ждём вас")
    await stage.emulator.block(ADDRESS, True)
    with pytest.raises(exceptions.BotBlocked):
        await bot.send_message(int(ADDRESS), "Ждём вас")
    with pytest.raises(exceptions.InvalidQueryID):
        await bot.answer_callback_query("1")
    with pytest.raises(exceptions.TerminatedByOtherGetUpdates.__mro__[1]):
        await bot.get_updates()
    stage.emulator.mode = Mode.THROTTLE
    with pytest.raises(exceptions.RetryAfter) as caught:
        await bot.send_message(int(ADDRESS), "Ждём вас")
    assert caught.value.timeout == 2


async def test_it_sets_the_webhook_and_takes_files(stage: Stage, bot: Any) -> None:
    assert await bot.set_webhook("https://clinic.example/hooks/telegram/a", allowed_updates=["message"]) is True
    info = await bot.get_webhook_info()
    assert (info.url, info.allowed_updates) == ("https://clinic.example/hooks/telegram/a", ["message"])
    with pytest.raises(exceptions.BadWebhook):
        await bot.set_webhook("http://clinic.example/hooks")
    assert await bot.delete_webhook() is True
    await stage.emulator.send_file(ADDRESS, "analiz.pdf", "application/pdf", b"%PDF-made-up")  # type: ignore[attr-defined]
    [update] = await bot.get_updates()
    taken = await bot.download_file_by_id(update.message.document.file_id)
    assert taken.read() == b"%PDF-made-up"
