"""Files of the fake Bot API: how they are uploaded, one or an album, and fetched again; and how a phone sends them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from aiohttp import BodyPartReader, web

from priyom.channels.telegram.emulator_checks import Given, Refused, bad, nested
from priyom.channels.telegram.emulator_state import Bot, State
from priyom.contracts.message import File

UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
FETCH_LIMIT = 20 * 1024 * 1024
KINDS = ("photo", "document", "voice", "audio", "video")
ALBUMS = ({"photo", "video"}, {"document"}, {"audio"})
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")
MIMES = {"photo": "image/jpeg", "voice": "audio/ogg", "audio": "audio/mpeg", "video": "video/mp4"}


class Files:
    """The store of files: each has a `file_id` and, for the download, a path."""

    def __init__(self, state: State) -> None:
        self._state = state

    def kind_of(self, method: str) -> str | None:
        """What `sendphoto`, `senddocument` ... send; None for other methods."""
        kind = method.removeprefix("send")
        return kind if method.startswith("send") and kind in KINDS else None

    def keep(self, kind: str, given: Given, wanted: Any) -> tuple[dict[str, Any], str]:
        """(content of the Message object, the file's name) for an upload or a `file_id`. Raises Refused."""
        if isinstance(wanted, str) and wanted.startswith("attach://"):
            wanted = given.get(wanted.removeprefix("attach://"))
        if isinstance(wanted, str) and wanted:
            file, key = self._state.shelf.get(wanted), wanted
            if file is None:
                raise bad("wrong file_id or the file is temporarily unavailable")
            return self._content(kind, key, file), file.name
        if not isinstance(wanted, File):
            raise bad(f"there is no {kind} in the request")
        if not wanted.content:
            raise bad("file must be non-empty")
        if kind == "photo":
            _check_picture(wanted)
        return self.store(kind, wanted), wanted.name

    def album(self, given: Given) -> list[tuple[dict[str, Any], str, dict[str, Any]]]:
        """(content, name, the item as it was given) of each item of sendMediaGroup. Raises Refused."""
        media = nested(given, "media")
        if not isinstance(media, list) or not all(isinstance(item, dict) for item in media):
            raise bad("parameter media must be an array")
        if not 2 <= len(media) <= 10:
            raise bad("expected 2-10 media in the group" if len(media) > 10 else "there must be at least two media")
        kinds = {str(item.get("type")) for item in media}
        if not any(kinds <= family for family in ALBUMS):
            raise bad("this type of media can't be mixed with other types in an album")
        if given.get("reply_markup"):
            raise bad("reply markup can't be used with albums")
        return [(*self.keep(str(item["type"]), given, item.get("media")), item) for item in media]

    def store(self, kind: str, file: File) -> dict[str, Any]:
        """Keep a file; the content of the Message object."""
        number = self._state.next()
        key = f"{kind[:2].upper()}ACAgIAAxkBAAIB{number:08d}"
        self._state.shelf.put(key, replace(file, mime=file.mime or MIMES.get(kind, "application/octet-stream")))
        return self._content(kind, key, file)

    def get_file(self, bot: Bot, given: Given) -> Any:
        """getFile. Raises Refused."""
        key = str(given.get("file_id") or "")
        file = self._state.shelf.get(key)
        if file is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(file.content) > FETCH_LIMIT:
            raise bad("file is too big")
        path = f"files/{key}"
        return {"file_id": key, "file_unique_id": key[-8:], "file_size": len(file.content), "file_path": path}

    def at(self, path: str) -> File | None:
        """The file of a download's path."""
        return self._state.shelf.get(path.removeprefix("files/"))

    @staticmethod
    def _content(kind: str, key: str, file: File) -> dict[str, Any]:
        about: dict[str, Any] = {"file_id": key, "file_unique_id": key[-8:], "file_size": len(file.content)}
        if kind == "photo":
            small = {**about, "file_id": key, "width": 90, "height": 67, "file_size": min(1200, len(file.content))}
            return {"photo": [small, {**about, "width": 1280, "height": 960}]}
        if kind != "document":
            about["duration"] = 7
        if kind == "video":
            about |= {"width": 720, "height": 1280}
        if kind in ("document", "audio", "video"):
            about["file_name"] = file.name
        return {kind: {**about, "mime_type": file.mime}}


def kind_by_type(mime: str) -> str:
    """How a phone sends a file of this type."""
    if mime in ("image/jpeg", "image/png"):
        return "photo"
    if mime == "audio/ogg":
        return "voice"
    return {"audio": "audio", "video": "video"}.get(mime.partition("/")[0], "document")


async def read_form(request: web.Request) -> dict[str, Any]:
    """A multipart form as Telegram's server reads it: words as they are, files as `File`. Raises Refused."""
    given: dict[str, Any] = {}
    size = 0
    async for part in _parts(request):
        content = await part.read()
        size += len(content)
        if size > UPLOAD_LIMIT + 1024 * 1024:
            raise Refused(413, "Request Entity Too Large")
        name, file_name = _disposition(part.headers.get("Content-Disposition", ""))
        if file_name is None:
            given[name] = content.decode()
        else:
            given[name] = File(file_name, part.headers.get("Content-Type", ""), bytes(content))
    return given


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    whole = request.clone(client_max_size=2 * UPLOAD_LIMIT)
    async for part in await whole.multipart():
        if isinstance(part, BodyPartReader):
            yield part


def _disposition(header: str) -> tuple[str, str | None]:
    """(field, file's name) as the server cuts them: at each «;», even within quotes; `filename*` is not known to it."""
    found: dict[str, str] = {}
    for piece in header.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split(";")[1:]:
        key, _, value = piece.strip().partition("=")
        found.setdefault(key.strip(), re.sub(r'^"(.*)"$', r"\1", value.strip()))
    return found.get("name", ""), found.get("filename")


def _check_picture(file: File) -> None:
    if len(file.content) > PHOTO_LIMIT:
        raise bad("file is too big for a photo")
    if not file.content.startswith(PICTURES):
        raise bad("IMAGE_PROCESS_FAILED")
