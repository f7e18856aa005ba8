"""Updates of the Bot API, as they come to the webhook: https://core.telegram.org/bots/api#update."""

from __future__ import annotations

import hmac
from hashlib import sha256

from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Said, SharedPhone, Started, Stopped
from priyom.contracts.reading import Tree

SECRET_HEADER = "x-telegram-bot-api-secret-token"

# What a message may carry besides words: its name here, and a file's name and type where Telegram gives none.
FILES: tuple[tuple[str, str, str], ...] = (
    ("document", "document", "application/octet-stream"),
    ("voice", "voice.ogg", "audio/ogg"),
    ("audio", "audio.mp3", "audio/mpeg"),
    ("video", "video.mp4", "video/mp4"),
    ("video_note", "video.mp4", "video/mp4"),
    ("sticker", "sticker.webp", "image/webp"),
)


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the secret header is ours. Telegram signs nothing else."""
    shown = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("the secret header is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(`update_id`, chat). The body does not name the bot, so the key is unique within one account only."""
    try:
        update = Tree.of(request.body)
        key = str(update.number("update_id"))
    except Malformed:
        return "sha256:" + sha256(request.body).hexdigest(), ""
    try:
        return key, _chat_of(update)
    except Malformed:
        return key, ""


def parse(account: Account, request: Request) -> Parsed:
    """The events of one update: none for groups, other bots and kinds unknown to us. Raises Malformed."""
    update = Tree.of(request.body)
    update.number("update_id")
    event: Event | None = None
    if message := update.maybe("message"):
        event = _message(message)
    elif message := update.maybe("edited_message"):
        event = _edited(message)
    elif press := update.maybe("callback_query"):
        event = _press(press)
    elif change := update.maybe("my_chat_member"):
        event = _member(change)
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any 2xx will do; an empty body asks nothing of Telegram."""
    return 200, "text/plain", b""


def _chat_of(update: Tree) -> str:
    for kind in ("message", "edited_message", "my_chat_member"):
        if update.has(kind):
            return str(update.branch(kind).branch("chat").number("id"))
    if update.has("callback_query"):
        return str(update.branch("callback_query").branch("from").number("id"))
    return ""


def _message(message: Tree) -> Event | None:
    address = _person(message)
    if address is None:
        return None
    text = message.words("text", "") or message.words("caption", "")
    provider_id = f"{address}:{message.number('message_id')}"
    at, name = message.moment("date"), _name(message.branch("from"))
    command, _, rest = text.partition(" ")
    if command.partition("@")[0] == "/start" and not _passed_on(message):
        return Started(address, rest.strip(), at, name)
    if message.has("write_access_allowed"):
        return Started(address, "", at, name)
    if contact := message.maybe("contact"):
        return _contact(message, contact, address, provider_id)
    files = _files(message)
    text = text or _drawn(message)
    if not text and not files:
        return None
    reply = message.maybe("reply_to_message")
    reply_to = f"{address}:{reply.number('message_id')}" if reply else ""
    return Said(address, text, provider_id, at, name, reply_to, files)


def _edited(message: Tree) -> Event | None:
    """A mended message is words said anew: an id of its own, and an answer to the first wording."""
    address = _person(message)
    text = message.words("text", "") or message.words("caption", "")
    if address is None or not text:
        return None
    first = f"{address}:{message.number('message_id')}"
    at = message.moment("edit_date")
    stamp = message.maybe_number("edit_date") or 0
    return Said(address, text, f"{first}:e{stamp}", at, _name(message.branch("from")), reply_to=first)


def _contact(message: Tree, contact: Tree, address: str, provider_id: str) -> Event:
    """The number is the sender's own when Telegram put the sender's id into the card and the card was not passed on."""
    digits = "".join(c for c in contact.words("phone_number") if c.isdecimal() and c.isascii())
    if not digits:
        raise Malformed("message.contact.phone_number has no digits")
    sender = message.branch("from")
    proven = contact.maybe_number("user_id") == sender.number("id") and not _passed_on(message)
    return SharedPhone(address, "+" + digits, proven, provider_id, message.moment("date"), _name(sender))


def _passed_on(message: Tree) -> bool:
    return any(message.has(name) for name in ("forward_origin", "forward_from", "forward_date", "via_bot"))


def _press(press: Tree) -> Event | None:
    if not press.has("data"):
        return None
    provider_id = ""
    if message := press.maybe("message"):
        chat = message.branch("chat")
        if chat.words("type", "private") != "private":
            return None
        provider_id = f"{chat.number('id')}:{message.number('message_id')}"
    sender = press.branch("from")
    address = str(sender.number("id"))
    return Pressed(address, press.words("data"), press.words("id"), provider_id, None, _name(sender))


def _member(change: Tree) -> Event | None:
    chat = change.branch("chat")
    if chat.words("type") != "private":
        return None
    address, at = str(chat.number("id")), change.moment("date")
    status = change.branch("new_chat_member").words("status")
    if status in ("kicked", "left"):
        return Stopped(address, status, at)
    return Started(address, "", at, _name(change.branch("from"))) if status == "member" else None


def _person(message: Tree) -> str | None:
    """The address of the person who wrote in private; None for groups, channels and bots."""
    chat = message.branch("chat")
    sender = message.maybe("from")
    if chat.words("type", "private") != "private" or sender is None or sender.value.get("is_bot") is True:
        return None
    return str(chat.number("id"))


def _name(person: Tree) -> str:
    return f"{person.words('first_name', '')} {person.words('last_name', '')}".strip()


def _files(message: Tree) -> tuple[IncomingFile, ...]:
    """A photo comes in several sizes, the largest last."""
    if photos := message.branches("photo"):
        largest = photos[-1]
        return (IncomingFile("photo.jpg", "image/jpeg", largest.words("file_id"), largest.maybe_number("file_size")),)
    for kind, name, mime in FILES:
        if found := message.maybe(kind):
            file = IncomingFile(
                found.words("file_name", "") or name,
                found.words("mime_type", "") or mime,
                found.words("file_id"),
                found.maybe_number("file_size"),
            )
            return (file,)
    return ()


def _drawn(message: Tree) -> str:
    """Words for what has none: a sticker's emoji, a place on the map (RFC 5870)."""
    if sticker := message.maybe("sticker"):
        return sticker.words("emoji", "")
    place = message.maybe("location")
    if place is None:
        return ""
    return f"geo:{_degrees(place, 'latitude')},{_degrees(place, 'longitude')}"


def _degrees(place: Tree, name: str) -> float:
    value = place.value.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not -180 <= value <= 180:
        raise Malformed(f"{place.path}.{name} is not an angle")
    return float(value)
