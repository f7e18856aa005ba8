"""How a message becomes calls: words alone, a file with the words under it, albums with the words apart.

Telegram hangs a keyboard under one message only, never under an album, and a caption holds 1024 characters. So the
words go as a caption where everything fits into one call; else the files go first and the words, with the keyboard,
follow.
https://core.telegram.org/bots/api#sendmediagroup
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from priyom.contracts.message import File, Message
from priyom.foundation.http import Upload

CAPTION_LIMIT = 1024
ALBUM_LIMIT = 10
PHOTO_LIMIT = 10 * 1024 * 1024

# MIME type -> how Telegram shows it: method and field. Everything else is a document.
KINDS = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "voice",
}
METHODS = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "audio": "sendAudio",
    "voice": "sendVoice",
    "document": "sendDocument",
}
# Which kinds may stand in one album; a voice message always stands alone.
FAMILIES = {"photo": "seen", "video": "seen", "audio": "heard", "document": "papers"}


@dataclass(frozen=True, slots=True)
class Part:
    """One call: its method, its parameters besides the chat, and its files by the names of their fields. `worded` is
    the place, in an album, of the message that carries the words."""

    method: str
    body: Mapping[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)
    worded: int = 0


def parts(message: Message, *, as_papers: bool = False) -> list[Part]:
    """The calls that bring the message, in order; the last one makes the message that can be edited.

    `as_papers`: pictures go as documents, for those Telegram cannot show.
    """
    keyboard = markup(message)
    if not message.files:
        return [_words(message.text, keyboard)]
    text = message.text if message.text.strip() else ""
    albums = _albums(message.files, as_papers)
    if len(albums) == 1 and _units(text) <= CAPTION_LIMIT and (len(albums[0]) == 1 or not keyboard):
        return [_album(albums[0], text, keyboard)]
    made = [_album(album, "", None) for album in albums]
    return [*made, _words(text, keyboard)] if text else made


def markup(message: Message) -> dict[str, Any] | None:
    """A message carries one keyboard: the choices win over the contact button."""
    if keyboard := inline(message):
        return keyboard
    if not message.ask_contact:
        return None
    button = {"text": message.ask_contact, "request_contact": True}
    return {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}


def inline(message: Message) -> dict[str, Any] | None:
    """The choices under a message; None: there are none."""
    if not message.rows:
        return None
    rows = [
        [
            {"text": button.label, "url": button.url}
            if button.url
            else {"text": button.label, "callback_data": button.payload}
            for button in row
        ]
        for row in message.rows
    ]
    return {"inline_keyboard": rows}


def _words(text: str, keyboard: dict[str, Any] | None) -> Part:
    # A preview is made by Telegram's machines following the link: a personal link is nobody's but the patient's.
    body: dict[str, Any] = {"text": text, "link_preview_options": {"is_disabled": True}}
    return Part("sendMessage", {**body, "reply_markup": keyboard} if keyboard else body)


def _albums(files: Sequence[File], as_papers: bool) -> list[list[tuple[str, File]]]:
    kinds = [("document" if as_papers and _kind(file) == "photo" else _kind(file), file) for file in files]
    made: list[list[tuple[str, File]]] = []
    for family, run in groupby(enumerate(kinds), key=lambda item: FAMILIES.get(item[1][0], str(item[0]))):
        row = [item for _, item in run]
        size = 1 if family.isdigit() else ALBUM_LIMIT
        made += [row[at : at + size] for at in range(0, len(row), size)]
    return made


def _album(album: list[tuple[str, File]], text: str, keyboard: dict[str, Any] | None) -> Part:
    if len(album) == 1:
        [(kind, file)] = album
        body: dict[str, Any] = {"caption": text} if text else {}
        if keyboard:
            body["reply_markup"] = keyboard
        return Part(METHODS[kind], body, {kind: _upload(file)})
    media = [{"type": kind, "media": f"attach://file{index}"} for index, (kind, _) in enumerate(album)]
    # Under papers the last caption stands at the end; of pictures only the first caption is shown.
    worded = len(album) - 1 if album[0][0] == "document" else 0
    if text:
        media[worded]["caption"] = text
    uploads = {f"file{index}": _upload(file) for index, (_, file) in enumerate(album)}
    return Part("sendMediaGroup", {"media": media}, uploads, worded)


def _kind(file: File) -> str:
    kind = KINDS.get(file.mime.partition(";")[0].strip().lower(), "document")
    return "document" if kind == "photo" and len(file.content) > PHOTO_LIMIT else kind


def _upload(file: File) -> Upload:
    # Telegram's server cuts a name at the first «;» and keeps the backslash before a quote: such signs cannot pass.
    name = re.sub(r'["\\;\x00-\x1f\x7f]', "_", file.name).strip() or "file"
    return Upload(name, file.mime, file.content)


def _units(text: str) -> int:
    """UTF-16 code units: the strictest way to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
