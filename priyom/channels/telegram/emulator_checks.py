"""What the fake Bot API refuses before it looks at anybody's chat, in Telegram's own words.

It knows plain text only: the house never sends `parse_mode`, so asking for one is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

Given = Mapping[str, Any]
"""Parameters of a call; files are `File` objects by the names of their fields."""


class Refused(Exception):
    """An answer with `ok: false`; `parameters` may hold `retry_after`."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad(text: str) -> Refused:
    """HTTP 400."""
    return Refused(400, f"Bad Request: {text}")


def too_fast(seconds: int) -> Refused:
    """HTTP 429."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def words(given: Given) -> str:
    """The text of a message. Raises Refused."""
    _no_markup(given)
    text = str(given.get("text") or "").strip()
    if not text:
        raise bad("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise bad("message is too long")
    return text


def caption(given: Given) -> str:
    """The words under a file. Raises Refused."""
    _no_markup(given)
    text = str(given.get("caption") or "").strip()
    if units(text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return text


def units(text: str) -> int:
    """UTF-16 code units: the strictest way to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def whole(given: Given, name: str, missing: str) -> int:
    """The number under `name`. Raises Refused."""
    try:
        return int(given[name])
    except (KeyError, TypeError, ValueError):
        raise bad(missing) from None


def flag(given: Given, name: str) -> bool:
    """Whether `name` is true."""
    return str(given.get(name)).lower() in ("true", "1")


def nested(given: Given, name: str) -> Any:
    """An object given as JSON or, in forms and queries, as JSON text. Raises Refused."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value)
    except ValueError:
        raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None


def inline(markup: Any) -> list[list[dict[str, Any]]]:
    """The checked rows of an inline keyboard. Raises Refused."""
    if markup is None:
        return []
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
    if sum(map(len, rows)) > 100:
        raise bad("reply markup is too long")
    return [[_button(button) for button in row] for row in rows if row]


def contact_label(markup: Any) -> str | None:
    """The label of a contact button in a reply keyboard; '' when the keyboard goes; None: it stays as it is."""
    if not isinstance(markup, dict) or not ({"keyboard", "remove_keyboard"} & set(markup)):
        return None
    rows = markup.get("keyboard") or []
    labels = [b["text"] for row in rows for b in row if isinstance(b, dict) and b.get("request_contact")]
    return str(labels[0]) if labels else ""


def _no_markup(given: Given) -> None:
    if given.get("parse_mode"):
        raise bad("unsupported parse_mode")


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: expected an Object")
    if not str(button.get("text") or "").strip():
        raise bad('can\'t parse inline keyboard button: field "text" must be non-empty')
    actions = [name for name in ("callback_data", "url", "copy_text", "web_app", "login_url") if button.get(name)]
    if len(actions) != 1:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if actions == ["callback_data"] and len(str(button["callback_data"]).encode()) > 64:
        raise bad("BUTTON_DATA_INVALID")
    if actions == ["url"] and urlsplit(str(button["url"])).scheme not in ("http", "https", "tg"):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return button
