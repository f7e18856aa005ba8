"""What leaves for VK: messages, edits, answers to presses, the mark «печатает», questions what was read.

A message is named `<peer>:<number in the dialog>`: that number is what VK's reports and edits speak of. `random_id` is
made of our key, so VK itself drops a double within an hour (https://dev.vk.com/ru/method/messages.send).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from priyom.channels.vk import keyboard
from priyom.channels.vk.api import call, refused
from priyom.channels.vk.community import check, connect
from priyom.channels.vk.fetch import fetch
from priyom.channels.vk.upload import attach
from priyom.contracts.channel import Account
from priyom.contracts.errors import NotReachable, Rejected, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Edit, Outgoing, Receipt, Signal
from priyom.foundation.http import Http

__all__ = ["answer_press", "ask", "check", "connect", "edit", "fetch", "random_id", "send", "typing"]

NOTE_LIMIT = 90
"""Characters of the note over a pressed button; not published, so the carefully short figure."""


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """messages.send. Raises the errors of `contracts.errors`; Uncertain when no answer came, and then the same key may
    be sent again within an hour."""
    peer = _peer(outgoing.address)
    given = {
        # The list form, though there is one: only it answers with the number in the dialog.
        "peer_ids": str(peer),
        "random_id": str(random_id(outgoing.key)),
        "message": outgoing.message.text,
        # A preview is made by VK's machines following the link: a personal link is nobody's but the patient's.
        "dont_parse_links": "1",
        "attachment": await attach(http, account, peer, outgoing.message.files),
        "keyboard": keyboard.inline(outgoing.message.rows),
        "forward": _quote(peer, outgoing.reply_to),
    }
    said = await call(http, account, "messages.send", _filled(given), once=True)
    return Receipt(f"{peer}:{_number(said)}")


async def edit(http: Http, account: Account, edit: Edit) -> None:
    """messages.edit: the whole new state, so without buttons the keyboard goes. Raises Rejected when the message is
    gone or older than a day."""
    peer, number = _place(edit.provider_id)
    given = {
        "peer_id": str(peer),
        "cmid": str(number),
        "message": edit.message.text,
        "dont_parse_links": "1",
        "keep_forward_messages": "1",
        "attachment": await attach(http, account, peer, edit.message.files),
        "keyboard": keyboard.inline(edit.message.rows),
    }
    await call(http, account, "messages.edit", _filled(given))


async def answer_press(http: Http, account: Account, press_id: str, text: str) -> None:
    """messages.sendMessageEventAnswer with a note. Too late counts as done, and so does a press of a text button, which
    waits for nothing (`press_id` is '')."""
    event, user, peer = ["", "", *press_id.rsplit(":", 2)][-3:]
    if not event:
        return
    given = {"event_id": event, "user_id": user, "peer_id": peer}
    if text:
        given["event_data"] = json.dumps({"type": "show_snackbar", "text": text[:NOTE_LIMIT]}, ensure_ascii=False)
    try:
        await call(http, account, "messages.sendMessageEventAnswer", given)
    except Rejected:
        return


async def typing(http: Http, account: Account, address: str) -> None:
    """messages.setActivity: «печатает» for some seconds."""
    await call(http, account, "messages.setActivity", {"peer_id": str(_peer(address)), "type": "typing"})


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """messages.getConversationsById: which of these have been read. VK knows no other sign to ask for."""
    places = {one.provider_id: _place(one.provider_id) for one in asked}
    peers = sorted({peer for peer, _ in places.values()})
    said = await call(http, account, "messages.getConversationsById", {"peer_ids": ",".join(map(str, peers))})
    read = _read_up_to(said)
    return [
        Reported(name, Signal.READ, "VK: out_read_cmid")
        for name, (peer, number) in places.items()
        if number <= read.get(peer, 0)
    ]


def random_id(key: str) -> int:
    """The same whole number of 32 bits, never 0, for the same key: 0 would switch VK's check for doubles off."""
    return int.from_bytes(sha256(key.encode()).digest()[:4], "big", signed=True) or 1


def _peer(address: str) -> int:
    """The person's number; groups and chats of many are not for us."""
    if not (address.isascii() and address.isdecimal() and 0 < int(address) < 2_000_000_000):
        raise NotReachable(f"«{address[:40]}» - не номер пользователя VK")
    return int(address)


def _place(provider_id: str) -> tuple[int, int]:
    """(peer, number in the dialog). Raises Rejected for what is no name of a message."""
    peer, number = [*provider_id.split(":"), "", ""][:2]
    if not (peer.isascii() and peer.isdecimal() and number.isascii() and number.isdecimal()):
        raise Rejected(f"«{provider_id[:40]}» - не номер сообщения VK")
    return int(peer), int(number)


def _quote(peer: int, reply_to: str) -> str:
    """The quotation, '' when there is nothing to quote in this dialog."""
    if not reply_to.startswith(f"{peer}:"):
        return ""
    _, number = _place(reply_to)
    return json.dumps({"peer_id": peer, "conversation_message_ids": [number], "is_reply": 1})


def _filled(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _number(said: Any) -> int:
    """The number in the dialog out of the answer about one recipient. Raises what VK says of that one."""
    try:
        [item] = said
        if isinstance(item.get("error"), dict):
            raise refused(item["error"])
        number = int(item["conversation_message_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        number = 0
    if number <= 0:
        raise Uncertain("VK ответил непонятно: неизвестно, ушло ли сообщение")
    return number


def _read_up_to(said: Any) -> dict[int, int]:
    """peer -> the last number read by the person."""
    found: dict[int, int] = {}
    items = said.get("items") if isinstance(said, dict) else None
    for item in items if isinstance(items, list) else ():
        try:
            found[int(item["peer"]["id"])] = int(item["out_read_cmid"])
        except (KeyError, TypeError, ValueError):
            continue
    return found
