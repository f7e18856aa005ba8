"""Which answer of the MAX Bot API means what: the HTTP status first, then a piece of `code` and `message` together,
each row in a table. The vendor's list of codes is not complete; what is not in the table falls back on the status."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

_Maker = Callable[[str, str], ChannelError]

# (status, piece of «code message» in lower case or '' for any, what it means); the first match counts.
TABLE: tuple[tuple[int, str, _Maker], ...] = (
    (403, "invalid chatid", Rejected),
    (403, "dialog.suspended", OptedOut),
    (403, "chat.denied", OptedOut),
    (403, "", Misconfigured),  # access.denied and the like: the bot's rights, not the person
    (404, "dialog.not", NotReachable),  # dialog.not.found, error.dialog.notfound
    (404, "chat.not", NotReachable),
    (404, "user.not", NotReachable),
    (404, "", Rejected),
    (400, "attachment.not.ready", Unavailable),
    (400, "not.processed", Unavailable),
    (400, "", Rejected),
    (401, "", Misconfigured),
    (405, "", Rejected),
    (413, "", Rejected),
    (415, "", Rejected),
)


def failure(status: int, body: object, headers: Mapping[str, str]) -> ChannelError:
    """The error that this answer means. `body` is the decoded JSON, or None when it is not JSON."""
    if status >= 500:
        return _server_fault(status)
    if status == 429:
        return Throttled("MAX просит слать реже", _pause(headers), "429")
    if not isinstance(body, dict) or not ({"code", "message", "error", "success"} & set(body)):
        # A proxy or a block page must not pass for MAX: its 403 is nobody's opt-out.
        return Misconfigured(f"Вместо MAX ответил кто-то другой (HTTP {status}): проверьте адрес и прокси", str(status))
    code, message = str(body.get("code") or ""), str(body.get("message") or body.get("error") or "")
    low = f"{code} {message}".lower()
    for row_status, piece, maker in TABLE:
        if row_status == status and piece in low:
            return maker(message or code, code or str(status))
    return Rejected(message or code, code or str(status))  # among them 200 with `success: false`


def _server_fault(status: int) -> ChannelError:
    # 502 and 503 come from the front door, which found nobody to hand the request to: it was not taken.
    # 500 and 504 come after it was handed on, and the message may stand.
    if status in (502, 503):
        return Unavailable(f"MAX временно недоступен (HTTP {status})", str(status))
    return Uncertain(f"MAX ответил ошибкой сервера (HTTP {status}): неизвестно, ушло ли сообщение", str(status))


def _pause(headers: Mapping[str, str]) -> float:
    """Retry-After is not documented; without it a second, which lets the limit of 2 per dialog pass."""
    try:
        return max(1.0, float(headers.get("retry-after", "")))
    except ValueError:
        return 1.0
