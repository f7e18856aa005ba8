"""What the fake VK takes for a keyboard: https://dev.vk.com/ru/api/bots/development/keyboard."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.vk.emulator_state import Refused

LABEL_LIMIT, PAYLOAD_LIMIT = 40, 255
COLORS = ("primary", "secondary", "negative", "positive")
NEEDS = {
    "text": ("label",), "callback": ("label",), "open_link": ("label", "link"), "location": (), "vkpay": ("hash",),
    "open_app": ("app_id", "label"),
}  # fmt: skip
LIMITS = {True: (6, 10), False: (10, 40)}
"""inline -> (rows, buttons in all); a row has 5 at most."""


def rows(text: str) -> list[list[dict[str, Any]]]:
    """The checked rows of an inline keyboard; one under the input field is checked and hangs on no message. Raises
    Refused with code 911."""
    try:
        keyboard = json.loads(text)
    except ValueError:
        raise _bad("parse error") from None
    if not isinstance(keyboard, dict) or not isinstance(keyboard.get("buttons"), list):
        raise _bad("there is no buttons")
    inline = keyboard.get("inline") is True
    if inline and keyboard.get("one_time"):
        raise _bad("inline keyboard can not be one_time")
    found = keyboard["buttons"]
    if not all(isinstance(row, list) and row for row in found):
        raise _bad("row should be a list of buttons")
    most_rows, most = LIMITS[inline]
    if len(found) > most_rows or any(len(row) > 5 for row in found) or sum(map(len, found)) > most:
        raise _bad("too many buttons")
    checked = [[_button(button) for button in row] for row in found]
    return checked if inline else []


def _button(button: Any) -> dict[str, Any]:
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(action, dict) or action.get("type") not in NEEDS:
        raise _bad("button action type is invalid")
    kind = action["type"]
    for name in NEEDS[kind]:
        if not str(action.get(name) or "").strip():
            raise _bad(f"{name} is required for {kind}")
    if len(str(action.get("label", ""))) > LABEL_LIMIT:
        raise _bad(f"label is too long, max length is {LABEL_LIMIT}")
    if kind == "open_link" and urlsplit(str(action["link"])).scheme not in ("http", "https"):
        raise _bad("link is invalid")
    if action.get("payload") is not None:
        _check_payload(action["payload"])
    if "color" in button and (kind not in ("text", "callback") or button["color"] not in COLORS):
        raise _bad("color is invalid")
    return {**button, "action": action}


def _check_payload(payload: Any) -> None:
    if not isinstance(payload, str) or len(payload) > PAYLOAD_LIMIT:
        raise _bad(f"payload should be a string of {PAYLOAD_LIMIT} characters at most")
    try:
        fine = isinstance(json.loads(payload), dict)
    except ValueError:
        fine = False
    if not fine:
        raise _bad("payload should be a JSON object")


def _bad(why: str) -> Refused:
    return Refused(911, f"Keyboard format is invalid: {why}")
