"""Which answer of the Bot API means what. There are no codes: an HTTP status and an English `description`, of which the
pages give no table; so the description decides first, by pieces in lower case, then the status."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

# (piece of the description, what it means); the first match counts. For answers below 500.
TABLE: tuple[tuple[str, Callable[[str, str], ChannelError]], ...] = (
    ("message not found", Rejected),
    ("file", Rejected),  # «Failed to get file»
    ("privacy", NotReachable),
    ("user not found", NotReachable),
    ("user is not", NotReachable),  # ... in the organization: outsiders cannot be written to
    ("not a member", NotReachable),  # the bot must be added to that group first
    ("chat not found", NotReachable),
)


def failure(status: int, body: object, headers: Mapping[str, str]) -> ChannelError:
    """The error that this answer means. `body` is the decoded JSON, or None when it is not JSON."""
    if status in (502, 503):
        return Unavailable(f"Яндекс Мессенджер временно недоступен (HTTP {status})", str(status))
    if status >= 500 or status == 408:
        return Uncertain(f"Яндекс Мессенджер ответил ошибкой (HTTP {status}): неизвестно, ушло ли", str(status))
    if status == 429:
        return Throttled("Яндекс Мессенджер просит слать реже", _pause(headers), "429")
    if not isinstance(body, dict) or body.get("ok") is not False:
        # A proxy's block page must not pass for the vendor: its 403 says nothing of a person.
        return Misconfigured(f"Вместо Яндекс Мессенджера ответил кто-то другой (HTTP {status})", str(status))
    said = words(body.get("description"))
    for piece, maker in TABLE:
        if piece in said.lower():
            return maker(f"Яндекс Мессенджер: {said}", str(status))
    if status in (401, 403):
        return Misconfigured(f"Яндекс Мессенджер не принимает токен: {said}", str(status))
    return Rejected(f"Яндекс Мессенджер отказал: {said}", str(status))


def words(description: object) -> str:
    """A description as one text: it may also be a mapping of fields to lists of complaints."""
    if isinstance(description, dict):
        return "; ".join(f"{name}: {words(what)}" for name, what in description.items())
    if isinstance(description, list):
        return ", ".join(map(words, description))
    return str(description or "")[:300]


def _pause(headers: Mapping[str, str]) -> float:
    try:
        return max(1.0, float(headers.get("retry-after", "")))
    except ValueError:
        return 1.0
