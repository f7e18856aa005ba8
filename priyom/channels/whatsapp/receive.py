"""Webhooks of the Cloud API: batches of changes, each of one field. Meta signs the raw body with the app's secret;
through 360dialog nothing of Meta's can be checked, so a header of our own comes along.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from priyom.channels.whatsapp.read_account import account_events
from priyom.channels.whatsapp.read_messages import address_of, message_events, status_events
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event
from priyom.contracts.reading import Tree

SIGNATURE_HEADER = "x-hub-signature-256"
SECRET_HEADER = "x-priyom-secret"


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the body is signed with the app's secret (Meta) or our secret comes along (360dialog)."""
    if account.settings.style == "360dialog":
        shown, right = request.headers.get(SECRET_HEADER, ""), account.hook_secret
    else:
        secret = account.settings.app_secret.strip()
        if not secret:
            raise Forged("no app secret is set, so nothing can be verified")
        shown = request.headers.get(SIGNATURE_HEADER, "")
        right = "sha256=" + hmac.new(secret.encode(), request.body, sha256).hexdigest()
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), right.encode()):
        raise Forged("the signature is missing or wrong")


def challenge(account: Account, request: Request) -> tuple[int, str, bytes]:
    """The answer to Meta's GET that asks whether this address is ours: its challenge back. Raises Forged when the
    verify token is not this account's `hook_secret`."""
    shown = request.query.get("hub.verify_token", "")
    right = hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode())
    if request.query.get("hub.mode") != "subscribe" or not right:
        raise Forged("the verify token is missing or wrong")
    return 200, "text/plain", request.query.get("hub.challenge", "").encode("utf-8", "replace")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(ids of all that is told, the chat of the first). A repeat of a batch tells the same things."""
    try:
        keys, chats = _named(Tree.of(request.body))
    except Malformed:
        keys, chats = [], []
    whole = "\n".join(keys).encode() or request.body
    key = keys[0] if len(keys) == 1 and len(keys[0]) <= 200 else "sha256:" + sha256(whole).hexdigest()
    return key, next((chat for chat in chats if chat), "")


def parse(account: Account, request: Request) -> Parsed:
    """The events of one batch; fields and kinds unknown to us, and other numbers of the clinic, give none. Raises
    Malformed."""
    events: list[Event] = []
    for entry in Tree.of(request.body).branches("entry"):
        for change in entry.branches("changes"):
            field, value = change.words("field", ""), change.branch("value")
            if field == "messages":
                events += _talk(account, value)
            else:
                events += account_events(field, value)
    return Parsed(tuple(events))


def answer(request: Request) -> tuple[int, str, bytes]:
    """200 and nothing else counts as taken; the body is not looked at."""
    return 200, "text/plain", b"ok"


def _talk(account: Account, value: Tree) -> list[Event]:
    """One app may serve several numbers: each account keeps to its own."""
    metadata = value.maybe("metadata")
    ours = account.settings.phone_number_id.strip()
    if metadata is not None and ours and metadata.words("phone_number_id", ours) != ours:
        return []
    contacts = value.branches("contacts")
    events: list[Event] = []
    for status in value.branches("statuses"):
        events += status_events(status, contacts)
    for message in value.branches("messages"):
        events += message_events(message, contacts)
    return events


def _named(body: Tree) -> tuple[list[str], list[str]]:
    """What each message and status is called, and whose it is. A change that is neither names nothing: the whole body
    is its name then."""
    keys, chats = [], []
    for entry in body.branches("entry"):
        for change in entry.branches("changes"):
            value = change.branch("value")
            messages, statuses = value.branches("messages"), value.branches("statuses")
            contacts = value.branches("contacts")
            if not messages and not statuses:
                return [], []
            for message in messages:
                keys.append(message.words("id"))
                chats.append(address_of(message, contacts)[0])
            for status in statuses:
                keys.append(f"{status.words('id')}:{status.words('status')}")
                chats.append(address_of(status, contacts)[0])
    return keys, chats
