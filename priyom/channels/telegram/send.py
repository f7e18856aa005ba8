"""Calls of the Bot API. Texts go out plain (no parse_mode), so nothing in a patient's name can break a message."""

from __future__ import annotations

import asyncio
from typing import Any

from priyom.channels.telegram import CARD
from priyom.channels.telegram.call import call, exchange
from priyom.channels.telegram.parts import Part, inline, parts
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Edit, Outgoing, Receipt
from priyom.foundation.http import Http

UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
FETCH_LIMIT = 20 * 1024 * 1024  # https://core.telegram.org/bots/api#getfile
NO_PICTURE = ("image_process_failed", "photo_")
"""Telegram cannot show the picture; as a document it takes it."""
NO_TEXT = "no text in the message to edit"
PATIENCE = 5.0
"""Seconds we wait, once, between the parts of one message when Telegram asks for a pause."""


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """sendMessage, sendDocument and their like, sendMediaGroup. The receipt's id is `<chat>:<message>` of the message
    with the words, because message numbers repeat between chats.

    Raises the errors of `contracts.errors`; Uncertain when no answer came after a request had gone, or when only a
    part of several went.
    """
    chat = _chat(outgoing.address)
    for file in outgoing.message.files:
        if len(file.content) > CARD.file_limit:
            raise Rejected(f"Файл «{file.name}» больше 50 МБ: Telegram такой не примет", "413")
    try:
        return await _send(http, account, chat, outgoing, parts(outgoing.message))
    except Rejected as error:
        if not any(piece in error.text.lower() for piece in NO_PICTURE):
            raise
    return await _send(http, account, chat, outgoing, parts(outgoing.message, as_papers=True))


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """editMessageText, or editMessageCaption where the words stand under a file; without buttons the keyboard goes.
    Raises Rejected when the message is gone."""
    chat, number = _split(edit.provider_id)
    body: dict[str, Any] = {"chat_id": chat, "message_id": number}
    if keyboard := inline(edit.message):
        body["reply_markup"] = keyboard
    words = {"text": edit.message.text, "link_preview_options": {"is_disabled": True}}
    try:
        await call(http, account, "editMessageText", {**body, **words})
    except Rejected as error:
        if NO_TEXT not in error.text.lower():
            raise
        await call(http, account, "editMessageCaption", {**body, "caption": edit.message.text})


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """answerCallbackQuery, with a note of at most 200 characters. Too late counts as done."""
    await call(http, account, "answerCallbackQuery", {"callback_query_id": press_id, "text": text[:200]})


async def typing(http: Http, account: Account, address: str) -> None:
    """sendChatAction: «печатает» for five seconds or till the next message."""
    await call(http, account, "sendChatAction", {"chat_id": _chat(address), "action": "typing"})


async def check(http: Http, account: Account) -> Identity:
    """getMe and getWebhookInfo. `name` is the bot's username; `note` is Telegram's last trouble with our webhook."""
    me = await call(http, account, "getMe", {})
    hook = await call(http, account, "getWebhookInfo", {})
    try:
        note = str(hook.get("last_error_message") or "")
        return Identity(me["username"], me["first_name"], note, str(hook.get("url") or ""))
    except (KeyError, TypeError, AttributeError):
        raise Misconfigured("По этому адресу отвечает не Telegram") from None


async def connect(http: Http, account: Account, url: str) -> None:
    """setWebhook to our address with our secret; where the account asks for updates itself, the webhook is taken away
    (what waits for it stays). Raises Misconfigured when Telegram does not take the address."""
    if account.settings.updates == "polling":
        await call(http, account, "deleteWebhook", {})
        return
    body = {"url": url, "secret_token": account.hook_secret, "allowed_updates": UPDATES}
    await call(http, account, "setWebhook", body)


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file by its `file_id`, at most 20 MB. Raises Rejected when it is bigger or gone."""
    found = await call(http, account, "getFile", {"file_id": ref})
    path = found.get("file_path") if isinstance(found, dict) else None
    if not isinstance(path, str):
        raise Rejected("Telegram не отдал файл")
    settings = account.settings
    answer = await exchange(http, account, "GET", f"{settings.base_url.rstrip('/')}/file/bot{settings.token}/{path}")
    if answer.status != 200:
        raise Rejected(f"Telegram не отдал файл (HTTP {answer.status})", str(answer.status))
    if len(answer.body) > FETCH_LIMIT:
        raise Rejected("Файл больше 20 МБ")
    return answer.body


async def _send(http: Http, account: Account, chat: int, outgoing: Outgoing, plan: list[Part]) -> Receipt:
    frame: dict[str, Any] = {"chat_id": chat}
    if outgoing.quiet:
        frame["disable_notification"] = True
    result: Any = None
    for index, part in enumerate(plan):
        body = {**frame, **part.body}
        if outgoing.reply_to and not index:
            quoted = _split(outgoing.reply_to)[1]
            body["reply_parameters"] = {"message_id": quoted, "allow_sending_without_reply": True}
        try:
            result = await _patiently(http, account, part, body, standing=index > 0)
        except ChannelError as error:
            if index:
                raise Uncertain(f"Часть сообщения ушла, остальное нет: {error.text}", error.code) from None
            raise
    worded = result[plan[-1].worded] if isinstance(result, list) and len(result) > plan[-1].worded else result
    try:
        return Receipt(f"{chat}:{worded['message_id']:d}")
    except (KeyError, TypeError, ValueError):
        raise Uncertain("Telegram ответил непонятно: неизвестно, ушло ли сообщение") from None


async def _patiently(http: Http, account: Account, part: Part, body: dict[str, Any], *, standing: bool) -> Any:
    """The call; a short pause asked for is kept here when a part of the message stands already."""
    try:
        return await call(http, account, part.method, body, files=part.files, once=True)
    except Throttled as throttled:
        if not standing or throttled.after > PATIENCE:
            raise
        await asyncio.sleep(throttled.after)
    except Unavailable:
        if not standing:
            raise
        await asyncio.sleep(1)
    return await call(http, account, part.method, body, files=part.files, once=True)


def _chat(address: str) -> int:
    try:
        return int(address)
    except ValueError:
        raise NotReachable(f"«{address}» - не номер чата Telegram") from None


def _split(provider_id: str) -> tuple[int, int]:
    """(chat, number) of a message. An answer to a mended message (`...:e123`) is an answer to the message itself."""
    chat, _, number = provider_id.partition(":e")[0].rpartition(":")
    try:
        return int(chat), int(number)
    except ValueError:
        raise Rejected(f"«{provider_id}» - не номер сообщения Telegram") from None
