"""Outgoing webhooks of Pachca: https://dev.pachca.com/guides/webhook/events.

A replayed webhook does no harm, for it is known by its key; so `webhook_timestamp` is not compared with the clock: a
repeat after our own downtime must not be lost for being old.
"""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256

from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Said, Started, Stopped
from priyom.contracts.reading import Tree, clean

LEFT = ("suspend", "delete")
CAME = ("activate", "confirm")


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless `Pachca-Signature` is the HMAC-SHA256 of the body under the bot's signing secret."""
    secret = account.settings.signing_secret.encode()
    wanted = hmac.new(secret, request.body, sha256).hexdigest()
    shown = request.headers.get("pachca-signature", "")
    if not secret or not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), wanted.encode()):
        raise Forged("the signature is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(what happened, chat). Pachca numbers no deliveries; a hash stands in where the content has no number either."""
    try:
        tree = Tree.of(request.body)
    except Malformed:
        return "sha256:" + sha256(request.body).hexdigest(), ""
    try:
        chat = str(tree.number("chat_id"))
    except Malformed:
        chat = ""
    try:
        match tree.words("type"):
            case "button":
                return "button:" + tree.words("trigger_id"), chat
            case "message":
                changed = tree.words("changed_at", "")
                return f"message:{tree.words('event')}:{tree.number('id')}:{changed}", chat
    except Malformed:
        pass
    return _digest(tree), chat


def parse(account: Account, request: Request) -> Parsed:
    """Presses, words to the bot, people who left or came back; nothing for other kinds. Raises Malformed."""
    tree = Tree.of(request.body)
    kind, event = tree.words("type", ""), tree.words("event", "")
    own = account.settings.bot_id
    if kind == "button" and event == "click":
        return Parsed((_press(tree),))
    if kind == "message" and event in ("new", "update"):
        said = _said(tree, event, own)
        return Parsed((said,) if said else ())
    if kind == "company_member" and event in LEFT + CAME:
        return Parsed(tuple(_member(f"user:{number}", event, tree) for number in _numbers(tree)))
    if kind == "chat_member" and own in map(str, _numbers(tree)) and not tree.has("thread_id"):
        change = "removed" if event == "remove" else "activate"
        return Parsed((_member(f"chat:{tree.number('chat_id')}", change, tree),))
    return Parsed()


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any 2xx will do."""
    return 200, "text/plain", b""


def _digest(tree: Tree) -> str:
    """A repeat may carry a fresh time of sending, and is equal in all else."""
    rest = {name: value for name, value in tree.value.items() if name != "webhook_timestamp"}
    return "sha256:" + sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _press(tree: Tree) -> Event:
    """Whoever pressed, be it in a group chat; which message, says its number."""
    at = tree.moment("webhook_timestamp")
    person, message = f"user:{tree.number('user_id')}", str(tree.number("message_id"))
    return Pressed(person, tree.words("data"), tree.words("trigger_id"), message, at)


def _said(tree: Tree, event: str, own: str) -> Event | None:
    """Words in the personal chat, or an answer to a message in a group; the rest of a group's talk is not for us."""
    author, number = str(tree.number("user_id")), str(tree.number("id"))
    if author == own:
        return None
    parent = tree.maybe_number("parent_message_id")
    thread = tree.maybe("thread")
    if parent is None and thread is not None:
        parent = thread.maybe_number("message_id")
    if parent is None and tree.words("entity_type") != "user":
        return None
    address, text = f"user:{author}", tree.words("content", "")
    reply_to = "" if parent is None else str(parent)
    if event == "update":
        changed = tree.words("changed_at", "")
        edited = Said(address, text, f"{number}:e{changed}", _moment(tree, "changed_at"), reply_to=number)
        return edited if text else None
    # A webhook names no attachments. A message without words is one: `fetch` asks for it by the message's number.
    files = () if text else (IncomingFile("вложение", "application/octet-stream", number),)
    return Said(address, text, number, _moment(tree, "created_at"), "", reply_to, files)


def _member(address: str, change: str, tree: Tree) -> Event:
    at = _moment(tree, "created_at")
    return Started(address, "", at) if change in CAME else Stopped(address, change, at)


def _numbers(tree: Tree) -> list[int]:
    found = tree.value.get("user_ids")
    if not isinstance(found, list):
        raise Malformed("user_ids is not a list")
    return [Tree({"user_id": item}, "user_ids").number("user_id") for item in found]


def _moment(tree: Tree, name: str) -> datetime | None:
    """ISO 8601 with a zone."""
    text = tree.words(name, "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{name} is not a moment: {clean(text)[:40]}") from None
