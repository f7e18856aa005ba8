"""What the fake MAX refuses in a message's body, with the vendor's codes. As seen on the live service, a body is
checked before its recipient. Plain text only: `format` is checked and markup left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT_LIMIT = 4000
ROWS, ROW, NARROW_ROW, LABEL, PAYLOAD, URL = 30, 7, 3, 128, 1024, 2048
ATTACHMENTS = 12
NARROW = {"link", "open_app", "request_geo_location", "request_contact"}
KINDS = NARROW | {"callback", "message", "clipboard"}
FILES = {"image", "video", "audio", "file"}

Given = Mapping[str, Any]
Rows = list[list[dict[str, Any]]]


class Refused(Exception):
    """An error answer. Status 200 stands for `success: false`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad(message: str) -> Refused:
    """HTTP 400 for a body MAX cannot take."""
    return Refused(400, "proto.payload", message)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A NewMessageBody; `rows` and `files` are None when attachments are not named at all."""

    text: str | None
    rows: Rows | None = None
    files: list[dict[str, Any]] | None = None
    quoted: str = ""
    tokens: list[str] = field(default_factory=list)


def checked(body: Any) -> Wanted:
    """The body as it was meant. Raises Refused."""
    if not isinstance(body, dict):
        raise bad("body: must be an object")
    text = body.get("text")
    if text is not None and not isinstance(text, str):
        raise bad("text: must be a string")
    if len(text or "") > TEXT_LIMIT:
        raise bad(f"text: size must be between 0 and {TEXT_LIMIT}")
    if body.get("format") not in (None, "markdown", "html"):
        raise bad("format: unknown value")
    quoted = _quoted(body.get("link"))
    attachments = body.get("attachments")
    if attachments is None:
        return Wanted(text, quoted=quoted)
    if not isinstance(attachments, list) or not all(isinstance(item, dict) for item in attachments):
        raise bad("attachments: must be an array of objects")
    keyboards = [item for item in attachments if item.get("type") == "inline_keyboard"]
    files = [item for item in attachments if item.get("type") != "inline_keyboard"]
    if len(keyboards) > 1 or len(attachments) > ATTACHMENTS:
        raise bad("attachments: too many")
    _check_company(files, with_keyboard=bool(keyboards))
    tokens = [_token(item) for item in files]
    return Wanted(text, _rows(keyboards[0]) if keyboards else [], files, quoted, tokens)


def _quoted(link: Any) -> str:
    if link is None:
        return ""
    if not isinstance(link, dict) or link.get("type") not in ("reply", "forward") or not link.get("mid"):
        raise bad("link: must have a type and a mid")
    return str(link["mid"])


def _check_company(files: list[dict[str, Any]], *, with_keyboard: bool) -> None:
    """A paper stands with a keyboard at most, a sound alone, pictures and videos together."""
    kinds = [item.get("type") for item in files]
    if unknown := set(kinds) - FILES:
        raise bad(f"attachments: unknown type {sorted(map(str, unknown))}")
    if "audio" in kinds and (len(kinds) > 1 or with_keyboard):
        raise bad("attachments: audio must be the only attachment")
    if "file" in kinds and len(kinds) > 1:
        raise bad("attachments: file must be the only attachment besides the keyboard")


def _token(item: Mapping[str, Any]) -> str:
    payload = item.get("payload")
    token = payload.get("token") if isinstance(payload, dict) else None
    if not isinstance(token, str) or not token:
        raise bad("attachments: payload.token is required")
    return token


def _rows(keyboard: Mapping[str, Any]) -> Rows:
    payload = keyboard.get("payload")
    rows = payload.get("buttons") if isinstance(payload, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise bad("buttons: must be a non-empty array of non-empty arrays")
    if len(rows) > ROWS:
        raise bad("Key: errors.maxRows")
    for row in rows:
        narrow = any(isinstance(button, dict) and button.get("type") in NARROW for button in row)
        if len(row) > (NARROW_ROW if narrow else ROW):
            raise bad("Key: errors.maxRowSize")
        for button in row:
            _check_button(button)
    return rows


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or button.get("type") not in KINDS:
        raise bad("button: unknown type")
    if not isinstance(button.get("text"), str) or not 1 <= len(button["text"]) <= LABEL:
        raise bad(f"button.text: size must be between 1 and {LABEL}")
    if button["type"] == "callback" and not 1 <= len(str(button.get("payload") or "")) <= PAYLOAD:
        raise bad(f"button.payload: size must be between 1 and {PAYLOAD}")
    if button["type"] == "link" and not 1 <= len(str(button.get("url") or "")) <= URL:
        raise bad(f"button.url: size must be between 1 and {URL}")
