"""Reads Mobizon's webhook «SMS statuses» in the format `json`: the final state of a whole message.

`sign` is SHA-1 of `eventId|attempt|eventCreateTs|secret`. It does not cover `data`, but nobody else can make one, and a
repeat of an event changes nothing. Source: the vendor's documentation, section «Webhooks».
"""

from __future__ import annotations

import hashlib
import hmac

from priyom.channels.mobizon import codes
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.reading import Tree
from priyom.foundation.phone import BadPhone, normalize

DELIVERY = "sms-delivery-report"


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless `sign` was made with the webhook's secret."""
    try:
        tree = Tree.of(request.body)
        signed = "|".join(_plain(tree, name) for name in ("eventId", "attempt", "eventCreateTs"))
        shown = tree.words("sign", "")
    except Malformed as error:
        raise Forged(str(error)) from None
    word = account.settings.webhook_secret or account.hook_secret
    right = hashlib.sha1(f"{signed}|{word}".encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(right.encode(), shown.lower().encode("utf-8", "replace")):
        raise Forged("sign не сходится")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is the event, the same for every attempt; the chat key is the person's phone."""
    try:
        tree = Tree.of(request.body)
        key = f"event:{_plain(tree, 'eventId')[:60]}"
    except Malformed:
        return "body:" + hashlib.sha256(request.body).hexdigest(), ""
    try:
        return key, normalize("+" + _plain(tree.branch("data"), "to"))
    except (Malformed, BadPhone):
        return key, ""


def parse(account: Account, request: Request) -> Parsed:
    """One report; events of forms and states that are not in the table give none. Raises Malformed."""
    tree = Tree.of(request.body)
    if tree.words("eventType", "") != DELIVERY:
        return Parsed()
    data = tree.branch("data")
    report = codes.report(_plain(data, "messageId"), data.words("status"))
    return Parsed((report,) if report else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any 2xx within five seconds."""
    return 200, "text/plain", b"OK"


def _plain(tree: Tree, name: str) -> str:
    """A number or a short text, as text. Raises Malformed."""
    if isinstance(tree.value.get(name), int):
        return str(tree.number(name))
    words = tree.words(name)
    if not words or len(words) > 60:
        raise Malformed(f"{name} is empty or too long")
    return words
