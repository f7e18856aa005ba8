"""Message ids: gateways spell one id in two ways, and a message in parts has several.

Inside we spell an id as a decimal number without leading zeros where the gateway counts in numbers, and leave it as it
is where it does not (UUIDs and the like).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from priyom.channels.smpp.settings import Settings

_LONGEST = 200
_JOINT = ","


def answered(given: str, settings: Settings) -> str:
    """An id as submit_sm_resp and receipted_message_id give it, in our spelling."""
    return _spelled(given, 16 if settings.message_ids == "hex_then_dec" else 10)


def receipted(given: str, settings: Settings) -> str:
    """An id as the text of a receipt gives it, in our spelling."""
    return _spelled(given, 16 if settings.message_ids == "dec_then_hex" else 10)


def asked(known: str, settings: Settings) -> str:
    """Our spelling turned back into the gateway's, for query_sm."""
    if settings.message_ids == "hex_then_dec" and known.isdecimal():
        return f"{int(known):X}"
    return known


def whole(ids: Sequence[str]) -> str:
    """The provider id of a message: its parts' ids, in order; a short print of them where they would not fit."""
    joined = _JOINT.join(ids)
    if len(joined) <= _LONGEST:
        return joined
    return f"parts:{len(ids)}:{sha256(joined.encode()).hexdigest()[:40]}"


def parts(provider_id: str) -> Sequence[str]:
    """The ids in a provider id; none where only their print is in it."""
    return [] if provider_id.startswith("parts:") else provider_id.split(_JOINT)


def _spelled(given: str, base: int) -> str:
    given = given.strip()
    if not given.isascii() or not given.isalnum():
        return given
    if base == 10:
        return given.lstrip("0") or "0" if given.isdecimal() else given
    try:
        return str(int(given, base))
    except ValueError:
        return given
