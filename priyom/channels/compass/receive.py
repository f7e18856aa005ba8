"""Commands of people, as Compass sends them to a bot's webhook, versions 3 and 4 (section «Webhook» of the manual)."""

from __future__ import annotations

import hmac
from hashlib import sha256

from priyom.channels.compass.send import COMMAND, short
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Pressed, Said
from priyom.contracts.reading import Tree

SCHEMES = ("bearer=", "bearer ")
"""Version 3 and version 4, in any case."""


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the header carries the bot's own token: the only proof there is, bodies are not signed."""
    shown = request.headers.get("authorization", "")
    if shown[:7].lower() in SCHEMES:
        shown = shown[7:]
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.settings.token.encode()):
        raise Forged("the token is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(the command's message key, the group or the person)."""
    try:
        tree = Tree.of(request.body)
        key = tree.words("message_id")
    except Malformed:
        key = ""
    if not key:
        return "sha256:" + sha256(request.body).hexdigest(), ""
    try:
        return short(key), short(tree.words("group_id", "")) or f"user:{tree.number('user_id')}"
    except Malformed:
        return short(key), ""


def parse(account: Account, request: Request) -> Parsed:
    """A choice typed as a command, or words (the slash put off). In a group only choices are ours. Raises Malformed."""
    tree = Tree.of(request.body)
    if isinstance(tree.value.get("user_id"), str):
        raise Malformed("a webhook of version 1 or 2: set version 3 by webhook/setVersion")
    text = tree.words("text", "").strip()
    if not text.startswith("/"):
        return Parsed()
    person, number = f"user:{tree.number('user_id')}", short(tree.words("message_id"))
    word, _, rest = text.partition(" ")
    event: Event | None = None
    if word.lower() == COMMAND:
        event = Pressed(person, rest.strip(), number) if rest.strip() else None
    elif tree.words("type") == "single" and (words := text.lstrip("/").strip()):
        event = Said(person, words, number)
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """An empty object asks nothing of Compass; any status counts as taken, so this is said only after the storing."""
    return 200, "application/json", b"{}"
