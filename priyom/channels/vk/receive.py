"""Events of the community, alike by Callback API and by Bots Long Poll: https://dev.vk.com/ru/api/community-events/json-schema.

VK signs nothing: our secret stands in the body of every event. Chats of many, other communities and our own messages
give no events.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

from priyom.channels.vk import attachments, keyboard
from priyom.channels.vk.community import CONFIRM
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Pressed, ReadUpTo, Said, Started, Stopped, Typing
from priyom.contracts.reading import Tree, clean

CHATS = 2_000_000_000
"""Numbers from here on are chats of many."""
CODE = re.compile(r"(?!remove)[A-Za-z0-9]{4,64}")


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the body carries our secret; a trial of the address may come before VK was told it."""
    try:
        event = Tree.of(request.body)
    except Malformed:
        raise Forged("no secret: the body cannot be read") from None
    shown = event.value.get("secret")
    if shown is None and event.value.get("type") == "confirmation":
        return
    if not isinstance(shown, str) or not hmac.compare_digest(
        shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()
    ):
        raise Forged("the secret is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(`event_id`, the dialog). VK repeats an event under the same id; what has none is known by its body."""
    unknown = "sha256:" + sha256(request.body).hexdigest()
    try:
        event = Tree.of(request.body)
    except Malformed:
        return unknown, ""
    number = event.value.get("event_id")
    # The id is a text or a number, as VK pleases; anything else is none.
    key = clean(str(number))[:100] if isinstance(number, str | int) and not isinstance(number, bool) else ""
    try:
        return key or unknown, _dialog(event)
    except Malformed:
        return key or unknown, ""


def parse(account: Account, request: Request) -> Parsed:
    """The events of one update, none for kinds unknown to us. Raises Malformed."""
    event = Tree.of(request.body)
    kind = event.words("type", "")
    reader = READERS.get(kind)
    return Parsed(reader(event.branch("object")) if reader else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """The one word VK takes for «accepted»."""
    return 200, "text/plain", b"ok"


def reply(account: Account, request: Request) -> tuple[int, str, bytes]:
    """The same; to a trial of our address the code it waits for: of the address, where `connect` has put it, else of
    the settings."""
    try:
        trial = Tree.of(request.body).value.get("type") == "confirmation"
    except Malformed:
        trial = False
    if not trial:
        return answer(request)
    code = request.query.get(CONFIRM) or account.settings.confirmation.strip()
    if not CODE.fullmatch(code):
        return 503, "text/plain", b"the confirmation code is not known here"
    return 200, "text/plain", code.encode()


def _dialog(event: Tree) -> str:
    body = event.branch("object")
    message = body.maybe("message") or body
    for name in ("peer_id", "user_id", "from_id"):
        if message.has(name):
            return str(message.number(name))
    return ""


def _new(body: Tree) -> tuple[Event, ...]:
    """Words, a press of a text button, or a start; a token of a link comes with any of them."""
    message = body.maybe("message") or body  # before 5.103 the message was the object itself
    address = _person(message)
    if address is None:
        return ()
    at, payload, token = message.moment("date"), message.value.get("payload"), message.words("ref", "")
    name = _name(message)
    if keyboard.is_start(payload):
        return (Started(address, token, at),)
    started: tuple[Event, ...] = (Started(address, token, at),) if token else ()
    if pressed := keyboard.word(payload):
        return (*started, Pressed(address, pressed, "", "", at))
    said = _said(message, address, name)
    return (*started, said) if said else started


def _edited(body: Tree) -> tuple[Event, ...]:
    """A mended message is words said anew: an id of its own, and an answer to the first wording."""
    address = _person(body)
    if address is None or not (text := body.words("text", "")):
        return ()
    first, stamp = _name(body), body.maybe_number("update_time") or 0
    at = body.moment("update_time")
    return (Said(address, text, f"{first}:e{stamp}", at, reply_to=first),)


def _said(message: Tree, address: str, name: str) -> Event | None:
    text, files = attachments.words(message), attachments.files(message)
    if not text and not files:
        return None
    quoted = message.maybe("reply_message")
    reply_to = f"{address}:{quoted.number('conversation_message_id')}" if quoted and _numbered(quoted) else ""
    return Said(address, text, name, message.moment("date"), "", reply_to, files)


def _pressed(body: Tree) -> tuple[Event, ...]:
    peer, user = body.number("peer_id"), body.number("user_id")
    payload = keyboard.word(body.value.get("payload"))
    if not payload or not 0 < peer < CHATS:
        return ()
    press = f"{body.words('event_id')}:{user}:{peer}"
    return (
        Pressed(
            str(user), payload, press, f"{peer}:{body.number('conversation_message_id')}" if _numbered(body) else ""
        ),
    )


def _allowed(body: Tree) -> tuple[Event, ...]:
    return (Started(str(body.number("user_id")), body.words("key", "")),)


def _denied(body: Tree) -> tuple[Event, ...]:
    return (Stopped(str(body.number("user_id")), "message_deny"),)


def _read(body: Tree) -> tuple[Event, ...]:
    """The same event tells that the community has read: then the sender is not the person of the dialog."""
    peer = body.number("peer_id")
    if body.number("from_id") != peer or not 0 < peer < CHATS or not _numbered(body):
        return ()
    return (ReadUpTo(str(peer), f"{peer}:{body.number('conversation_message_id')}", "VK: message_read"),)


def _types(body: Tree) -> tuple[Event, ...]:
    sender = body.number("from_id")
    return (Typing(str(sender)),) if 0 < sender < CHATS and body.maybe_number("to_id") != sender else ()


READERS = {
    "message_new": _new,
    "message_edit": _edited,
    "message_event": _pressed,
    "message_allow": _allowed,
    "message_deny": _denied,
    "message_read": _read,
    "message_typing_state": _types,
}


def _person(message: Tree) -> str | None:
    """The address of the person who wrote in a dialog; None for chats of many, communities and our own messages."""
    peer, sender = message.number("peer_id"), message.number("from_id")
    if sender != peer or not 0 < peer < CHATS or message.maybe_number("out"):
        return None
    return str(peer)


def _numbered(message: Tree) -> bool:
    return (message.maybe_number("conversation_message_id") or 0) > 0


def _name(message: Tree) -> str:
    """`<peer>:<number in the dialog>`; a message without such a number goes by the one it has in the community."""
    peer = message.number("peer_id")
    if _numbered(message):
        return f"{peer}:{message.number('conversation_message_id')}"
    return f"{peer}:m{message.number('id')}"
