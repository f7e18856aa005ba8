"""Messages of people and statuses of ours, as the field `messages` tells them.

A person is known by the phone number where Meta shows it, else by the business-scoped user id; when both are shown, the
house is told that they are one person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from priyom.channels.whatsapp.errors import ACCOUNT, GONE, words
from priyom.channels.whatsapp.identity import is_user_id, phone_of
from priyom.contracts.errors import Malformed
from priyom.contracts.events import (
    AccountChanged,
    AlsoKnownAs,
    Event,
    IncomingFile,
    Pressed,
    Reported,
    Said,
    SharedPhone,
    Started,
    Stopped,
)
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree
from priyom.contracts.vitals import Vitals

SIGNALS = {
    "sent": Signal.SENT,
    "delivered": Signal.DELIVERED,
    "read": Signal.READ,
    "played": Signal.READ,
    "failed": Signal.FAILED,
}
FILES = {
    "image": ("photo.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.ogg", "audio/ogg"),
    "document": ("document", "application/octet-stream"),
    "sticker": ("sticker.webp", "image/webp"),
}
UNREADABLE = "(WhatsApp не передал это сообщение: такой вид ему недоступен)"
START = re.compile(r"(?:\A|\s)[Кк]од:\s*([A-Za-z0-9_-]{6,64})(?=[\s.,!]|\Z)")
GREETING = re.compile(r"\s*(?:Здравствуйте!?)?\s*")


def address_of(item: Tree, contacts: Sequence[Tree]) -> tuple[str, str, str]:
    """(address, the other name of the same person or '', their name) of a message or a status."""
    phone = phone_of(item.words("from", "") or item.words("recipient_id", ""))
    user = item.words("from_user_id", "") or item.words("recipient_user_id", "")
    contact = _contact(contacts, phone, user)
    name = ""
    if contact is not None:
        phone = phone or phone_of(contact.words("wa_id", ""))
        user = user or contact.words("user_id", "")
        profile = contact.maybe("profile")
        name = profile.words("name", "") if profile else ""
    user = user if is_user_id(user) else ""
    return phone or user, user if phone else "", name


def status_events(status: Tree, contacts: Sequence[Tree] = ()) -> list[Event]:
    """A report; on delivery also who else the person is; on a fault of the account's also that."""
    provider_id, word = status.words("id"), status.words("status")
    signal = SIGNALS.get(word)
    if signal is None:
        return []
    at, key = moment(status), status.words("biz_opaque_callback_data", "")[:32]
    if signal is Signal.FAILED:
        return _failed(status, provider_id, at, key)
    events: list[Event] = [Reported(provider_id, signal, f"WhatsApp: {word}", at, key=key)]
    address, alias, _ = address_of(status, contacts)
    if alias and word == "delivered":  # once for each message is enough
        events.append(AlsoKnownAs(address, alias))
    return events


def message_events(message: Tree, contacts: Sequence[Tree]) -> list[Event]:
    """What a person did; nothing for groups and for kinds that concern nobody here."""
    address, alias, name = address_of(message, contacts)
    if message.words("type", "") == "system":
        return _system(message)
    if not address or message.has("group_id"):
        return []
    events = _understood(message, address, name)
    return [AlsoKnownAs(address, alias), *events] if alias and events else events


def moment(item: Tree) -> datetime | None:
    """`timestamp`: Unix seconds, as text or as a number. Raises Malformed."""
    found = item.value.get("timestamp")
    if found is None:
        return None
    try:
        return datetime.fromtimestamp(int(str(found)), UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{item.path}.timestamp is not a moment") from None


def _contact(contacts: Sequence[Tree], phone: str, user: str) -> Tree | None:
    for contact in contacts:
        if phone and phone_of(contact.words("wa_id", "")) == phone:
            return contact
        if user and contact.words("user_id", "") == user:
            return contact
    return contacts[0] if len(contacts) == 1 and not phone and not user else None


def _failed(status: Tree, provider_id: str, at: datetime | None, key: str) -> list[Event]:
    errors = status.branches("errors")
    if not errors:
        return [Reported(provider_id, Signal.FAILED, "WhatsApp: failed", at, key=key)]
    code, said = errors[0].maybe_number("code") or 0, _details(errors[0])
    evidence = f"WhatsApp: {words(code, said)}"
    events: list[Event] = [Reported(provider_id, Signal.FAILED, evidence, at, str(code), code in GONE, key)]
    if code in ACCOUNT:
        events.append(AccountChanged(Vitals(), words(code, said)))
    return events


def _details(error: Tree) -> str:
    data = error.value.get("error_data")
    if isinstance(data, dict) and isinstance(data.get("details"), str):
        return error.branch("error_data").words("details")
    return error.words("message", "") or error.words("title", "")


def _understood(message: Tree, address: str, name: str) -> list[Event]:
    kind = message.words("type", "")
    provider_id, at, reply_to = message.words("id"), moment(message), _quoted(message)
    if press := _press(message, kind):
        payload, label = press
        if payload != label:
            return [Pressed(address, payload, provider_id, reply_to, at, name)]
        return [Said(address, label, provider_id, at, name, reply_to)]  # a button to which no meaning was given
    if kind == "contacts":
        return _cards(message, address, name, provider_id, at)
    if kind == "text":
        return _text(message.branch("text").words("body", ""), address, name, provider_id, at, reply_to)
    if kind == "edit":
        return _edited(message.branch("edit"), address, name, provider_id, at)
    if kind == "reaction":
        reaction = message.branch("reaction")
        reply_to = reaction.words("message_id", "")
        text: str = reaction.words("emoji", "")
    else:
        text = _drawn(message, kind)
    files = _files(message, kind)
    return [Said(address, text, provider_id, at, name, reply_to, files)] if text or files else []


def _press(message: Tree, kind: str) -> tuple[str, str] | None:
    """(payload, label) of a pressed button: of a template, of free words, or a row of a list."""
    if kind == "button":
        button = message.branch("button")
        return button.words("payload"), button.words("text", "")
    inner = message.maybe("interactive") if kind == "interactive" else None
    for reply in ("button_reply", "list_reply"):
        if inner is not None and inner.words("type", "") == reply:
            return inner.branch(reply).words("id"), inner.branch(reply).words("title", "")
    return None


def _text(text: str, address: str, name: str, provider_id: str, at: datetime | None, reply_to: str) -> list[Event]:
    """A link of ours comes back as words with a code in them, which the person may have changed before sending."""
    found = START.search(text)
    if found is None:
        return [Said(address, text, provider_id, at, name, reply_to)] if text else []
    started = Started(address, found[1], at, name)
    rest = text[: found.start()] + text[found.end() :]
    bare = GREETING.fullmatch(rest.strip(" .,!\n"))
    return [started] if bare else [started, Said(address, text, provider_id, at, name, reply_to)]


def _edited(edit: Tree, address: str, name: str, provider_id: str, at: datetime | None) -> list[Event]:
    """A mended message is words said anew, an answer to the first wording."""
    inner = edit.maybe("message")
    text = inner.maybe("text") if inner else None
    kind = inner.words("type", "") if inner else ""
    if text is None and inner is not None and kind in FILES:
        text = inner.branch(kind)
    said = text.words("body", "") or text.words("caption", "") if text else ""
    return [Said(address, said, provider_id, at, name, edit.words("original_message_id", ""))] if said else []


def _cards(message: Tree, address: str, name: str, provider_id: str, at: datetime | None) -> list[Event]:
    """A number is the sender's own only when Meta says that it came by our button; a card by hand proves nothing."""
    for card in message.branches("contacts"):
        for phone in card.branches("phones"):
            number = phone_of(phone.words("wa_id", "") or phone.words("phone", ""))
            if number:
                proven = card.words("origin", "") == "contact_request"
                return [SharedPhone(address, number, proven, provider_id, at, name)]
    return []


def _system(message: Tree) -> list[Event]:
    """Somebody changed number: the old one may be a stranger's soon, so nothing more goes there."""
    old = phone_of(message.words("from", "")) or message.words("from_user_id", "")
    how = message.branch("system").words("type", "")
    changed = how in ("user_changed_number", "customer_changed_number", "user_changed_user_id")
    return [Stopped(old, how, moment(message))] if changed and old else []


def _quoted(message: Tree) -> str:
    context = message.maybe("context")
    return context.words("id", "") if context else ""


def _files(message: Tree, kind: str) -> tuple[IncomingFile, ...]:
    if kind not in FILES:
        return ()
    found, (name, mime) = message.branch(kind), FILES[kind]
    told = found.words("mime_type", "").partition(";")[0].strip()
    return (IncomingFile(found.words("filename", "") or name, told or mime, found.words("id")),)


def _drawn(message: Tree, kind: str) -> str:
    """Words for what has none: a caption, a place on the map (RFC 5870), a kind that WhatsApp itself keeps back."""
    if kind in FILES:
        return message.branch(kind).words("caption", "")
    if kind == "unsupported" or (kind == "interactive" and not message.has("interactive")):
        return UNREADABLE
    if kind != "location":
        return ""
    place = message.branch("location")
    where = f"geo:{_degrees(place, 'latitude')},{_degrees(place, 'longitude')}"
    return ", ".join(part for part in (place.words("name", ""), place.words("address", ""), where) if part)


def _degrees(place: Tree, name: str) -> float:
    value = place.value.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not -180 <= value <= 180:
        raise Malformed(f"{place.path}.{name} is not an angle")
    return float(value)
