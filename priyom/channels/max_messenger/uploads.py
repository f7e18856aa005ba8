"""Putting a file into MAX's store: `POST /uploads` gives an address, the address takes the file, and what it answers
(or the first answer) is the token that a message names. https://dev.max.ru/docs-api/methods/POST/uploads

Sources differ on the name of the form's field for sounds and videos (`data` or `file`): the store answers 415 to the
wrong one, so the other is tried then.
"""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.max_messenger.call import call, exchange
from priyom.channels.max_messenger.parts import type_by_name
from priyom.contracts.channel import Account
from priyom.contracts.errors import Rejected, Throttled, Unavailable
from priyom.contracts.message import File
from priyom.foundation.http import Answer, Http, Upload

UPLOAD_SECONDS = 300.0
FIELDS = ("data", "file")
BY_FIRST_ANSWER = ("video", "audio")


async def upload(http: Http, account: Account, kind: str, file: File) -> dict[str, Any]:
    """The attachment that names the stored file. Raises Rejected when MAX does not take such a file, and the errors of
    a call that may be repeated: nothing has been sent to anybody yet."""
    given = await call(http, account, "POST", f"/uploads?type={kind}")
    address = given.get("url")
    if not isinstance(address, str) or not trusted(account, address):
        raise Unavailable("MAX не дал адреса, куда загрузить файл")
    name = re.sub(r'["\\;\x00-\x1f\x7f/]', "_", file.name).strip() or "file"
    # The name's ending and the type must agree, else 415.
    form = Upload(name, type_by_name(name) or file.mime or "application/octet-stream", file.content)
    answer = Answer(415, {}, b"")
    for field in FIELDS:
        answer = await exchange(http, account, "POST", address, files={field: form}, timeout=UPLOAD_SECONDS)
        if answer.status != 415:
            break
    token = _token(kind, file, given, answer)
    return {"type": kind, "payload": {"token": token}}


def trusted(account: Account, address: str) -> bool:
    """HTTPS on a named host, or the API's own: no address that others gave may lead into our own network."""
    try:
        wanted, api = urlsplit(address), urlsplit(account.settings.base_url)
        host, same = wanted.hostname or "", (wanted.scheme, wanted.netloc) == (api.scheme, api.netloc)
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return same or (wanted.scheme == "https" and "." in host)
    return same


def _token(kind: str, file: File, given: dict[str, Any], answer: Answer) -> str:
    if answer.status == 429:
        raise Throttled("MAX просит загружать файлы реже", 5.0, "429")
    if answer.status >= 500:
        raise Unavailable(f"Хранилище MAX временно недоступно (HTTP {answer.status})", str(answer.status))
    said = _decoded(answer)
    trouble = said.get("error_data") or said.get("error_code") or said.get("message")
    if answer.status != 200 or trouble:  # the store says its no with 200, too
        raise Rejected(f"MAX не принял файл «{file.name}»: {trouble or answer.status}", str(answer.status))
    photos = said.get("photos")
    first = next(iter(photos.values()), None) if isinstance(photos, dict) else None
    found = given.get("token") if kind in BY_FIRST_ANSWER else None
    found = found or said.get("token") or (first.get("token") if isinstance(first, dict) else None)
    if not isinstance(found, str) or not found:
        raise Unavailable("MAX не назвал загруженный файл")
    return found


def _decoded(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}  # `<retval>1</retval>` of the store of sounds and videos
    return said if isinstance(said, dict) else {}
