"""Which answer of BotX means what: the vendor's `reason` decides, wherever it comes (an HTTP error, an answer 200 with
`"status": "error"`, or a callback), then the HTTP status."""

from __future__ import annotations

from collections.abc import Callable

from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)

PAUSE = 2.0  # seconds; no Retry-After is known

REASONS: dict[str, Callable[[str, str], ChannelError]] = {
    "chat_not_found": NotReachable,
    "bot_is_not_a_chat_member": NotReachable,
    "event_recipients_list_is_empty": NotReachable,
    "user_not_found": NotReachable,
    "chat_creation_is_prohibited": Misconfigured,
    "no_permission_for_operation": Misconfigured,
    "error_from_messaging_service": Unavailable,
    "too_many_requests": lambda text, code: Throttled(text, PAUSE, code),
}


def failure(status: int, body: object) -> ChannelError:
    """The error that this answer means. `body` is the decoded JSON, or None when it is not JSON."""
    reason = str(body.get("reason") or "") if isinstance(body, dict) else ""
    if maker := REASONS.get(reason):
        return maker(f"eXpress: {explained(body)}", reason)
    if status in (502, 503):
        return Unavailable(f"Сервер eXpress временно недоступен (HTTP {status})", str(status))
    if status >= 500:
        return Uncertain(f"Сервер eXpress ответил ошибкой (HTTP {status}): неизвестно, ушло ли", str(status))
    if status == 429:
        return Throttled("Сервер eXpress просит слать реже", PAUSE, "429")
    if status == 401:
        return Misconfigured("Сервер eXpress не узнал бота: проверьте ID, ключ и часы сервера", "401")
    if not isinstance(body, dict) or body.get("status") != "error":
        # A proxy's block page, or an old server without this method: it says nothing of a person.
        return Misconfigured(
            f"По этому адресу отвечает не BotX, или сервер старый (HTTP {status}): проверьте адрес и настройки",
            str(status),
        )
    return Rejected(f"eXpress отказал: {explained(body)}", reason or str(status))


def explained(body: object) -> str:
    """The reason with the words that came with it."""
    if not isinstance(body, dict):
        return ""
    data = body.get("error_data")
    said = data.get("error_description") if isinstance(data, dict) else None
    errors = body.get("errors")
    more = said or (", ".join(map(str, errors)) if isinstance(errors, list) else "")
    return ": ".join(filter(None, (str(body.get("reason") or ""), str(more or ""))))[:250]
