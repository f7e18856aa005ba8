"""The vendor's library at our emulator: `peer_pybotx.py <cts url> <bot> <secret> <huid,huid> <group> <calls> <v1|v2>`.

`calls` is what our emulator has called, as JSON: `[{"path", "headers", "body"}, ...]`. Prints what the library did and
understood."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from uuid import UUID, uuid4

from pybotx import (
    Bot,
    BotAccountWithSecret,
    BotXAuthVersion,
    BubbleMarkup,
    ChatCreatedEvent,
    HandlerCollector,
    IncomingMessage,
    OutgoingAttachment,
    lifespan_wrapper,
)

collector = HandlerCollector()
understood: list[list[Any]] = []


@collector.default_message_handler
async def said(message: IncomingMessage, bot: Bot) -> None:
    """Words, files and presses."""
    file = message.file.filename if message.file else None
    source = str(message.source_sync_id) if message.source_sync_id else None
    understood.append([message.body, message.data, source, str(message.sender.huid), message.chat.type.name, file])


@collector.chat_created
async def opened(event: ChatCreatedEvent, bot: Bot) -> None:
    """A dialog opened."""
    understood.append(["created", str(event.creator_id), len(event.members)])


async def hear(bot: Bot, calls: list[dict[str, Any]]) -> list[str]:
    """Verify and dispatch what the emulator called; who of the forged was refused."""
    refused = []
    for call in calls:
        body = json.loads(call["body"])
        if call["path"].endswith("/callback"):
            await bot.set_raw_botx_method_result(body, request_headers=call["headers"])
        else:
            await bot.dispatch_raw_command(body, request_headers=call["headers"])
        try:
            await bot.dispatch_raw_command(body, request_headers={"authorization": "Bearer " + "x" * 20})
        except Exception as error:
            refused.append(type(error).__name__)
    return refused


async def drive(bot: Bot, number: UUID, huid: UUID, other: UUID, group: UUID) -> dict[str, Any]:
    """Everything our adapter does too, done by the library."""
    chat = await bot.ensure_personal_chat(bot_id=number, user_huid=huid)
    made = await bot.ensure_personal_chat(bot_id=number, user_huid=other)
    bubbles = BubbleMarkup()
    bubbles.add_button("Взял", "/priyom", {"press": "t:18:take"})
    bubbles.add_button("Карта", link="https://clinic.example", new_row=False)
    paper = OutgoingAttachment(b"%PDF", "a.pdf")
    sent = await bot.send_message_sync(
        bot_id=number, chat_id=chat.chat_id, body="Задача 18", bubbles=bubbles, file=paper, metadata={"task": 18}
    )
    later = await bot.send_message(bot_id=number, chat_id=group, body="Всем", wait_callback=False)
    status = await bot.get_message_status(bot_id=number, sync_id=sent)
    await bot.edit_message(bot_id=number, sync_id=sent, body="Взяла Анна", bubbles=BubbleMarkup())
    await bot.start_typing(bot_id=number, chat_id=group)
    chats = await bot.list_chats(bot_id=number)
    gone = await bot.send_message_sync(bot_id=number, chat_id=group, body="Лишнее")
    await bot.delete_message(bot_id=number, sync_id=gone)
    refused = []
    for attempt in (
        bot.send_message_sync(bot_id=number, chat_id=uuid4(), body="да"),
        bot.get_message_status(bot_id=number, sync_id=uuid4()),
        bot.ensure_personal_chat(bot_id=number, user_huid=uuid4()),
        bot.delete_message(bot_id=number, sync_id=uuid4()),
    ):
        try:
            await attempt
        except Exception as error:
            refused.append(type(error).__name__)
    return {
        "made": str(made.chat_id) != str(chat.chat_id),
        "sent": str(sent),
        "later": str(later),
        "status": [[str(one) for one in status.sent_to], [str(one) for one in status.received_by]],
        "chats": [chat.name for chat in chats],
        "refused": refused,
    }


async def main(url: str, bot_id: str, secret: str, people: str, group: str, calls: str, version: str) -> dict[str, Any]:
    account = BotAccountWithSecret(id=UUID(bot_id), cts_url=url, secret_key=secret)
    bot = Bot(collectors=[collector], bot_accounts=[account], auth_version=BotXAuthVersion(version))
    async with lifespan_wrapper(bot):
        forged = await hear(bot, json.loads(calls))
        done = await drive(bot, UUID(bot_id), *map(UUID, people.split(",")), UUID(group))
    return {**done, "understood": understood, "forged": forged}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:]))) + "\n")
