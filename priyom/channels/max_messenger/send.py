"""Calls of the MAX Bot API. Texts go out plain (no `format`); people are addressed by `user_id`, in the query.

There is no key against doubles, and no mark of ours in the history by which a message could be told from one with equal
words: an unknown outcome stays unknown (no `find`).
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from priyom.channels.max_messenger import CARD
from priyom.channels.max_messenger.call import call, exchange
from priyom.channels.max_messenger.parts import Part, keyboard, parts
from priyom.channels.max_messenger.uploads import trusted, upload
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

UPDATES = [
    "bot_started",
    "bot_stopped",
    "message_created",
    "message_edited",
    "message_callback",
    "dialog_muted",
    "dialog_unmuted",
    "dialog_removed",
]
DEFAULT_NOTE = "Принято"
FETCH_LIMIT = 64 * 1024 * 1024
"""What we are ready to hold in memory; MAX itself lets people send gigabytes."""
NOT_READY = ("attachment.not.ready", "not.processed")
READY_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between the tries while MAX is busy with a file just uploaded."""
PATIENCE = 5.0
"""Seconds we wait, once, between the parts of one message when MAX asks for a pause."""
NO_PICTURE = ("image_", "photo", "picture")

_bot_ids: dict[tuple[str, str], int] = {}


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """POST /messages, behind as many uploads as there are files. The receipt's id is the `mid` of the message with the
    words, unique everywhere.

    Raises the errors of `contracts.errors`; Uncertain when no answer came after the request had gone, or when only a
    part of several went.
    """
    if not outgoing.address.isdecimal():
        raise NotReachable(f"«{outgoing.address}» - не номер пользователя MAX")
    for file in outgoing.message.files:
        if len(file.content) > CARD.file_limit:
            raise Rejected(f"Файл «{file.name}» больше 4 ГБ: MAX такой не примет", "413")
    try:
        return await _send(http, account, outgoing, parts(outgoing.message))
    except Rejected as error:
        if not outgoing.message.files or not any(piece in error.text.lower() for piece in NO_PICTURE):
            raise
    return await _send(http, account, outgoing, parts(outgoing.message, as_papers=True))


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """PUT /messages; without buttons the keyboard goes, files stay. Raises Rejected when the message is gone or too
    old."""
    mid = quote(edit.provider_id, safe="")
    standing = await call(http, account, "GET", f"/messages/{mid}")
    attachments = _kept(standing)
    if buttons := keyboard(edit.message):
        attachments.append(buttons)
    body = {"text": edit.message.text, "attachments": attachments, "notify": False}
    await call(http, account, "PUT", f"/messages?message_id={mid}", body)


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """POST /answers with a note. An empty answer is refused by MAX, so there is always one. Too late counts as done."""
    path = f"/answers?callback_id={quote(press_id, safe='')}"
    try:
        await call(http, account, "POST", path, {"notification": text or DEFAULT_NOTE})
    except (Rejected, NotReachable):
        return  # the press is gone or too old: nobody waits for the note any more


async def typing(http: Http, account: Account, address: str) -> None:
    """POST /chats/{dialog}/actions. The dialog's number is the person's and the bot's, bit by bit exclusive; seen so by
    everybody, promised by nobody."""
    if not address.isdecimal():
        raise NotReachable(f"«{address}» - не номер пользователя MAX")
    bot = (account.settings.base_url, account.settings.token)
    if bot not in _bot_ids:
        me = await call(http, account, "GET", "/me")
        if not isinstance(me.get("user_id"), int):
            raise Misconfigured("По этому адресу отвечает не MAX")
        _bot_ids[bot] = me["user_id"]
    await call(http, account, "POST", f"/chats/{int(address) ^ _bot_ids[bot]}/actions", {"action": "typing_on"})


async def check(http: Http, account: Account) -> Identity:
    """GET /me and /subscriptions. `name` is the bot's nick; `note` warns of several webhooks."""
    me = await call(http, account, "GET", "/me")
    known = await hooks(http, account)
    note = "Вебхуков несколько: каждое событие придёт несколько раз" if len(known) > 1 else ""
    try:
        return Identity(me["username"], me.get("name") or me["first_name"], note, known[0] if known else "")
    except (KeyError, TypeError):
        raise Misconfigured("По этому адресу отвечает не MAX") from None


async def connect(http: Http, account: Account, url: str) -> None:
    """POST /subscriptions. MAX keeps a list and calls each of it, so ours replaces all others (and its own double);
    where the account asks for updates itself, all of them go. Raises Misconfigured when MAX does not take ours."""
    before = await hooks(http, account)
    if account.settings.updates == "polling":
        for known in set(before):
            await _unhook(http, account, known)
        return
    if url in before:
        await _unhook(http, account, url)
    body = {"url": url, "secret": account.hook_secret, "update_types": UPDATES}
    try:
        await call(http, account, "POST", "/subscriptions", body)
    except Rejected as error:
        raise Misconfigured(f"MAX не принял адрес вебхука: {error.text}", error.code) from None
    for other in set(before) - {url}:
        await _unhook(http, account, other)


async def hooks(http: Http, account: Account) -> list[str]:
    """The addresses MAX calls for this bot, as often as it calls them."""
    said = await call(http, account, "GET", "/subscriptions")
    found = said.get("subscriptions") if isinstance(said, dict) else None
    return [str(item["url"]) for item in found or [] if isinstance(item, dict) and "url" in item]


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file by the address MAX gave; the token is not shown there. Raises Rejected."""
    if not trusted(account, ref):
        raise Rejected("Адрес файла не похож на адрес MAX")
    answer = await exchange(http, account, "GET", ref)
    if answer.status != 200:
        raise Rejected(f"MAX не отдал файл (HTTP {answer.status})", str(answer.status))
    if len(answer.body) > FETCH_LIMIT:
        raise Rejected("Файл больше 64 МБ")
    return answer.body


async def _send(http: Http, account: Account, outgoing: Outgoing, plan: list[Part]) -> Receipt:
    uploaded = [[await upload(http, account, *file) for file in part.files] for part in plan]
    # A preview is made by the vendor's machines following the link: a personal link is nobody's but the patient's.
    path = f"/messages?user_id={outgoing.address}&disable_link_preview=true"
    said: Any = None
    for index, (part, attachments) in enumerate(zip(plan, uploaded, strict=True)):
        body: dict[str, Any] = {"text": part.text}
        if found := [*attachments, *([part.keyboard] if part.keyboard else [])]:
            body["attachments"] = found
        if outgoing.quiet:
            body["notify"] = False
        if outgoing.reply_to and not index:
            body["link"] = {"type": "reply", "mid": outgoing.reply_to.partition(":e")[0]}
        try:
            said = await _patiently(http, account, path, body, standing=index > 0)
        except ChannelError as error:
            if index:
                raise Uncertain(f"Часть сообщения ушла, остальное нет: {error.text}", error.code) from None
            raise
    try:
        mid = said["message"]["body"]["mid"]
    except (KeyError, TypeError):
        mid = None
    if not isinstance(mid, str) or not mid:
        raise Uncertain("MAX ответил непонятно: неизвестно, ушло ли сообщение")
    return Receipt(mid)


async def _patiently(http: Http, account: Account, path: str, body: dict[str, Any], *, standing: bool) -> Any:
    """The call, again while MAX is busy with a file, once without a quotation MAX no longer has, and once after a short
    pause when a part of the message stands already."""
    waits, rested = list(READY_WAITS), not standing
    while True:
        try:
            return await call(http, account, "POST", path, body, once=True)
        except Unavailable as error:
            busy = any(piece in f"{error.code} {error.text}".lower() for piece in NOT_READY)
            if busy and waits:
                await asyncio.sleep(waits.pop(0))
            elif rested or busy:
                raise
            else:
                rested = True
                await asyncio.sleep(1)
        except Throttled as throttled:
            if rested or throttled.after > PATIENCE:
                raise
            rested = True
            await asyncio.sleep(throttled.after)
        except Rejected as error:
            if "link" not in body or error.code != "not.found":
                raise
            del body["link"]


def _kept(standing: Any) -> list[dict[str, Any]]:
    """The files of a message, named anew: an edit replaces all attachments."""
    body = standing.get("body") if isinstance(standing, dict) else None
    found = body.get("attachments") if isinstance(body, dict) else None
    kept = []
    for item in found if isinstance(found, list) else ():
        payload = item.get("payload") if isinstance(item, dict) else None
        token = payload.get("token") if isinstance(payload, dict) else None
        if token and item.get("type") != "inline_keyboard":
            kept.append({"type": item["type"], "payload": {"token": token}})
    return kept


async def _unhook(http: Http, account: Account, url: str) -> None:
    await call(http, account, "DELETE", f"/subscriptions?url={quote(url, safe='')}")
