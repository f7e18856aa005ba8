"""What a CTS calls: `/command` (words, presses, events), `/notification/callback` (what became of a message) and, by
GET, `/status` (the menu of commands). Bodies tell their kind themselves, so the path is not needed to read them."""

from __future__ import annotations

import json
from hashlib import sha256

from priyom.channels.express.botx import bot_id, host
from priyom.channels.express.errors import explained
from priyom.channels.express.send import COMMAND
from priyom.channels.express.tokens import opened
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Reported, Said, Started, Stopped
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree, clean
from priyom.foundation.clock import now

LONGEST_CALLBACK = 64 * 1024
"""Of one without a token: files come with one."""
GONE = ("chat_not_found", "bot_is_not_a_chat_member", "event_recipients_list_is_empty")
FILES: dict[str, tuple[str, str]] = {
    "image": ("фото.jpg", "image/jpeg"),
    "video": ("видео.mp4", "video/mp4"),
    "document": ("документ", "application/octet-stream"),
    "voice": ("голос.mp3", "audio/mp3"),
    "contact": ("контакт.vcf", "text/vcard"),
}


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the token is signed with the bot's key and speaks of this bot, and so does the body.

    A callback may come without a token (the vendor's own examples do not look for one): it can only speak of a message
    whose `sync_id` nobody else knows, and must be short. A token it does carry is looked at.
    """
    shown = request.headers.get("authorization", "")
    if not shown and len(request.body) <= LONGEST_CALLBACK and _is_callback(request.body):
        return
    claims = opened(shown.split(" ")[-1], account.settings.secret_key, now())
    bot, server = bot_id(account), host(account)
    first = claims.get("version") == 2 and (claims.get("iss"), claims.get("aud")) == (bot, server)
    second = claims.get("aud") == [bot] and claims.get("iss") == server
    if not (first or second):
        raise Forged("the token is for another bot or from another server")
    if not _is_callback(request.body) and request.body and _body_bot(request.body) != bot:
        raise Forged("the body is for another bot")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(`sync_id`, chat). Events may repeat the number of a message, and a callback always does: they add a hash."""
    digest = sha256(request.body).hexdigest()
    try:
        tree = Tree.of(request.body)
        number = tree.words("sync_id")
    except Malformed:
        return "sha256:" + digest, ""
    try:
        command, chat = tree.branch("command"), tree.branch("from").words("group_chat_id", "")
        if command.words("command_type") == "user":
            return number, chat
        return f"{number}:{digest[:16]}", chat
    except Malformed:
        return f"{number}:{digest[:16]}", ""


def parse(account: Account, request: Request) -> Parsed:
    """Outcomes, presses, words, chats opened and deleted; nothing for other events. Raises Malformed."""
    tree = Tree.of(request.body)
    if not tree.has("command"):
        return Parsed((_outcome(tree),)) if tree.has("sync_id") else Parsed()
    command = tree.branch("command")
    if command.words("command_type", "user") == "system":
        event = _system(account, tree, command)
    elif (press := command.maybe("data")) and command.words("body", "").startswith(COMMAND) and press.has("press"):
        event = _press(tree, press)
    else:
        event = _said(tree, command)
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """What the server takes for «accepted»; it waits five seconds."""
    return 202, "application/json", b'{"result": "accepted"}'


def challenge(account: Account, request: Request) -> tuple[int, str, bytes]:
    """GET /status: asked when somebody opens the chat. Our bot has no commands. Raises Forged for a wrong token."""
    if shown := request.headers.get("authorization", ""):
        opened(shown.split(" ")[-1], account.settings.secret_key, now())
    result = {"enabled": True, "status_message": "Приём: бот работает", "commands": []}
    return 200, "application/json", json.dumps({"status": "ok", "result": result}, ensure_ascii=False).encode()


def _is_callback(body: bytes) -> bool:
    try:
        tree = Tree.of(body)
    except Malformed:
        return False
    return tree.has("sync_id") and tree.has("status") and not tree.has("command")


def _body_bot(body: bytes) -> str:
    try:
        return Tree.of(body).words("bot_id", "").lower()
    except Malformed:
        return ""


def _outcome(tree: Tree) -> Event:
    """The result of an asynchronous send, an edit or anything else: the house knows which number is a delivery's."""
    number, status = tree.words("sync_id").lower(), tree.words("status")
    if status == "ok":
        return Reported(number, Signal.SENT, "eXpress: callback ok")
    reason = tree.words("reason", "")
    return Reported(number, Signal.FAILED, f"eXpress: {clean(explained(tree.value))}", code=reason, gone=reason in GONE)


def _press(tree: Tree, press: Tree) -> Event | None:
    sender = tree.branch("from")
    if not sender.has("user_huid"):
        return None
    number, message = tree.words("sync_id"), tree.words("source_sync_id", "").lower()
    return Pressed(_person(sender), press.words("press"), number, message, None, sender.words("username", ""))


def _said(tree: Tree, command: Tree) -> Event | None:
    """Words in the personal chat, or an answer to a message in a group; the rest of a group's talk is not for us."""
    sender = tree.branch("from")
    if not sender.has("user_huid"):
        return None
    reply_to = next((_quoted(one) for one in tree.branches("entities") if one.words("type", "") == "reply"), "")
    if not reply_to and sender.words("chat_type", "") != "chat":
        return None
    text, files = command.words("body", ""), tuple(filter(None, map(_file, tree.branches("attachments"))))
    text = text or " ".join(filter(None, map(_drawn, tree.branches("attachments"))))
    if not text and not files:
        return None
    return Said(_person(sender), text, tree.words("sync_id"), None, sender.words("username", ""), reply_to, files)


def _quoted(entity: Tree) -> str:
    data = entity.maybe("data")
    return data.words("source_sync_id", "").lower() if data else ""


def _file(attachment: Tree) -> IncomingFile | None:
    """A file stands in the webhook itself, as a data URI; that is its reference."""
    kind = attachment.words("type", "")
    if kind not in FILES:
        return None
    data, (name, mime) = attachment.branch("data"), FILES[kind]
    content = data.words("content")
    told = content.removeprefix("data:").partition(";")[0] if content.startswith("data:") else ""
    return IncomingFile(data.words("file_name", "") or name, told or mime, content)


def _drawn(attachment: Tree) -> str:
    """Words for what has none: a place on the map (RFC 5870), a link."""
    data = attachment.maybe("data")
    if data is None:
        return ""
    if attachment.words("type", "") == "location":
        angles = [data.value.get(name) for name in ("location_lat", "location_lng")]
        if all(isinstance(angle, int | float) and abs(angle) <= 180 for angle in angles):
            return f"geo:{angles[0]},{angles[1]}"
    return data.words("url", "") if attachment.words("type", "") == "link" else ""


def _system(account: Account, tree: Tree, command: Tree) -> Event | None:
    data, kind, bot = command.maybe("data"), command.words("body"), bot_id(account)
    if data is None:
        return None
    chat = f"chat:{tree.branch('from').words('group_chat_id', '')}"
    match kind:
        case "system:chat_created":
            return _opened(data, bot)
        case "system:chat_deleted_by_user":
            return Stopped(f"user:{data.words('user_huid').lower()}", kind)
        case "system:deleted_from_chat" if bot in _members(data, "deleted_members"):
            return Stopped(chat, kind)
        case "system:added_to_chat" if bot in _members(data, "added_members"):
            return Started(chat)
    return None


def _opened(data: Tree, bot: str) -> Event | None:
    """A person opened the dialog (or somebody made a group with us in it); what the bot opened itself is no news."""
    creator = data.words("creator", "")
    if creator in ("", bot):
        return None
    if data.words("chat_type", "") != "chat":
        return Started(f"chat:{data.words('group_chat_id')}", "", None, data.words("name", ""))
    names = [one.words("name", "") for one in data.branches("members") if one.words("huid", "") == creator]
    return Started(f"user:{creator}", "", None, (names or [""])[0])


def _members(data: Tree, name: str) -> list[object]:
    found = data.value.get(name)
    return found if isinstance(found, list) else []


def _person(sender: Tree) -> str:
    return f"user:{sender.words('user_huid').lower()}"
