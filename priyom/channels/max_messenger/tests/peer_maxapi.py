"""maxapi at our emulator: `peer_maxapi.py talk|poll|hook <base url> <token> <user> [<port> <secret>]`.

`talk` sends, uploads, edits and provokes errors; `poll` takes what waits by GET /updates; `hook` subscribes an address
and takes four updates on that port. Prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiohttp import TCPConnector, web
from maxapi import Bot, Dispatcher
from maxapi.client.default import DefaultConnectionProperties
from maxapi.enums.message_link_type import MessageLinkType
from maxapi.enums.sender_action import SenderAction
from maxapi.enums.upload_type import UploadType
from maxapi.exceptions.max import InvalidToken, MaxApiError, MaxUploadFileFailed
from maxapi.types import BotStarted, BotStopped, CallbackButton, InputMediaBuffer, MessageCallback, MessageCreated
from maxapi.types.message import NewMessageLink
from maxapi.utils.inline_keyboard import InlineKeyboardBuilder
from maxapi.webhook.aiohttp import AiohttpMaxWebhook

PDF, JPEG, MP3 = b"%PDF-1.4 made up", b"\xff\xd8\xff\xe0 made up \xff\xd9", b"ID3\x04 made up"


def rows() -> Any:
    """One row of two choices."""
    builder = InlineKeyboardBuilder()
    builder.row(CallbackButton(text="Приду", payload="v:1:ok"), CallbackButton(text="Нет", payload="v:1:no"))
    return builder.as_markup()


def paper() -> InputMediaBuffer:
    """A file to upload."""
    return InputMediaBuffer(PDF, "Анализ", type=UploadType.FILE)


async def talk(bot: Bot, user: int) -> dict[str, Any]:
    """What it sends, and how it understands our answers."""
    me = await bot.get_me()
    said: dict[str, Any] = {"me": [me.username, me.is_bot]}
    sent = (await bot.send_message(user_id=user, text="Ждём вас", attachments=[rows()])).message
    said["sent"] = [sent.body.text, sent.recipient.user_id == user, sent.recipient.chat_id == user ^ me.user_id]
    said["buttons"] = [button.payload for button in sent.body.attachments[0].payload.buttons[0]]
    link = NewMessageLink(type=MessageLinkType.REPLY, mid=sent.body.mid)
    said["quoted"] = (await bot.send_message(user_id=user, text="И ещё", link=link)).message.link.message.text
    said["edited"] = (await bot.edit_message(sent.body.mid, "Перенесено", attachments=[])).success
    standing = await bot.get_message(sent.body.mid)
    said["standing"] = [standing.body.text, standing.body.attachments or []]
    file = (await bot.send_message(user_id=user, text="Результат", attachments=[paper(), rows()])).message
    said["file"] = [item.type for item in file.body.attachments]
    said["downloaded"] = (await bot.download_bytes(file.body.attachments[0].payload.url)).decode()
    image = InputMediaBuffer(JPEG, "снимок", type=UploadType.IMAGE)
    seen = (await bot.send_message(user_id=user, attachments=[image])).message
    said["image"] = [seen.body.attachments[0].type, bool(seen.body.attachments[0].payload.token)]
    sound = InputMediaBuffer(MP3, "запись", type=UploadType.AUDIO)
    said["audio"] = (await bot.send_message(user_id=user, attachments=[sound])).message.body.attachments[0].type
    said["typing"] = (await bot.send_action(user ^ me.user_id, SenderAction.TYPING_ON)).success
    found = await bot.get_messages(chat_id=user ^ me.user_id, count=1)
    said["history"] = found.messages[0].body.attachments[0].type
    hooks = (await bot.get_subscriptions()).subscriptions
    said["hooks"] = [hook.url for hook in hooks]
    said["errors"] = await errors(bot, user)
    return said


async def errors(bot: Bot, user: int) -> list[list[Any]]:
    """Status and code of each refusal."""
    broken = InputMediaBuffer(b"no picture", "снимок", type=UploadType.IMAGE)
    calls = [
        bot.send_message(user_id=999, text="Ждём вас"),
        bot.send_message(chat_id=user, text="Ждём вас"),
        bot.send_message(user_id=user, text=" "),
        bot.send_message(user_id=user, text="x", attachments=[paper(), paper()]),
        bot.send_message(user_id=user, attachments=[broken]),
        bot.edit_message("mid.unknown", "x"),
        bot.send_callback("unknown", notification="x"),
        bot.get_updates(timeout=0),
        bot.send_message(user_id=210047, text="Ждём вас"),
        bot.send_message(user_id=210048, text="Ждём вас"),
    ]
    found: list[list[Any]] = []
    for call in calls:
        try:
            await call
            found.append([0, "none"])
        except MaxApiError as error:
            found.append([error.code, error.raw.get("code") if isinstance(error.raw, dict) else ""])
        except MaxUploadFileFailed:
            found.append([0, "upload"])
    stranger = Bot("x" * 30, default_connection=bot.default_connection)
    stranger.set_api_url(bot.api_url)
    try:
        await stranger.get_me()
    except InvalidToken:
        found.append([401, "token"])
    await stranger.close_session()
    return found


def listening(wanted: int) -> tuple[Dispatcher, list[list[Any]], asyncio.Event]:
    """(a dispatcher, what it has heard, whether that is enough)."""
    router, heard, enough = Dispatcher(), [], asyncio.Event()

    def hear(*words: Any) -> None:
        heard.append(list(words))
        if len(heard) >= wanted:
            enough.set()

    @router.bot_started()
    async def start(event: BotStarted) -> None:
        hear("start", event.user.user_id, event.payload)

    @router.bot_stopped()
    async def stop(event: BotStopped) -> None:
        hear("stop", event.user.user_id)

    @router.message_callback()
    async def press(event: MessageCallback) -> None:
        done = await event.bot.send_callback(event.callback.callback_id, notification="Записали")
        hear("press", event.callback.payload, event.message.body.mid, done.success)

    @router.message_created()
    async def message(event: MessageCreated) -> None:
        body = event.message.body
        items = []
        for item in body.attachments or []:
            if str(item.type) == "contact":
                items.append([str(item.type), item.payload.vcf.phone])
            else:
                content = await event.bot.download_bytes(item.payload.url)
                items.append([str(item.type), content.decode("latin-1")])
        hear("message", event.message.sender.user_id, body.text, items)

    return router, heard, enough


async def poll(bot: Bot, wanted: int) -> list[list[Any]]:
    """What waits, taken by maxapi's own polling."""
    router, heard, enough = listening(wanted)
    task = asyncio.create_task(router.start_polling(bot))
    await asyncio.wait_for(enough.wait(), 40)
    await router.stop_polling()
    await task
    return heard


async def hook(bot: Bot, port: int, secret: str, wanted: int) -> list[list[Any]]:
    """What comes to maxapi's own webhook server."""
    router, heard, enough = listening(wanted)
    app = AiohttpMaxWebhook(dp=router, bot=bot, secret=secret).create_app(path="/hook")
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await bot.delete_webhook()
    await bot.subscribe_webhook("https://clinic.example/hook", secret=secret)
    await asyncio.wait_for(enough.wait(), 40)
    await bot.delete_webhook()
    await runner.cleanup()
    return heard


async def main(what: str, base: str, token: str, user: str, *more: str) -> Any:
    plain = DefaultConnectionProperties(max_retries=0, connector=TCPConnector())
    bot = Bot(
        token,
        default_connection=plain,
        auto_requests=False,
        after_input_media_delay=0.01,
        after_upload_retry_delay=0.05,
    )
    bot.set_api_url(base)
    try:
        if what == "talk":
            return await talk(bot, int(user))
        if what == "poll":
            return await poll(bot, int(more[0]))
        return await hook(bot, int(more[0]), more[1], int(more[2]))
    finally:
        await bot.close_session()


sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:]))))
