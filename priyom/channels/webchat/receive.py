"""What a visitor's page posts: one JSON object for each thing the person does, signed with the visitor's own key.

README.md has the whole protocol. Ids of messages are believed only with the mark made for this visitor.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from priyom.channels.webchat.signing import VISITOR, is_message_of, same, visitor_key, visitor_signature
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import (
    Event,
    IncomingFile,
    Pressed,
    ReadUpTo,
    Reported,
    Said,
    SharedPhone,
    Started,
    Stopped,
    Typing,
)
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree
from priyom.foundation.phone import BadPhone, normalize

__all__ = ["answer", "identify", "parse", "verify", "visitor_key"]

LONGEST_TEXT = 8000
MOST_FILES = 10
MOST_GOT = 100
INLINE = "data:"
STORED = "stored:"
_SHOWN = re.compile(r"([A-Za-z0-9_-]{16,64})\.([0-9a-f]{64})", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_REF = re.compile(r"[A-Za-z0-9_-]{16,200}", re.ASCII)
_MIME = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,59}", re.ASCII)
_PATH = re.compile(r"[/\\\x00-\x1f\x7f]+")


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the body is signed with the key of the visitor whom it names."""
    shown = _SHOWN.fullmatch(request.headers.get("x-priyom-visitor", ""))
    if shown is None:
        raise Forged("нет подписи посетителя")
    key = visitor_key(account.hook_secret, shown[1])
    if not same(visitor_signature(key, request.body), shown[2]):
        raise Forged("подпись посетителя неверна")
    try:
        named = Tree.of(request.body).words("visitor")
    except Malformed:
        return  # it will be kept as unreadable, and says nothing in anybody's name
    if named != shown[1]:
        raise Forged("посетитель говорит от чужого имени")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update's own id, and the visitor."""
    try:
        visitor, number = _whose(Tree.of(request.body))
    except Malformed:
        return "body:" + hashlib.sha256(request.body).hexdigest(), ""
    return f"{visitor}:{number}", visitor


def parse(account: Account, request: Request) -> Parsed:
    """What the person did. Kinds unknown to us give nothing. Raises Malformed."""
    tree = Tree.of(request.body)
    visitor, number = _whose(tree)
    secret, name = account.hook_secret, tree.words("name", "")[:100]
    events: tuple[Event, ...] = ()
    match tree.words("kind"):
        case "opened":
            events = (Started(visitor, tree.words("payload", "")[:64], name=name),)
        case "said":
            events = (_said(tree, secret, visitor, number, name),)
        case "pressed":
            pressed = _ours(tree.words("message", ""), secret, visitor)
            events = (Pressed(visitor, tree.words("payload")[:64], f"{visitor}.{number}", pressed, name=name),)
        case "got":
            events = _got(tree, secret, visitor)
        case "seen":
            if seen := _ours(tree.words("message"), secret, visitor):
                events = (ReadUpTo(visitor, seen, "стояло перед глазами в открытом чате"),)
        case "typing":
            events = (Typing(visitor),)
        case "phone":
            events = (_phone(tree.words("number")[:40], visitor, number, name),)
        case "left":
            events = (Stopped(visitor, "завершил чат"),)
    return Parsed(events)


def answer(request: Request) -> tuple[int, str, bytes]:
    """The page tries again until it gets a 2xx."""
    return 200, "application/json", b"{}"


def _whose(tree: Tree) -> tuple[str, str]:
    visitor, number = tree.words("visitor"), tree.words("id")
    if not VISITOR.fullmatch(visitor):
        raise Malformed("visitor is not an id of a visitor")
    if not _ID.fullmatch(number):
        raise Malformed("id is not an id of an update")
    return visitor, number


def _ours(text: str, secret: str, visitor: str) -> str:
    return text if is_message_of(secret, visitor, text) else ""


def _got(tree: Tree, secret: str, visitor: str) -> tuple[Event, ...]:
    found = tree.value.get("messages")
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Malformed("messages is not a list of texts")
    names = [item for item in found[:MOST_GOT] if _ours(item, secret, visitor)]
    return tuple(Reported(name, Signal.DELIVERED, "показано на странице") for name in names)


def _said(tree: Tree, secret: str, visitor: str, number: str, name: str) -> Said:
    files = tuple(_file(item, visitor) for item in tree.branches("files")[:MOST_FILES])
    text = tree.words("text", "")[:LONGEST_TEXT]
    if not text.strip() and not files:
        raise Malformed("neither text nor files")
    quoted = _ours(tree.words("reply_to", ""), secret, visitor)
    return Said(visitor, text, f"{visitor}.{number}", name=name, reply_to=quoted, files=files)


def _file(tree: Tree, visitor: str) -> IncomingFile:
    name = _PATH.sub("_", tree.words("name", "")).strip(" ._")[:200] or "файл"
    mime = tree.words("mime", "").lower()
    mime = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    if not tree.has("content"):
        ref = tree.words("ref")
        if not _REF.fullmatch(ref):
            raise Malformed(f"{tree.path}.ref is not a reference")
        return IncomingFile(name, mime, f"{STORED}{visitor}/{ref}", tree.maybe_number("size"))
    content = tree.words("content")
    try:
        size = len(base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError):
        raise Malformed(f"{tree.path}.content is not base64") from None
    return IncomingFile(name, mime, INLINE + content, size)


def _phone(number: str, visitor: str, update: str, name: str) -> Event:
    """Typed by hand, so never proven; what is no number is words."""
    try:
        return SharedPhone(visitor, normalize(number), False, f"{visitor}.{update}", name=name)
    except BadPhone:
        return Said(visitor, number, f"{visitor}.{update}", name=name)
