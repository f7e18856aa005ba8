"""Reads the updates our own line hands over (`outbox.py` writes them): what became of a call, and the key pressed.

`{"id": message, "n": number, "to": phone, "event": "delivered" | "failed" | "key" | "operator" | "stop", "at": ...}`,
with `code`, `words`, `sip`, `gone` of a failure and `key`, `payload` of a press; `at` is Unix time. Nobody outside
calls us: a request by the web is always forged.
"""

from __future__ import annotations

from hashlib import sha256

from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Pressed, Reported, Said, Stopped
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree

OPERATOR_WORDS = "0: просит перезвонить"


def verify(account: Account, request: Request) -> None:
    """Raises Forged: this channel has no door to the web."""
    raise Forged("телефонные звонки не принимают вебхуков")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(message, update number and kind; the phone). A hash of the body when it cannot be read."""
    try:
        tree = Tree.of(request.body)
        key = f"{tree.words('id')}:{tree.number('n')}:{tree.words('event')}"
        phone = tree.words("to")
    except Malformed:
        return "sha256:" + sha256(request.body).hexdigest(), ""
    return (key if len(key) <= 200 else "sha256:" + sha256(key.encode()).hexdigest()), phone


def parse(account: Account, request: Request) -> Parsed:
    """What the person did. Unknown kinds give no events. Raises Malformed."""
    tree = Tree.of(request.body)
    name, phone, at = tree.words("id"), tree.words("to"), tree.moment("at")
    made: Event | None = None
    match tree.words("event"):
        case "delivered":
            made = Reported(name, Signal.DELIVERED, "человек выслушал сообщение", at)
        case "failed":
            made = Reported(
                name, Signal.FAILED, _evidence(tree), at, tree.words("code", "failed"), tree.value.get("gone") is True
            )
        case "key":
            made = Pressed(phone, tree.words("payload"), f"{name}:{tree.number('n')}", name, at)
        case "operator":
            made = Said(phone, OPERATOR_WORDS, f"{name}:{tree.number('n')}", at, reply_to=name)
        case "stop":
            made = Stopped(phone, "нажал 9: больше не звонить", at)
    return Parsed((made,) if made else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """Never needed."""
    return 200, "text/plain", b"ok"


def _evidence(tree: Tree) -> str:
    status = tree.maybe_number("sip")
    words = tree.words("words", "звонок не удался")
    return f"{words} (SIP {status})" if status else words
