"""aiogram at our emulator: `peer_aiogram.py talk|poll|hook <base url> <token> <chat> [<port> <secret>]`.

`talk` sends, edits and provokes errors; `poll` takes what waits by getUpdates; `hook` sets a webhook on that port and
takes four updates there. Prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiogram import Bot, Dispatcher, F, exceptions
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    Message,
    ReplyParameters,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

ROWS = InlineKeyboardMarkup(
    inline_keyboard=[
        [
            InlineKeyboardButton(text="Приду", callback_data="v:1:ok"),
            InlineKeyboardButton(text="Нет", callback_data="v:1:no"),
        ]
    ]
)
PDF = BufferedInputFile(b"%PDF made up", "Анализ.pdf")
JPEG = BufferedInputFile(b"\xff\xd8\xff made up", "снимок.jpg")


async def talk(bot: Bot, chat: int) -> dict[str, Any]:
    """What it sends, and how it understands our answers."""
    said: dict[str, Any] = {"me": (await bot.get_me()).username}
    sent = await bot.send_message(chat, "Ждём вас", reply_markup=ROWS)
    said["sent"] = [sent.text, sent.chat.id, sent.reply_markup.inline_keyboard[0][1].callback_data]
    answered = await bot.send_message(chat, "И ещё", reply_parameters=ReplyParameters(message_id=sent.message_id))
    said["quoted"] = answered.reply_to_message.text
    said["edited"] = (await bot.edit_message_text("Перенесено", chat_id=chat, message_id=sent.message_id)).text
    photo = await bot.send_photo(chat, JPEG, caption="снимок")
    said["photo"] = [photo.caption, len(photo.photo)]
    paper = await bot.send_document(chat, PDF, reply_markup=ROWS)
    said["document"] = [paper.document.file_name, paper.document.mime_type]
    said["again"] = (await bot.send_document(chat, paper.document.file_id)).document.file_id == paper.document.file_id
    album = await bot.send_media_group(chat, [InputMediaDocument(media=PDF), InputMediaDocument(media=PDF)])
    said["album"] = len({item.media_group_id for item in album}), len(album)
    voice = await bot.send_voice(chat, BufferedInputFile(b"OggS made up", "голос.ogg"))
    said["voice"] = voice.voice.duration > 0
    said["caption"] = (await bot.edit_message_caption(chat_id=chat, message_id=paper.message_id, caption="x")).caption
    said["typing"] = await bot.send_chat_action(chat, "typing")
    said["downloaded"] = (await bot.download(paper.document.file_id)).read().decode()
    said["hook"] = (await bot.get_webhook_info()).url
    said["errors"] = await errors(bot, chat, sent.message_id)
    return said


async def errors(bot: Bot, chat: int, standing: int) -> list[list[Any]]:
    """Kind and words of each refusal."""
    many = [InputMediaDocument(media=PDF)] * 11
    calls = [
        bot.send_message(999, "Ждём вас"),
        bot.send_message(chat, " "),
        bot.send_message(chat, "я" * 4097),
        bot.send_photo(chat, PDF),
        bot.send_document(chat, PDF, caption="я" * 1025),
        bot.send_media_group(chat, many),
        bot.edit_message_text("Перенесено", chat_id=chat, message_id=standing),
        bot.edit_message_caption(chat_id=chat, message_id=standing, caption="x"),
        bot.send_message(chat, "x", reply_parameters=ReplyParameters(message_id=9999)),
        bot.answer_callback_query("1"),
        bot.get_updates(),
        bot.set_webhook("http://clinic.example/hooks"),
        bot.send_message(500100209, "Ждём вас"),
        bot.send_message(500100208, "Ждём вас"),
    ]
    found = []
    for call in calls:
        try:
            await call
            found.append(["none", ""])
        except exceptions.TelegramAPIError as error:
            found.append([type(error).__name__, error.message])
    try:
        for _ in range(40):
            await bot.send_message(chat, "быстро")
    except exceptions.TelegramRetryAfter as error:
        found.append(["TelegramRetryAfter", error.retry_after])
    return found


def listening(bot: Bot, wanted: int) -> tuple[Dispatcher, list[list[Any]], asyncio.Event]:
    """(a dispatcher, what it has heard, whether that is enough)."""
    router, heard, enough = Dispatcher(), [], asyncio.Event()

    def hear(*words: Any) -> None:
        heard.append(list(words))
        if len(heard) >= wanted:
            enough.set()

    @router.message(CommandStart(deep_link=True))
    async def start(message: Message, command: CommandObject) -> None:
        hear("start", message.from_user.id, command.args)

    @router.message(F.contact)
    async def contact(message: Message) -> None:
        hear("contact", message.contact.phone_number, message.contact.user_id == message.from_user.id)

    @router.message(F.voice)
    async def voice(message: Message) -> None:
        hear("voice", message.voice.mime_type, (await bot.download(message.voice)).read().decode())

    @router.message(F.photo)
    async def photo(message: Message) -> None:
        hear("photo", message.caption, (await bot.download(message.photo[-1])).read().decode("latin-1"))

    @router.message(F.text)
    async def text(message: Message) -> None:
        hear("text", message.text)

    @router.callback_query()
    async def press(query: CallbackQuery) -> None:
        hear("press", query.data, query.message.message_id, await query.answer("Записали"))

    @router.my_chat_member()
    async def member(change: ChatMemberUpdated) -> None:
        hear("member", change.old_chat_member.status, change.new_chat_member.status)

    return router, heard, enough


async def poll(bot: Bot, wanted: int) -> list[list[Any]]:
    """What waits, taken by aiogram's own polling."""
    router, heard, enough = listening(bot, wanted)
    task = asyncio.create_task(
        router.start_polling(bot, handle_as_tasks=False, handle_signals=False, polling_timeout=1)
    )
    await asyncio.wait_for(enough.wait(), 40)
    await router.stop_polling()
    await task
    return heard


async def hook(bot: Bot, port: int, secret: str, wanted: int) -> list[list[Any]]:
    """What comes to aiogram's own webhook server."""
    router, heard, enough = listening(bot, wanted)
    app = web.Application()
    SimpleRequestHandler(router, bot, secret_token=secret, handle_in_background=False).register(app, path="/hook")
    setup_application(app, router, bot=bot)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=secret, drop_pending_updates=True)
    await asyncio.wait_for(enough.wait(), 40)
    await bot.delete_webhook()
    await runner.cleanup()
    return heard


async def main(what: str, base: str, token: str, chat: str, *more: str) -> Any:
    server = TelegramAPIServer(base=f"{base}/bot{{token}}/{{method}}", file=f"{base}/file/bot{{token}}/{{path}}")
    async with Bot(token, session=AiohttpSession(api=server)) as bot:
        if what == "talk":
            return await talk(bot, int(chat))
        if what == "poll":
            return await poll(bot, int(more[0]))
        return await hook(bot, int(more[0]), more[1], int(more[2]))


sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:]))))
