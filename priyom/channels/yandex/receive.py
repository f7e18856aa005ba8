"""Updates of the Bot API, by webhook or from getUpdates: the same objects, one or several in a body."""

from __future__ import annotations

import hmac
import json
import mimetypes
from hashlib import sha256
from typing import Any

from priyom.channels.yandex.send import ACTION
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Said
from priyom.contracts.reading import Tree


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the address was called with our secret: the vendor signs nothing."""
    shown = request.query.get("secret", "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("the secret is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(`update_id`, or first and last of several; the chat). A hash when they cannot be read."""
    try:
        found = _updates(Tree.of(request.body))
        numbers = [update.number("update_id") for update in found]
        key = "-".join(map(str, sorted({numbers[0], numbers[-1]})))
    except (Malformed, IndexError):
        return "sha256:" + sha256(request.body).hexdigest(), ""
    try:
        return key, _place(found[0])
    except Malformed:
        return key, ""


def parse(account: Account, request: Request) -> Parsed:
    """Presses and words of people; nothing for other bots and other kinds. Raises Malformed."""
    events = [_event(update) for update in _updates(Tree.of(request.body))]
    return Parsed(tuple(event for event in events if event is not None))


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any status below 500 is final for the vendor."""
    return 200, "text/plain", b""


def _updates(tree: Tree) -> list[Tree]:
    """A body is `{"ok", "updates": [...]}`; third parties have met a bare update too."""
    return tree.branches("updates") if tree.has("updates") else [tree] if tree.has("update_id") else []


def _place(update: Tree) -> str:
    """The chat's id, or the login of the person in a private chat, which has no id."""
    chat = update.branch("chat")
    if chat.words("type") == "private":
        return update.branch("from").words("login").lower()
    return chat.words("id")


def _event(update: Tree) -> Event | None:
    update.number("update_id")
    sender = update.maybe("from")
    if sender is None or sender.value.get("robot") is True or not sender.has("login"):
        return None  # bots, and channels, where people have no login
    if request := update.maybe("bot_request"):
        return _press(update, sender, request)
    return _said(update, sender)


def _press(update: Tree, sender: Tree, request: Tree) -> Event | None:
    action = request.maybe("server_action")
    if action is None or action.words("name", "") != ACTION:
        return None
    press = _payload(action).words("press")
    number = str(update.number("update_id"))
    return Pressed(_login(sender), press, number, _number(update), update.moment("timestamp"), _name(sender))


def _payload(action: Tree) -> Tree:
    """An object, which third parties have also met as the text of one."""
    found = action.value.get("payload")
    if not isinstance(found, str):
        return action.branch("payload")
    try:
        value: Any = json.loads(found)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Malformed("bot_request.server_action.payload is not an object")
    return Tree(value, "bot_request.server_action.payload")


def _said(update: Tree, sender: Tree) -> Event | None:
    """Words in the private chat, or an answer to a message in a group; the rest of a group's talk is not for us."""
    chat = update.branch("chat")
    reply = update.maybe("reply_to_message")
    answered = reply.maybe_number("message_id") if reply else None
    if answered is None:
        answered = chat.maybe_number("thread_id")
    if answered is None and chat.words("type") != "private":
        return None
    text, files = update.words("text", ""), _files(update)
    if not text and not files:
        return None
    reply_to = "" if answered is None else f"{_place(update)}:{answered}"
    return Said(_login(sender), text, _number(update), update.moment("timestamp"), _name(sender), reply_to, files)


def _files(update: Tree) -> tuple[IncomingFile, ...]:
    """One file, or pictures: each a list of sizes, of which the last is the whole one and alone has a name."""
    if file := update.maybe("file"):
        name = file.words("name", "") or "файл"
        return (IncomingFile(name, _mime(name), file.words("id"), file.maybe_number("size")),)
    found = update.value.get("images")
    if not isinstance(found, list):
        return ()
    lists = found if all(isinstance(item, list) for item in found) else [[item] for item in found]
    wholes = [Tree({"image": sizes[-1] if sizes else None}, "images").branch("image") for sizes in lists]
    return tuple(
        IncomingFile(
            name := whole.words("name", "") or "фото.jpg", _mime(name), whole.words("file_id"),
            whole.maybe_number("size"),
        )
        for whole in wholes
    )  # fmt: skip


def _mime(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _number(update: Tree) -> str:
    return f"{_place(update)}:{update.number('message_id')}"


def _login(sender: Tree) -> str:
    return sender.words("login").lower()


def _name(sender: Tree) -> str:
    return sender.words("display_name", "")
