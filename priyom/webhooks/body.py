"""A request's body and head, read in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]

SECONDS = 15.0
"""For the whole body: a vendor's own patience is shorter."""
MOST_HELD = 96 * 1024 * 1024
"""Bytes of all bodies under way in one process, the largest a channel allows several times over."""
PATIENT = 1024 * 1024
"""Bytes that are read and dropped of what is too large, so that an honest vendor gets to read our answer."""


class Gone(Exception):
    """The caller hung up."""


class TooLarge(Exception):
    """More bytes than the channel allows. `ended`: the caller has sent all of it."""

    def __init__(self, ended: bool) -> None:
        super().__init__()
        self.ended = ended


class TooMuch(Exception):
    """More bytes than we hold at a time, of all callers together."""


class Held:
    """Bytes of bodies in memory, counted. A body is counted from its first piece until it is answered."""

    def __init__(self) -> None:
        self.bytes = 0

    async def body(self, receive: Receive, told: int, most: int) -> bytes:
        """The whole body. `told`: its length by the head, -1 when it comes in pieces. The caller gives `len` back to
        `drop`. Raises TooLarge, TooMuch, Gone, TimeoutError; then nothing is held."""
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(SECONDS):
                if told > most:
                    raise TooLarge(await _dropped(receive))
                more = True
                while more:
                    piece, more = await _piece(receive)
                    size += len(piece)
                    self.bytes += len(piece)
                    if size > most:
                        pieces.clear()
                        raise TooLarge(not more or await _dropped(receive))
                    if self.bytes > MOST_HELD:
                        raise TooMuch
                    pieces.append(piece)
        except BaseException:
            self.bytes -= size
            raise
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def drop(self, body: bytes) -> None:
        """This one is answered."""
        self.bytes -= len(body)


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


async def _dropped(receive: Receive) -> bool:
    """Read on without keeping; whether the end came soon."""
    size, more = 0, True
    while more and size < PATIENT:
        piece, more = await _piece(receive)
        size += len(piece)
    return not more


def length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The length the head tells, -1 for none."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return -1


def named(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header names in lower case, as Django would have them: of one given twice both values, and none with a `_`."""
    found: dict[str, str] = {}
    for name, value in headers:
        if b"_" not in name:
            word, text = name.decode("latin1").lower(), value.decode("latin1")
            found[word] = f"{found[word]},{text}" if word in found else text
    return found


def asked(query: bytes) -> dict[str, str] | None:
    """The query as pairs, the last of equal names; None when it cannot be read."""
    if not query:
        return {}
    try:
        return QueryDict(query).dict()
    except (SuspiciousOperation, ValueError):
        return None
