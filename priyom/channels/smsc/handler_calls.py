"""The fake gateway's calls to the client's handler, signed with its secret word.

What the real gateway does after a refusal is not published; trying again, in order, is the kinder guess for a training
installation, where the clinic's server is restarted often.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from priyom.contracts.emulator import Hook
from priyom.contracts.hook_post import HookPost, Parcel


class HandlerCalls:
    """The handler of one account: its address and its secret word."""

    def __init__(self, post: HookPost, url: str, word: str) -> None:
        self._post = post
        self._url = url
        self._word = word

    def status(self, number: int, phone: str, status: int, cause: int, at: datetime) -> None:
        """Report a delivery status. `phone` is E.164; the gateway writes it without the plus."""
        digits = phone.lstrip("+")
        stamp = int(at.timestamp())
        fields = {"id": number, "phone": digits, "status": status, "err": cause, "ts": stamp, "flag": 0}
        self._call(phone, fields, f"{number}:{digits}:{status}")

    def incoming(self, number: int, phone: str, text: str, to: str, at: datetime) -> None:
        """Hand on an SMS that a person has sent to the clinic's number `to`."""
        digits = phone.lstrip("+")
        fields = {"id": number, "phone": digits, "mes": text, "to": to, "ts": int(at.timestamp())}
        self._call(phone, fields, f"{digits}:{text}:{to}")

    def _call(self, phone: str, fields: dict[str, object], signed: str) -> None:
        digest = hashlib.md5(f"{signed}:{self._word}".encode(), usedforsecurity=False).hexdigest()
        body = json.dumps({**fields, "md5": digest}, ensure_ascii=False).encode()
        self._post.put(phone, Parcel(Hook(self._url, {}, body)))
