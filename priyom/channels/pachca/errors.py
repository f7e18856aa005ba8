"""Which answer of Pachca means what: the HTTP status first, then the vendor's code (https://dev.pachca.com/api/errors).

Errors come in two shapes: `{"errors": [{"key", "message", "code", ...}]}`, and `{"error", "error_description"}` for a
token that is wrong (401) or lacks a scope (403).
"""

from __future__ import annotations

from collections.abc import Mapping

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

PERSONAL = "personal_chat"  # «the personal chat is at fault», with 400 and 422
NOWHERE = (403, 404)  # not found, or not allowed to write there


def failure(status: int, body: object, headers: Mapping[str, str], *, to_somebody: bool) -> ChannelError:
    """The error that this answer means. `to_somebody`: the call was a message to an address, so «not found» and
    «forbidden» speak of that address, not of a message or of the account."""
    if status >= 500:
        return _server_fault(status)
    if status == 429:
        return Throttled("Пачка просит слать реже", _pause(headers), "429")
    known = isinstance(body, dict) and ("errors" in body or "error" in body)
    if not known:
        # A proxy's block page must not pass for Pachca: its 403 says nothing of a person.
        return Misconfigured(f"Вместо Пачки ответил кто-то другой (HTTP {status})", str(status))
    code, said = words(body)
    if status == 401 or code == "insufficient_scope":
        return Misconfigured(f"Пачка не принимает токен: {said}" if said else "Пачка не принимает токен", code)
    if status == 402:
        return Misconfigured(f"Пачка просит оплатить тариф: {said}", code)
    if to_somebody and (status in NOWHERE or code == PERSONAL):
        return NotReachable(f"В Пачке туда не написать: {said}", code)
    if status == 403:
        return Misconfigured(f"Пачка не разрешает: {said}", code)
    return Rejected(f"Пачка отказала: {said}", code or str(status))


def words(body: object) -> tuple[str, str]:
    """(code, message) of an error's body; '' where it says nothing."""
    if not isinstance(body, dict):
        return "", ""
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if isinstance(first, dict):
        return str(first.get("code") or ""), str(first.get("message") or "")
    return str(body.get("error") or ""), str(body.get("error_description") or "")


def _server_fault(status: int) -> ChannelError:
    # 502 and 503 come from the front door, which handed nothing on; after 500 and 504 the message may stand, and
    # Pachca has no key by which a double would be dropped.
    if status in (502, 503):
        return Unavailable(f"Пачка временно недоступна (HTTP {status})", str(status))
    return Uncertain(f"Пачка ответила ошибкой (HTTP {status}): неизвестно, ушло ли сообщение", str(status))


def _pause(headers: Mapping[str, str]) -> float:
    try:
        return max(1.0, float(headers.get("retry-after", "")))
    except ValueError:
        return 1.0
