"""The fake MAX's store of files: an address for each upload, three ways to answer, files that are not ready at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiohttp import BodyPartReader, web

from priyom.channels.max_messenger.emulator_checks import FILES, Given, Refused, Wanted, bad
from priyom.channels.max_messenger.emulator_state import Bot, State
from priyom.channels.max_messenger.parts import type_by_name
from priyom.contracts.message import File

NOT_READY = {"image": 0, "file": 1, "audio": 1, "video": 1}
"""How many sends are refused right after the upload."""
FORBIDDEN = (".exe", ".bat", ".apk", ".msi", ".sh")
FIELDS = {"image": ("data",), "file": ("data",), "audio": ("data", "file"), "video": ("data", "file")}
"""For sounds and videos the sources differ; both are taken."""
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")
LARGEST = 300 * 1024 * 1024


class Uploads:
    """`base_url` is where the sandbox is reached."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.base_url = ""

    def ask(self, bot: Bot, query: Given, body: Any) -> Any:
        """POST /uploads. Raises Refused."""
        kind = str(query.get("type", ""))
        if kind not in FILES:
            raise bad("type: unknown value")
        key = f"{kind}-{self._state.next():08d}"
        self._state.slots[key] = kind
        url = f"{self.base_url}/max_messenger/store/{key}"
        return {"url": url, "token": f"token-{key}"} if kind in ("audio", "video") else {"url": url}

    async def take(self, request: web.Request) -> web.Response:
        """POST to the address: one file in a form."""
        key = request.match_info["key"]
        kind = self._state.slots.pop(key, None)
        if kind is None:
            return web.json_response({"error_code": "404", "error_data": "UPLOAD_NOT_FOUND"}, status=404)
        file = await _file(request, FIELDS[kind])
        if file is None or _mismatched(file):
            self._state.slots[key] = kind  # the address is still good for another try
            return web.Response(status=415, text="Unsupported Media Type")
        if trouble := _trouble(kind, file):
            return web.json_response({"error_code": "503", "error_data": trouble})
        token = f"token-{key}"
        self._state.shelf.put(token, file)
        self._state.fresh[token] = NOT_READY[kind]
        if kind == "image":
            return web.json_response({"photos": {f"photo-{key}": {"token": token}}})
        if kind == "file":
            return web.json_response({"fileId": self._state.next(), "token": token})
        return web.Response(text='<?xml version="1.0" encoding="UTF-8"?><retval>1</retval>', content_type="text/xml")

    async def give(self, request: web.Request) -> web.Response:
        """GET of a file somebody sent."""
        file = self._state.shelf.get(request.match_info["key"])
        if file is None:
            return web.json_response({"code": "not.found", "message": "File not found"}, status=404)
        return web.Response(body=file.content, content_type="application/octet-stream")

    def store(self, kind: str, file: File) -> dict[str, Any]:
        """Keep a file that a phone sends; its attachment."""
        token = f"token-{kind}-{self._state.next():08d}"
        self._state.shelf.put(token, file)
        return self._attachment(kind, token, file)

    def named(self, wanted: Wanted) -> list[dict[str, Any]]:
        """The attachments of a body, each token found. Raises Refused: unknown, or not ready yet."""
        made = []
        for item, token in zip(wanted.files or (), wanted.tokens, strict=True):
            file = self._state.shelf.get(token)
            if file is None:
                raise Refused(400, "proto.payload", "attachments: unknown token")
            if left := self._state.fresh.get(token, 0):
                self._state.fresh[token] = left - 1
                raise Refused(400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed")
            made.append(self._attachment(str(item["type"]), token, file))
        return made

    def names(self, attachments: list[dict[str, Any]]) -> list[str]:
        """The files' names, for the phone."""
        tokens = [str(item.get("payload", {}).get("token", "")) for item in attachments]
        return [file.name for token in tokens if (file := self._state.shelf.get(token))]

    def _attachment(self, kind: str, token: str, file: File) -> dict[str, Any]:
        url = f"{self.base_url}/max_messenger/store/{token}"
        payload: dict[str, Any] = {"url": url, "token": token}
        if kind == "image":
            payload["photo_id"] = 9001 + len(token)
        made: dict[str, Any] = {"type": kind, "payload": payload}
        if kind == "file":
            made |= {"filename": file.name, "size": len(file.content)}
        if kind == "audio":
            made["transcription"] = None
        if kind == "video":
            made |= {"thumbnail": None, "width": 720, "height": 1280, "duration": 6}
        return made


def kind_by_type(mime: str) -> str:
    """How a phone sends a file of this type."""
    family = mime.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"


async def _file(request: web.Request, fields: tuple[str, ...]) -> File | None:
    """The one file of the form; None when the form has none under the right name."""
    if request.content_type != "multipart/form-data":
        return None
    found = None
    whole = request.clone(client_max_size=LARGEST)
    async for part in await whole.multipart():
        if isinstance(part, BodyPartReader):
            content = bytes(await part.read())
            if part.name in fields and part.filename:
                found = File(part.filename, part.headers.get("Content-Type", ""), content)
    return replace(found, mime=found.mime.partition(";")[0].strip()) if found else None


def _mismatched(file: File) -> bool:
    """The name's ending and the type must agree."""
    promised = type_by_name(file.name)
    return bool(promised) and file.mime != promised


def _trouble(kind: str, file: File) -> str:
    if file.name.lower().endswith(FORBIDDEN):
        return "File extension is forbidden"
    if kind == "image" and not file.content.startswith(PICTURES):
        return "IMAGE_INVALID_FORMAT"
    return ""
