"""How a message becomes calls. MAX lets a dozen pictures and videos stand in one message with the words and the
keyboard, one paper with words and keyboard, and a sound only by itself. What does not fit into one message goes before
the words. https://dev.max.ru/docs-api/methods/POST/messages
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from mimetypes import MimeTypes
from typing import Any

from priyom.contracts.message import File, Message

ALBUM_LIMIT = 11
"""Twelve attachments, one of them the keyboard."""
MEGABYTE = 1024 * 1024
# How MAX stores a kind of file, and up to which size; everything else is a `file`.
LIMITS = {"image": 50 * MEGABYTE, "video": 250 * MEGABYTE, "audio": 256 * MEGABYTE}
SEEN = ("image", "video")
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/heic"})
VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/webm", "video/x-matroska"})
_TYPES = MimeTypes()


@dataclass(frozen=True, slots=True)
class Part:
    """One message: its words, its keyboard, and its files with the kinds MAX stores them as."""

    text: str = ""
    keyboard: dict[str, Any] | None = None
    files: tuple[tuple[str, File], ...] = ()


def parts(message: Message, *, as_papers: bool = False) -> list[Part]:
    """The messages that bring it, in order; the last one is the one that can be edited. `as_papers`: pictures go as
    files, for those MAX cannot show."""
    buttons = keyboard(message)
    albums = _albums(message.files, as_papers)
    if not albums:
        return [Part(message.text, buttons)]
    if len(albums) == 1 and albums[0][0][0] != "audio":
        return [Part(message.text, buttons, albums[0])]
    made = [Part(files=album) for album in albums]
    return [*made, Part(message.text, buttons)] if message.text.strip() or buttons else made


def keyboard(message: Message) -> dict[str, Any] | None:
    """The choices, and the contact button in a row of its own below them."""
    rows = [
        [
            {"type": "link", "text": button.label, "url": button.url}
            if button.url
            else {"type": "callback", "text": button.label, "payload": button.payload}
            for button in row
        ]
        for row in message.rows
    ]
    if message.ask_contact:
        rows.append([{"type": "request_contact", "text": message.ask_contact}])
    return {"type": "inline_keyboard", "payload": {"buttons": rows}} if rows else None


def type_by_name(name: str) -> str:
    """The MIME type that a file's name promises; '' when none."""
    return _TYPES.guess_type(name)[0] or ""


def _albums(files: Sequence[File], as_papers: bool) -> list[tuple[tuple[str, File], ...]]:
    kinds = [("file" if as_papers else _kind(file), file) for file in files]
    made: list[tuple[tuple[str, File], ...]] = []
    for family, run in groupby(enumerate(kinds), key=lambda item: "" if item[1][0] in SEEN else str(item[0])):
        row = tuple(item for _, item in run)
        size = 1 if family else ALBUM_LIMIT
        made += [row[at : at + size] for at in range(0, len(row), size)]
    return made


def _kind(file: File) -> str:
    mime = file.mime.partition(";")[0].strip().lower()
    if mime in PICTURES:
        kind = "image"
    elif mime in VIDEOS:
        kind = "video"
    else:
        kind = "audio" if mime.startswith("audio/") else "file"
    return "file" if len(file.content) > LIMITS.get(kind, 0) else kind
