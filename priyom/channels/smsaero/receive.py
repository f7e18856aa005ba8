"""Reads what the gateway posts to the address named with a message: its number and its new state, as JSON or as a form.

The fields are not published; they are taken to be those of `sms/status`. Nothing is signed, so our secret stands in the
address: `?secret=...`.
"""

from __future__ import annotations

import hmac
import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from priyom.channels.smsaero import states
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.reading import clean

_ID = re.compile(r"[0-9]{1,18}", re.ASCII)


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the address carries our secret."""
    shown = request.query.get("secret", "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("в адресе нет ?secret= или он неверен")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is the message and its state; each message is a chat of its own: no person is named."""
    try:
        number, state, _ = _read(request)
    except Malformed:
        return "body:" + sha256(request.body).hexdigest(), ""
    return f"status:{number}:{state}", number


def parse(account: Account, request: Request) -> Parsed:
    """One report; a state that is not in the table gives none. Raises Malformed."""
    number, state, words = _read(request)
    report = states.report(number, state, words)
    return Parsed((report,) if report else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """The gateway waits for a 200."""
    return 200, "text/plain", b"OK"


def _read(request: Request) -> tuple[str, int, str]:
    """(message, state, the vendor's word for it). Raises Malformed."""
    fields = _json(request.body) if request.body.lstrip()[:1] in (b"{", b"[") else _form(request.body)
    number, state = _word(fields, "id"), _word(fields, "status")
    if not _ID.fullmatch(number) or not re.fullmatch(r"[0-9]{1,4}", state, re.ASCII):
        raise Malformed("нет номера сообщения или его состояния")
    return number, int(state), _word(fields, "extendStatus")[:100]


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("тело не читается как JSON") from None
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        value = value["data"]
    if not isinstance(value, dict):
        raise Malformed("в теле не объект JSON")
    return value


def _form(body: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=100))
    except ValueError:
        raise Malformed("тело не читается как форма") from None


def _word(fields: dict[str, Any], name: str) -> str:
    found = fields.get(name)
    if isinstance(found, str):
        return clean(found)
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**20 else ""
