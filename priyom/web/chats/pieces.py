"""What the composer offers where free words are not taken: approved texts, cut at the places that are filled in, and
the other ways to this person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from priyom.inbox import approved
from priyom.inbox.approved import Approved
from priyom.inbox.models import Conversation
from priyom.inbox.routes import Choice, Route, choices
from priyom.notifications.variables import VARIABLE
from priyom.web.ready.names import called


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an approved text: fixed words, or the place of the variable `name`."""

    text: str
    name: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A variable to be filled in: asked once, however often the text has it."""

    name: str
    label: str
    value: str


def closed(conversation: Conversation, route: Route, kind: str = "") -> dict[str, Any]:
    """The context of `_approved.html`: the texts there are, the one chosen (`kind`, else the first) in pieces; where
    there is none, the other ways."""
    texts = approved.offered(conversation, route)
    if not texts:
        return {"texts": [], "ways": others(conversation)}
    one = next((text for text in texts if text.kind == kind), texts[0])
    places = [Place(name, called(name), value) for name, value in one.places]
    return {"texts": texts, "text_now": one, "pieces": list(_cut(one)), "places": places, "ways": others(conversation)}


def others(conversation: Conversation) -> list[Choice]:
    """The ways that take free words now."""
    return [one for one in choices(conversation) if one.usable and not one.route.closed]


def _cut(one: Approved) -> Iterator[Piece]:
    known, at = dict(one.places), 0
    for found in VARIABLE.finditer(one.text):
        yield Piece(one.text[at : found.start()])
        yield Piece(known[found.group(1)], found.group(1), called(found.group(1)))
        at = found.end()
    yield Piece(one.text[at:])
