"""Zadarma's signatures: the base64 of the *hexadecimal* HMAC-SHA1, over requests and over webhooks alike.

Source: the vendor's OpenAPI page and its PHP library; the order of a webhook's signed fields is the library's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

_CALLER = ("caller_id", "called_did", "call_start")
_OUT = ("internal", "destination", "call_start")
SIGNED: Mapping[str, tuple[str, ...]] = {
    "NOTIFY_START": _CALLER, "NOTIFY_IVR": _CALLER, "NOTIFY_END": _CALLER, "NOTIFY_INTERNAL": _CALLER,
    "NOTIFY_OUT_START": _OUT, "NOTIFY_OUT_END": _OUT, "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
}  # fmt: skip


def sign(secret: str, text: str) -> str:
    """The signature of a text."""
    digest = hmac.new(secret.encode(), text.encode("utf-8", "replace"), hashlib.sha1).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def query(params: Mapping[str, str]) -> str:
    """Parameters in the order and spelling that are signed (RFC 1738: a space is «+»)."""
    return urlencode(sorted(params.items())).replace("~", "%7E")


def of_request(secret: str, method: str, params: Mapping[str, str]) -> str:
    """The signature of a request to `method` (its path on the vendor's server)."""
    text = query(params)
    return sign(secret, method + text + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())


def of_webhook(secret: str, fields: Mapping[str, str]) -> str | None:
    """The signature of a webhook; None for kinds that we know no order for."""
    names = SIGNED.get(fields.get("event", ""))
    return None if names is None else sign(secret, "".join(fields.get(name, "") for name in names))
