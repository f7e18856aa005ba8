"""Files of the fake VK: both ways of uploading, saving under a name, and the addresses by which they are read."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from hashlib import sha1
from typing import Any

from aiohttp import web

from priyom.channels.vk.emulator_state import GROUP, Refused, State, Stored, missing
from priyom.contracts.message import File

FORBIDDEN = ("exe", "bat", "com", "mp3", "apk", "js")
PICTURES = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
FIELD = re.compile(r"photo|file\d?")
ATTACHMENT = re.compile(r"(photo|doc)(-?\d+)_(\d+)(?:_(\w+))?")

Given = Mapping[str, str]


class Files:
    """The methods and addresses over one state. `base` is where the fake VK stands."""

    def __init__(self, state: Callable[[], State]) -> None:
        self._get = state
        self.base = ""
        self.methods: dict[str, Callable[[Given], Any]] = {
            "photos.getMessagesUploadServer": self._photo_room,
            "photos.saveMessagesPhoto": self._save_photo,
            "docs.getMessagesUploadServer": self._document_room,
            "docs.save": self._save_document,
        }

    def routes(self) -> list[web.AbstractRouteDef]:
        """Upload servers and the store; a document's address leads on to the store, as VK's does."""
        return [
            web.post("/vk/upload/{kind}/{owner}", self._take),
            web.get("/vk/doc/{key}", self._lead_on),
            web.get("/vk/store/{key}", self._give),
        ]

    @property
    def _state(self) -> State:
        return self._get()

    def named(self, attachment: str) -> list[Stored]:
        """The files an `attachment` speaks of. Raises Refused for one that is not there, or is under another key."""
        found = []
        for name in attachment.split(",") if attachment else ():
            match = ATTACHMENT.fullmatch(name)
            stored = self._state.files.get(f"{match[1]}{match[3]}") if match else None
            if match is None or stored is None or str(stored.owner) != match[2] or (match[4] or "") != stored.key:
                raise missing("attachment is invalid")
            found.append(stored)
        if len(found) > 10:
            raise missing("attachment should contain no more than 10 elements")
        return found

    def keep(self, owner: int, file: File) -> Stored:
        """A file a person sends: pictures as photos, the rest as documents."""
        kind = "photo" if file.mime in PICTURES else "doc"
        return self._store(kind, owner, file.name, base64.b64encode(file.content).decode())

    def picture(self, stored: Stored) -> dict[str, Any]:
        """The attachment object of a file."""
        body: dict[str, Any] = {"id": stored.id, "owner_id": stored.owner, "access_key": stored.key, "date": 1774000000}
        if stored.kind == "photo":
            small, large = ({"type": t, "width": w, "height": h} for t, w, h in (("s", 75, 50), ("x", 604, 403)))
            url = f"{self.base}/vk/store/{stored.key}"
            body |= {"album_id": -3, "text": "", "sizes": [{**large, "url": url}, {**small, "url": f"{url}-small"}]}
        else:
            ext, url = stored.name.rpartition(".")[2].lower(), f"{self.base}/vk/doc/{stored.key}"
            body |= {"title": stored.name, "ext": ext, "size": len(stored.bytes()), "type": 1, "url": url}
        return {"type": stored.kind, stored.kind: body}

    def _photo_room(self, given: Given) -> Any:
        owner = self._owner(given)
        return {"upload_url": f"{self.base}/vk/upload/photo/{owner}", "album_id": -64, "user_id": 0, "group_id": GROUP}

    def _document_room(self, given: Given) -> Any:
        if given.get("type", "doc") not in ("doc", "audio_message", "graffiti"):
            raise missing("type is invalid")
        return {"upload_url": f"{self.base}/vk/upload/doc/{self._owner(given)}"}

    def _owner(self, given: Given) -> int:
        """With a peer the file becomes that dialog's. Raises Refused."""
        if not given.get("peer_id"):
            return -GROUP
        person = self._state.people.get(given["peer_id"])
        if person is None or not person.allowed:
            raise Refused(901, "Can't send messages for users without permission")
        return person.id

    async def _take(self, request: web.Request) -> web.Response:
        """The upload server's side, with its own way to refuse."""
        form = await request.post()
        part = next((part for name, part in form.items() if FIELD.fullmatch(name)), None)
        if not isinstance(part, web.FileField):
            return web.json_response({"error": "no_file", "error_descr": "no file"})
        kind, ext = request.match_info["kind"], part.filename.rpartition(".")[2].lower()
        if kind == "doc" and ext in FORBIDDEN:
            return web.json_response({"error": "wrong_file", "error_descr": f"file type {ext} is not allowed"})
        if kind == "photo" and ext not in ("jpg", "jpeg", "png", "gif"):
            return web.json_response({"error": "ERR_UPLOAD_BAD_IMAGE_SIZE: not an image"})
        ticket = f"ticket{self._state.next()}"
        content = base64.b64encode(part.file.read()).decode()
        owner = int(request.match_info["owner"])
        self._state.uploads[ticket] = Stored(0, kind, owner, "", part.filename, content)
        told = {"server": 700, "photo": ticket, "hash": _key(ticket)} if kind == "photo" else {"file": ticket}
        return web.json_response(told)

    def _save_photo(self, given: Given) -> Any:
        if given.get("server") != "700":
            raise Refused(118, "Invalid server")
        if given.get("hash") != _key(given.get("photo", "")):
            raise Refused(121, "Invalid hash")
        upload = self._upload(given.get("photo", ""), "photo", Refused(129, "Invalid photo"))
        stored = self._store("photo", upload.owner, upload.name, upload.content)
        return [self.picture(stored)["photo"]]

    def _save_document(self, given: Given) -> Any:
        upload = self._upload(given.get("file", ""), "doc", Refused(105, "Couldn't save file"))
        stored = self._store("doc", upload.owner, given.get("title") or upload.name, upload.content)
        return self.picture(stored)

    def _upload(self, ticket: str, kind: str, refusal: Refused) -> Stored:
        found = self._state.uploads.pop(ticket, None)
        if found is None or found.kind != kind:
            raise refusal
        return found

    def _store(self, kind: str, owner: int, name: str, content: str) -> Stored:
        number = 457000000 + self._state.next()
        stored = Stored(number, kind, owner, _key(f"{kind}{number}"), name, content)
        self._state.files[f"{kind}{number}"] = stored
        return stored

    async def _lead_on(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/vk/store/{request.match_info['key']}")

    async def _give(self, request: web.Request) -> web.Response:
        for stored in self._state.files.values():
            if stored.key == request.match_info["key"]:
                return web.Response(body=stored.bytes(), content_type="application/octet-stream")
        raise web.HTTPNotFound


def _key(of: str) -> str:
    return sha1(of.encode(), usedforsecurity=False).hexdigest()[:18]
