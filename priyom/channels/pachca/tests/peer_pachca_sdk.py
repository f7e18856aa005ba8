"""The vendor's own library at our emulator: `peer_pachca_sdk.py <base url> <token> <person> <chat>`."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from pachca.client import PachcaClient
from pachca.models import (
    ApiError,
    BotWebhookSelfUpdateRequest,
    BotWebhookSelfUpdateRequestWebhook,
    Button,
    FileUploadRequest,
    ListReadMembersParams,
    MessageCreateRequest,
    MessageCreateRequestFile,
    MessageCreateRequestMessage,
    MessageEntityType,
    MessageUpdateRequest,
    MessageUpdateRequestMessage,
    OAuthError,
)


async def main(base: str, token: str, person: int, chat: int) -> dict[str, object]:
    client = PachcaClient(token, base)
    me, info = await client.profile.get_profile(), await client.profile.get_token_info()
    form = await client.common.get_upload_params() if hasattr(client.common, "get_upload_params") else None
    form = form or await client.files.get_upload_params()
    parts = {name: value for name, value in asdict(form).items() if name != "direct_url"}
    await client.files.upload_file(form.direct_url, FileUploadRequest(**parts, file=b"made up"))
    paper = MessageCreateRequestFile(form.key.replace("${filename}", "upload"), "upload", "file", 7)
    buttons = [[Button("Взял", data="t:17:take"), Button("Карта", url="https://clinic.example")]]
    asked = MessageCreateRequestMessage(person, MessageEntityType.USER, "Задача 17", [paper], buttons)
    sent = await client.messages.create_message(MessageCreateRequest(asked))
    group = await client.messages.create_message(
        MessageCreateRequest(MessageCreateRequestMessage(chat, content="Всем"))
    )
    changed = MessageUpdateRequest(MessageUpdateRequestMessage("Взяла Анна", buttons=[]))
    edited = await client.messages.update_message(sent.id, changed)
    found = await client.messages.get_message(sent.id)
    readers = await client.read_members.list_read_members(sent.id, ListReadMembersParams())
    events = []
    async for event in client.bots.poll_webhook_events(created_after=datetime(2020, 1, 1, tzinfo=UTC)):
        events.append(event)
        if len(events) == 3:
            break
    url = BotWebhookSelfUpdateRequest(BotWebhookSelfUpdateRequestWebhook("https://clinic.example/hook"))
    await client.bots.self_update_bot_webhook(url)
    refused = []
    for wrong in (MessageCreateRequestMessage(999, MessageEntityType.USER, "да"), MessageCreateRequestMessage(chat)):
        try:
            await client.messages.create_message(MessageCreateRequest(wrong))
        except ApiError as error:
            refused.append([str(getattr(item.code, "value", item.code)) for item in error.errors or ()])
    stranger = PachcaClient("wrong", base)
    try:
        await stranger.profile.get_profile()
    except OAuthError as error:
        refused.append([str(getattr(error.error, "value", error.error))])
    return {
        "bot": [me.bot, me.nickname, info.user_id == me.id],
        "sent": [sent.content, sent.buttons[0][0].data, sent.files[0].name, group.entity_type.value],
        "edited": [edited.content, edited.buttons, found.content],
        "readers": readers["data"] if isinstance(readers, dict) else list(readers.data),
        "events": [[type(event.payload).__name__, event.event_type, event.payload.user_id] for event in events],
        "press": events[1].payload.data,
        "refused": refused,
        "number": sent.id,
    }


if __name__ == "__main__":
    base_url, bot_token, user, group_chat = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(main(base_url, bot_token, int(user), int(group_chat)))) + "\n")
