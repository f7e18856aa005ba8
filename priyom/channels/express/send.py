"""Messages of the bot to people and group chats, their edits, and what became of them.

A message to a person needs their personal chat, which is asked for and made when there is none. Quoting another message
is not used: the server's `reply_event` does not say which message it made.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from priyom.channels.express.botx import call, host
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, NotReachable, Rejected, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Edit, File, Message, Outgoing, Receipt, Signal
from priyom.foundation.http import Http

ADDRESS = re.compile(r"(user|chat):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
COMMAND = "/priyom"
"""What a press of ours says as a command; the button's data tell which."""
FILE_LIMIT = 20 * 1024 * 1024


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """notifications/direct. The receipt's id is the server's `sync_id`; it is SENT where the outcome is told at once.

    A message carries one file: others go before it, each alone. Raises the errors of `contracts.errors`; Uncertain when
    no answer came, for there is no key against doubles.
    """
    chat = await _chat(http, account, outgoing.address)
    files = outgoing.message.files
    if any(len(file.content) > FILE_LIMIT for file in files):
        raise Rejected("Файл больше 20 МБ")
    for file in files[:-1]:
        await _direct(http, account, chat, Message("", files=(file,)), quiet=True)
    return await _direct(http, account, chat, outgoing.message, quiet=outgoing.quiet)


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """events/edit_event: text and buttons are replaced. The server does not tell whether it happened."""
    payload = {"body": edit.message.text, "bubble": _bubble(edit.message)}
    body = {"sync_id": _sync_id(edit.provider_id), "payload": payload}
    await call(http, account, "POST", "/api/v3/botx/events/edit_event", body)


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """Nothing to do: a press waits for no answer; the message is edited instead."""


async def typing(http: Http, account: Account, address: str) -> None:
    """events/typing, in a chat that exists already."""
    kind, _, number = address.partition(":")
    if kind == "user":
        number = await _personal(http, account, number) or ""
    if number:
        await call(http, account, "POST", "/api/v3/botx/events/typing", {"group_chat_id": number})


async def check(http: Http, account: Account) -> Identity:
    """chats/list: only our bot with its key is told its chats."""
    chats = await call(http, account, "GET", "/api/v3/botx/chats/list")
    known = len(chats) if isinstance(chats, list) else 0
    note = (
        f"Бот состоит в беседах: {known}. Адрес нашего сервера вписывают в панели CTS; там же allowed_data = all, "
        "иначе бот слышит только команды."
    )
    return Identity(account.settings.bot_id, f"Бот на {host(account)}", note)


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """events/{sync_id}/status for each: read, received or sent, by the person or by anybody of a group chat.

    The first trouble ends the round with what has been learned.
    """
    found: list[Reported] = []
    for one in asked:
        try:
            path = f"/api/v3/botx/events/{_sync_id(one.provider_id)}/status"
            said = await call(http, account, "GET", path)
        except Rejected:
            continue  # the message is gone
        except ChannelError:
            if found:
                break
            raise
        if isinstance(said, dict) and (report := _report(one, said)):
            found.append(report)
    return found


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """What somebody attached: the server sends it inside the webhook, so the reference is the content itself."""
    try:
        return base64.b64decode(ref.partition(";base64,")[2], validate=True)
    except ValueError:
        raise Rejected("Вложение повреждено") from None


async def _chat(http: Http, account: Account, address: str) -> str:
    """The chat of this address; a personal chat is made when there is none. Raises NotReachable."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise NotReachable(f"«{address}» - не адрес eXpress: нужно user:huid или chat:id")
    kind, number = found.groups()
    if kind == "chat":
        return str(number)
    if chat := await _personal(http, account, number):
        return chat
    body = {
        "name": "Приём", "description": None, "chat_type": "chat", "members": [number], "shared_history": False,
        "avatar": None,
    }  # fmt: skip
    try:
        said = await call(http, account, "POST", "/api/v3/botx/chats/create", body)
        return str(UUID(said["chat_id"]))
    except Rejected as error:
        raise NotReachable(error.text, error.code) from None
    except (KeyError, TypeError, ValueError):
        raise NotReachable("Сервер eXpress не создал беседу с этим человеком") from None


async def _personal(http: Http, account: Account, huid: str) -> str | None:
    """The personal chat with that person, None when there is none."""
    try:
        said = await call(http, account, "GET", f"/api/v1/botx/chats/personal?user_huid={huid}")
        return str(UUID(said["group_chat_id"]))
    except (NotReachable, KeyError, TypeError, ValueError):
        return None


async def _direct(http: Http, account: Account, chat: str, message: Message, *, quiet: bool) -> Receipt:
    notification: dict[str, Any] = {"status": "ok", "body": message.text}
    if message.rows:
        notification |= {"bubble": _bubble(message), "opts": {"buttons_auto_adjust": True}}
    body: dict[str, Any] = {
        "group_chat_id": chat,
        "notification": notification,
        "opts": {"notification_opts": {"send": not quiet, "force_dnd": False}},
    }
    if message.files:
        body["file"] = _file(message.files[-1])
    at_once = account.settings.at_once
    path = "/api/v4/botx/notifications/direct" + ("/sync" if at_once else "")
    said = await call(http, account, "POST", path, body, once=True)
    try:
        return Receipt(str(UUID(said["sync_id"])), Signal.SENT if at_once else Signal.ACCEPTED)
    except (KeyError, TypeError, ValueError):
        raise Uncertain("Сервер eXpress ответил непонятно: неизвестно, ушло ли сообщение") from None


def _bubble(message: Message) -> list[list[dict[str, Any]]]:
    return [
        [
            {"label": button.label, "opts": {"handler": "client", "link": button.url, "align": "center"}}
            if button.url
            else {
                "command": COMMAND,
                "label": button.label,
                "data": {"press": button.payload},
                "opts": {"silent": True, "align": "center"},
            }
            for button in row
        ]
        for row in message.rows
    ]


def _file(file: File) -> dict[str, str]:
    content = base64.b64encode(file.content).decode()
    return {"file_name": file.name, "data": f"data:{file.mime};base64,{content}"}


def _sync_id(provider_id: str) -> str:
    try:
        return str(UUID(provider_id))
    except ValueError:
        raise Rejected(f"«{provider_id}» - не номер сообщения eXpress") from None


def _report(asked: Asked, said: dict[str, Any]) -> Reported | None:
    """The highest step this person (or anybody of the group) has reached; the earliest of its moments."""
    _, _, number = asked.address.partition(":")
    only = number if asked.address.startswith("user:") else ""
    for name, moment, signal in (("read_by", "read_at", Signal.READ), ("received_by", "received_at", Signal.DELIVERED)):
        steps = [step for step in said.get(name) or () if isinstance(step, dict)]
        people = [step for step in steps if not only or str(step.get("user_huid")) == only]
        if people:
            at = min(filter(None, (_moment(step.get(moment)) for step in people)), default=None)
            return Reported(asked.provider_id, signal, f"eXpress: {name} {len(people)}", at)
    sent = [str(person) for person in said.get("sent_to") or ()]
    if only in sent or (sent and not only):
        return Reported(asked.provider_id, Signal.SENT, "eXpress: sent_to")
    return None


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
