"""Reads what the gateway posts to the handler set in its cabinet: delivery statuses and incoming SMS.

The handler's address carries its own options (`?charset=utf-8&fmt=3&md5`): a JSON or form body, and a signature that
ends in a secret word S: md5 of `id:phone:status:S`, `phone:mes:to:S` or (confirmation by call) `phone:ts:S`.
Source: the gateway's page on status handlers; the order of signed fields from its clients in the open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from priyom.channels.smsc import statuses
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.foundation.phone import BadPhone, normalize

_PLAIN = re.compile(r"[\w:+-]{1,60}", re.ASCII)
_DIGESTS = ("sha1", "md5")
_SIGNED = {"call": ("phone", "ts"), "sms": ("phone", "mes", "to"), "status": ("id", "phone", "status")}


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the body carries the md5 (or sha1) signature made with the handler's secret word."""
    try:
        fields = _fields(request)
        names = _SIGNED[_kind(fields)]
    except Malformed as error:
        raise Forged(str(error)) from None
    word = account.settings.callback_word or account.hook_secret
    signed = ":".join([*(fields.get(name, "") for name in names), word])
    for digest in _DIGESTS:
        given = fields.get(digest, "")
        if given:
            right = hashlib.new(digest, signed.encode(_charset(request), "replace"), usedforsecurity=False).hexdigest()
            if hmac.compare_digest(right.encode(), given.lower().encode("utf-8", "replace")):
                return
            raise Forged(f"подпись {digest} не сходится")
    raise Forged("нет подписи: добавьте к адресу обработчика &md5")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is made of the message's number and what is said of it; the chat key is the phone."""
    whole = "body:" + hashlib.sha256(request.body).hexdigest()
    try:
        fields = _fields(request)
        kind = _kind(fields)
        phone = _phone(fields)
    except Malformed:
        return whole, ""
    if kind == "status" and fields.get("id"):
        key = ":".join((kind, *(fields.get(name, "") for name in ("id", "phone", "status", "err"))))
        return (key if _PLAIN.fullmatch(key) else whole), phone
    if kind == "sms":
        return _incoming_id(fields, request), phone
    return whole, phone


def parse(account: Account, request: Request) -> Parsed:
    """One status or one incoming SMS. A confirmation by call and statuses not in the table give no events.

    Raises Malformed.
    """
    fields = _fields(request)
    match _kind(fields):
        case "sms":
            text = fields["mes"].replace("\0", "")
            event: Event | None = Said(_phone(fields), text, _incoming_id(fields, request), _moment(fields))
        case "status":
            event = _status(fields)
        case _:
            event = None
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """The gateway is content with any 200."""
    return 200, "text/plain", b"OK"


def _status(fields: dict[str, str]) -> Reported | None:
    number = fields.get("id", "")
    if not _PLAIN.fullmatch(number):
        raise Malformed("в отчете нет поля id, или в нем не номер")
    status, cause = _number(fields, "status"), _number(fields, "err", "0")
    if not statuses.known(status):
        return None
    return Reported(
        provider_id=number,
        signal=statuses.signal(status),
        evidence="SMSC " + statuses.words(status, cause),
        at=_moment(fields),
        code=str(cause) if cause else "",
        gone=statuses.gone(status, cause),
    )


def _kind(fields: dict[str, str]) -> str:
    if "mes" in fields:
        return "sms"
    if "waitcall" in fields:
        return "call"
    if "status" in fields:
        return "status"
    raise Malformed("нет ни статуса, ни текста SMS")


def _charset(request: Request) -> str:
    """Forms come in windows-1251 unless the handler's address asks for another; JSON is always UTF-8."""
    if request.body.lstrip()[:1] in (b"{", b"["):
        return "utf-8"
    return {"utf-8": "utf-8", "utf8": "utf-8", "koi8-r": "koi8-r"}.get(
        request.query.get("charset", "").lower(), "windows-1251"
    )


def _fields(request: Request) -> dict[str, str]:
    body = request.body.strip()
    if body[:1] in (b"{", b"["):
        return _json_fields(body)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, encoding=_charset(request), max_num_fields=100)
    except ValueError as error:
        raise Malformed(f"тело не читается как форма: {error}") from None
    if not pairs:
        raise Malformed("пустое тело")
    return dict(pairs)


def _json_fields(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"тело не читается как JSON: {error}") from None
    if not isinstance(value, dict):
        raise Malformed("в теле не объект JSON")
    fields = {name: str(item) for name, item in value.items() if isinstance(item, str | int | float)}
    if any("\ud800" <= c <= "\udfff" for item in fields.values() for c in item):
        raise Malformed("в тексте разорванный символ")
    return fields


def _phone(fields: dict[str, str]) -> str:
    try:
        return normalize("+" + fields.get("phone", "").strip().lstrip("+"))
    except BadPhone as error:
        raise Malformed(str(error)) from None


def _incoming_id(fields: dict[str, str], request: Request) -> str:
    number = fields.get("id", "")
    return f"in:{number}" if _PLAIN.fullmatch(number) else "in:" + hashlib.sha256(request.body).hexdigest()[:40]


def _number(fields: dict[str, str], name: str, default: str = "") -> int:
    try:
        return int(fields.get(name) or default)
    except ValueError:
        raise Malformed(f"в поле {name} нужно число") from None


def _moment(fields: dict[str, str]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(fields["ts"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
