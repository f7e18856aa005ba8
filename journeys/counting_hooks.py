"""The receiving half that the counting channels share: `X-Secret` proves the caller; the body is
`{"update": "...", "phone": "...", "text": "..."}` or `{"update", "report": provider id, "signal"}`."""

from __future__ import annotations

import hashlib
import hmac
import json

from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Reported, Said
from priyom.contracts.message import Signal


def verify(account: Account, request: Request) -> None:
    """Raises Forged."""
    if not hmac.compare_digest(account.hook_secret.encode(), request.headers.get("x-secret", "").encode()):
        raise Forged("чужой")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update's own number and the phone."""
    try:
        body = json.loads(request.body)
        return str(body["update"]), str(body.get("phone", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return hashlib.sha256(request.body).hexdigest(), ""


def parse(account: Account, request: Request) -> Parsed:
    """One event. Raises Malformed."""
    try:
        body = json.loads(request.body)
        if "report" in body:
            return Parsed((Reported(body["report"], Signal(body["signal"]), "счетчик"),))
        return Parsed((Said(body["phone"], body["text"], str(body["update"])),))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"непонятно: {error}") from None


def answer(request: Request) -> tuple[int, str, bytes]:
    """Plain «ok»."""
    return 200, "text/plain", b"ok"
