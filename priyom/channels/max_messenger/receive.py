"""Updates of the MAX Bot API, as they come to the webhook: https://dev.max.ru/docs-api/objects/Update.

An update has no number of its own, so `identify` makes one of what cannot repeat. The person is always `user_id`: a
dialog's `chat_id` is another number, and a message's `recipient` is whom it was written to.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256

from priyom.channels.max_messenger.parts import type_by_name
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Muted, Pressed, Said, SharedPhone, Started, Stopped
from priyom.contracts.reading import Tree

SECRET_HEADER = "x-max-bot-api-secret"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
MS = 1000

FILES = {
    "image": ("photo.jpg", "image/jpeg"),
    "file": ("file", "application/octet-stream"),
    "audio": ("voice.ogg", "audio/ogg"),
    "video": ("video.mp4", "video/mp4"),
    "sticker": ("sticker.webp", "image/webp"),
}

_TEL = re.compile(r"^(?:item\d+\.)?TEL[^:\r\n]*:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the secret header is ours. MAX signs nothing else."""
    shown = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("the secret header is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(kind and what is unique to it, the person's `user_id`)."""
    try:
        update = Tree.of(request.body)
        kind = update.words("update_type")
        unique = _unique(update, kind)
    except Malformed:
        return "sha256:" + sha256(request.body).hexdigest(), ""
    try:
        return unique, _person_of(update, kind)
    except Malformed:
        return unique, ""


def parse(account: Account, request: Request) -> Parsed:
    """The events of one update: none for groups and kinds unknown to us. Raises Malformed."""
    update = Tree.of(request.body)
    kind, at = update.words("update_type"), update.moment("timestamp", per_second=MS)
    if kind in ("message_created", "message_edited"):
        message = update.maybe("message")
        return Parsed(_message(account, message, at, edited=kind == "message_edited") if message else ())
    if kind == "message_callback":
        return Parsed((_press(update),))
    event: Event | None = None
    if kind == "bot_started":
        user = update.branch("user")
        event = Started(str(user.number("user_id")), update.words("payload", ""), at, _name(user))
    elif kind in ("bot_stopped", "dialog_removed"):
        event = Stopped(_user(update), kind, at)
    elif kind == "dialog_muted":
        event = Muted(_user(update), _until(update))
    elif kind == "dialog_unmuted":
        event = Muted(_user(update), None)
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """Exactly 200; anything else counts as a failure."""
    return 200, "application/json", b'{"success": true}'


def _unique(update: Tree, kind: str) -> str:
    if kind == "message_created":
        return _short(kind, update.branch("message").branch("body").words("mid"))
    stamp = str(update.number("timestamp"))
    if kind == "message_edited":
        return _short(kind, update.branch("message").branch("body").words("mid"), stamp)
    if kind == "message_callback":
        # `callback_id` names the keyboard, so alone it may repeat.
        press = update.branch("callback")
        moment, payload = str(press.number("timestamp")), press.words("payload", "")
        return _short(kind, press.words("callback_id"), moment, payload, _user(press))
    return _short(kind, str(update.maybe_number("chat_id")), _user(update), stamp)


def _short(kind: str, *parts: str) -> str:
    plain = ":".join((kind, *parts))
    return plain if len(plain) <= 120 else f"{kind[:40]}:{sha256(plain.encode()).hexdigest()}"


def _person_of(update: Tree, kind: str) -> str:
    if kind in ("message_created", "message_edited"):
        return str(update.branch("message").branch("sender").number("user_id"))
    return _user(update.branch("callback") if kind == "message_callback" else update)


def _user(tree: Tree) -> str:
    """Some bodies carry only the number at the top."""
    user = tree.maybe("user")
    return str(user.number("user_id") if user else tree.number("user_id"))


def _message(account: Account, message: Tree, at: datetime | None, *, edited: bool) -> tuple[Event, ...]:
    sender = message.maybe("sender")
    group = (recipient := message.maybe("recipient")) and recipient.words("chat_type", "dialog") != "dialog"
    if sender is None or sender.value.get("is_bot") is True or group:
        return ()
    address, name, body = str(sender.number("user_id")), _name(sender), message.branch("body")
    mid = body.words("mid")
    text, reply_to, found = body.words("text", ""), "", body.branches("attachments")
    link = message.maybe("link")
    passed_on = link is not None and link.words("type", "") == "forward"
    if link is not None and (linked := link.maybe("message")):
        if passed_on:
            text, found = text or linked.words("text", ""), found or linked.branches("attachments")
        else:
            reply_to = linked.words("mid", "")
    command, _, rest = text.partition(" ")
    if command == "/start" and not edited and not passed_on:
        return (Started(address, rest.strip(), at, name),)
    if edited:
        stamp = int(at.timestamp() * MS) if at else 0
        return (Said(address, text, f"{mid}:e{stamp}", at, name, reply_to=mid),) if text else ()
    events: list[Event] = [
        event for item in found if (event := _contact(account, item, passed_on, address, mid, at, name))
    ]
    files = tuple(file for item in found if (file := _file(item)))
    text = text or next((words for item in found if (words := _place(item))), "")
    if text or files:
        events.append(Said(address, text, mid, at, name, reply_to, files))
    return tuple(events)


def _press(update: Tree) -> Event:
    press = update.branch("callback")
    user = press.branch("user")
    message = update.maybe("message")
    mid = message.branch("body").words("mid", "") if message else ""
    at = press.moment("timestamp", per_second=MS)
    return Pressed(
        str(user.number("user_id")), press.words("payload", ""), press.words("callback_id"), mid, at, _name(user)
    )


def _contact(
    account: Account, item: Tree, passed_on: bool, address: str, mid: str, at: datetime | None, name: str
) -> Event | None:
    """A card is the sender's own when MAX signed it for our bot and it names the sender's own account."""
    if item.words("type", "") != "contact":
        return None
    payload = item.branch("payload")
    card = payload.value.get("vcf_info")
    found = _TEL.search(unfold(card)) if isinstance(card, str) else None
    digits = "".join(c for c in found[1] if c.isdecimal() and c.isascii()) if found else ""
    if not digits or not isinstance(card, str):
        return None
    owner = payload.maybe("max_info") or payload.maybe("tam_info")
    own = owner is not None and str(owner.maybe_number("user_id")) == address
    signed = hmac.compare_digest(sign(account.settings.token, card).encode(), payload.words("hash", "").encode())
    return SharedPhone(address, "+" + digits, own and signed and not passed_on, mid, at, name)


def unfold(card: str) -> str:
    """A card whose line ends were written out as the letters backslash-r-backslash-n, with true ones."""
    return card if "\n" in card else card.replace("\\r\\n", "\r\n").replace("\\n", "\n")


def sign(token: str, card: str) -> str:
    """HMAC-SHA256 of the card under the bot's token, lower-case hex, as MAX makes it."""
    return hmac.new(token.encode(), unfold(card).encode("utf-8", "replace"), sha256).hexdigest()


def _file(item: Tree) -> IncomingFile | None:
    known = FILES.get(item.words("type", ""))
    if known is None:
        return None
    url = item.branch("payload").words("url", "")
    name = item.words("filename", "") or known[0]
    mime = type_by_name(name) or known[1] if known[0] == "file" else known[1]
    return IncomingFile(name, mime, url, item.maybe_number("size")) if url else None


def _place(item: Tree) -> str:
    """Words for a place on the map (RFC 5870)."""
    if item.words("type", "") != "location":
        return ""
    values = [item.value.get("latitude"), item.value.get("longitude")]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and -180 <= v <= 180 for v in values):
        raise Malformed(f"{item.path} is not a place")
    return f"geo:{values[0]},{values[1]}"


def _until(update: Tree) -> datetime:
    """A dialog muted without an end, or with one beyond all calendars, is muted for good."""
    if (update.maybe_number("muted_until") or 0) <= 0:
        return FOREVER
    try:
        return update.moment("muted_until", per_second=MS) or FOREVER
    except Malformed:
        return FOREVER


def _name(user: Tree) -> str:
    return user.words("name", "") or f"{user.words('first_name', '')} {user.words('last_name', '')}".strip()
