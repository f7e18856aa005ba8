"""Files on their way out: VK gives an address to upload to, takes the file there, and wants it saved under a name; only
then it can hang on a message (https://dev.vk.com/ru/api/upload). Nothing of it is seen by the person, so it may be
repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from priyom.channels.vk.api import call
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Rejected, Unavailable
from priyom.contracts.message import File
from priyom.foundation.http import Http, HttpError, Upload

PICTURES = ("image/jpeg", "image/png", "image/gif")
PICTURE_LIMIT = 50 * 1024 * 1024
FILE_LIMIT = 200 * 1024 * 1024
MOST = 10
"""Attachments of one message."""
SECONDS = 300.0


async def attach(http: Http, account: Account, peer: int, files: Sequence[File]) -> str:
    """What `attachment` shall say of these files, '' for none. Raises Rejected for what VK will not take."""
    if len(files) > MOST:
        raise Rejected(f"VK берет не больше {MOST} файлов в одном сообщении")
    if any(len(file.content) > FILE_LIMIT for file in files):
        raise Rejected("VK не берет файлы больше 200 МБ")
    return ",".join([await _one(http, account, peer, file) for file in files])


async def _one(http: Http, account: Account, peer: int, file: File) -> str:
    picture = file.mime in PICTURES and len(file.content) <= PICTURE_LIMIT
    try:
        return await (_photo if picture else _document)(http, account, peer, file)
    except (KeyError, TypeError, IndexError, AttributeError):
        raise Rejected("VK принял файл непонятно как") from None


async def _photo(http: Http, account: Account, peer: int, file: File) -> str:
    room = await call(http, account, "photos.getMessagesUploadServer", {"peer_id": str(peer)})
    left = await _post(http, room["upload_url"], "photo", file)
    given = {name: str(left[name]) for name in ("server", "photo", "hash")}
    saved = await call(http, account, "photos.saveMessagesPhoto", given)
    return _name("photo", saved[0])


async def _document(http: Http, account: Account, peer: int, file: File) -> str:
    room = await call(http, account, "docs.getMessagesUploadServer", {"type": "doc", "peer_id": str(peer)})
    left = await _post(http, room["upload_url"], "file", file)
    saved = await call(http, account, "docs.save", {"file": str(left["file"]), "title": file.name})
    return _name("doc", saved["doc"])


async def _post(http: Http, url: str, field: str, file: File) -> Mapping[str, Any]:
    """What the upload server says; its refusals are words under `error`."""
    files = {field: Upload(file.name, file.mime, file.content)}
    try:
        answer = await http.request("POST", url, files=files, timeout=SECONDS)
        said = answer.json()
    except (HttpError, ValueError):
        raise Unavailable("VK не принял файл: сервер загрузки молчит") from None
    if not isinstance(said, dict) or "error" in said:
        raise _refusal(said)
    return said


def _refusal(said: object) -> ChannelError:
    why = said.get("error_descr") or said.get("error") if isinstance(said, dict) else ""
    return Rejected(f"VK не принял файл: {str(why)[:200]}" if why else "VK не принял файл")


def _name(kind: str, saved: Mapping[str, Any]) -> str:
    key = f"_{saved['access_key']}" if saved.get("access_key") else ""
    return f"{kind}{int(saved['owner_id'])}_{int(saved['id'])}{key}"
