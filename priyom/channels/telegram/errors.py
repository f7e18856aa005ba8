"""Which answer of the Bot API means what. Telegram gives texts for people, not codes, and may reword them: so the HTTP
status decides first, then a lower-case piece of the description, and each row stands in a table."""

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

# (status, piece of the description or '' for any, what it means); the first match counts.
TABLE: tuple[tuple[int, str, _Maker], ...] = (
    (403, "bot was blocked by the user", OptedOut),
    (403, "", NotReachable),  # deactivated, never started, kicked from a group
    (400, "chat not found", NotReachable),
    (400, "user not found", NotReachable),
    (400, "peer_id_invalid", NotReachable),
    (400, "chat_id is empty", NotReachable),
    (400, "bad webhook", Misconfigured),
    (400, "", Rejected),
    (401, "", Misconfigured),
    (404, "", Misconfigured),  # an empty token or a wrong address of the API
    (409, "", Misconfigured),  # another program uses this bot
    (421, "", Misconfigured),
)

# Said when the thing asked for is so already, or can no longer matter.
DONE = (
    "message is not modified",
    "query is too old",
    "query id is invalid",
)


def failure(status: int, body: object, headers: Mapping[str, str]) -> ChannelError:
    """The error that this answer means. `body` is the decoded JSON, or None when it is not JSON."""
    if status >= 500:
        return _server_fault(status)
    if status == 429:
        return Throttled("Telegram просит слать реже", _pause(body, headers), "429")
    if status == 413:  # perhaps said by a proxy, and true all the same
        return Rejected("Файл слишком велик для Telegram", "413")
    if not isinstance(body, dict) or body.get("ok") is not False:
        # A proxy or a provider's block page must not pass for Telegram: its 403 is nobody's opt-out.
        return Misconfigured(
            f"Вместо Telegram ответил кто-то другой (HTTP {status}): проверьте адрес и прокси", str(status)
        )
    said = str(body.get("description", ""))
    low = said.lower()
    for row_status, piece, maker in TABLE:
        if row_status == status and piece in low:
            return maker(said, str(status))
    return Rejected(said, str(status))


def _server_fault(status: int) -> ChannelError:
    # 502 and 503 come from the front door, which found nobody to hand the request to: it was not taken.
    # 500 and 504 come after it was handed on, and the message may stand.
    if status in (502, 503):
        return Unavailable(f"Telegram временно недоступен (HTTP {status})", str(status))
    return Uncertain(f"Telegram ответил ошибкой сервера (HTTP {status}): неизвестно, ушло ли сообщение", str(status))


def _pause(body: object, headers: Mapping[str, str]) -> float:
    parameters = body.get("parameters") if isinstance(body, dict) else None
    told = parameters.get("retry_after") if isinstance(parameters, dict) else None
    try:
        return max(1.0, float(told if told is not None else headers.get("retry-after", "")))
    except (TypeError, ValueError):
        return 1.0
