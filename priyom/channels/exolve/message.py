"""One message as Exolve lists it and as its webhook tells it, read once for both.

Fields by the vendor's page GetList and a client in the open: `message_id`, `date`, `sender`, `receiver`, `number`,
`text`, `direction`, `delivery_status`. A webhook may wrap it; how is not published, so the usual wrappings are tried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from priyom.contracts.errors import Malformed
from priyom.contracts.reading import clean
from priyom.foundation.phone import BadPhone, normalize

_WRAPPINGS = ("data", "message", "sms", "payload", "event")
_INCOMING, _OUTGOING = "1", "2"
_ID = re.compile(r"[\w-]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """A message of either direction. `person` is the phone of whoever is not us, '' when that is no number."""

    id: str
    incoming: bool
    person: str
    text: str
    state: str
    at: datetime | None


def read(body: bytes) -> Listed | None:
    """The message in a body; None when the body is readable and has none. Raises Malformed."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    for _ in range(3):
        if "message_id" in value:
            return listed(value)
        value = next((value[name] for name in _WRAPPINGS if isinstance(value.get(name), dict)), {})
    return None


def listed(item: Mapping[str, Any]) -> Listed:
    """One item of a list. Raises Malformed when it has no usable number."""
    number = _word(item, "message_id")
    if not _ID.fullmatch(number):
        raise Malformed("message_id is not a number of a message")
    incoming = _is_incoming(_word(item, "direction"))
    person = _phone(_word(item, "sender")) if incoming else _phone(_word(item, "receiver"))
    return Listed(number, incoming, person, _word(item, "text"), _word(item, "delivery_status"), _moment(item))


def _is_incoming(direction: str) -> bool:
    low = direction.lower()
    if low in (_INCOMING, _OUTGOING):
        return low == _INCOMING
    return "incom" in low or "inbound" in low or low in ("in", "mo")


def _word(item: Mapping[str, Any], name: str) -> str:
    """Texts and whole numbers, as text; anything else is nothing."""
    found = item.get(name)
    if isinstance(found, str):
        return clean(found)
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**30 else ""


def _phone(text: str) -> str:
    try:
        return normalize("+" + text.lstrip("+")) if text.lstrip("+").isdecimal() else ""
    except BadPhone:
        return ""


def _moment(item: Mapping[str, Any]) -> datetime | None:
    try:
        made = datetime.fromisoformat(_word(item, "date"))
        return made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
