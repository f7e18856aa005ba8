"""Reads what Exolve posts to the address set in its cabinet, and what `listen.py` fetches instead: one message each.

The vendor signs nothing it has published, so our secret stands in the address: `?secret=...`.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from priyom.channels.exolve import states
from priyom.channels.exolve.message import Listed, read
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Signal


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the address carries our secret."""
    shown = request.query.get("secret", "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("в адресе нет ?secret= или он неверен")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is the message with its direction and state; the chat key is the person's phone."""
    try:
        message = read(request.body)
    except Malformed:
        message = None
    if message is None:
        return "body:" + sha256(request.body).hexdigest(), ""
    if message.incoming:
        return f"in:{message.id}", message.person
    return f"out:{message.id}:{message.state[:60]}", message.person


def parse(account: Account, request: Request) -> Parsed:
    """A person's SMS, or a state that says something. Other events, and SMS from names, give none. Raises Malformed."""
    message = read(request.body)
    event: Event | None = None
    if message is not None and message.incoming and message.person:
        event = Said(message.person, message.text, f"in:{message.id}", message.at)
    elif message is not None and not message.incoming:
        event = report(account, message)
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any 2xx will do."""
    return 200, "text/plain", b"OK"


def report(account: Account, message: Listed) -> Reported | None:
    """What the state of an outgoing message says; None when it says nothing. Its `date` is that of sending, not of the
    state, so the report has no moment."""
    if message.incoming:
        return None
    signal = states.signal(account.settings.statuses, message.state)
    if signal is None:
        return None
    code = message.state if signal is Signal.FAILED else ""
    return Reported(message.id, signal, f"Exolve: {message.state}", None, code)
