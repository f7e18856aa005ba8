"""Our buttons as an inline keyboard of VK, and what comes back of them: a payload is a JSON object as text, so our own
word stands in it under one short name (https://dev.vk.com/ru/api/bots/development/keyboard)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from priyom.contracts.message import Button
from priyom.contracts.reading import clean

WORD = "p"


def inline(rows: Sequence[Sequence[Button]]) -> str:
    """The keyboard as the text VK wants; '' when there are no buttons. VK takes 6 rows of 5, 10 buttons in all."""
    if not rows:
        return ""
    buttons = [[_button(button) for button in row] for row in rows]
    return json.dumps({"inline": True, "buttons": buttons}, ensure_ascii=False)


def word(payload: object) -> str:
    """Our word in what a button sent back, '' when it is none of ours. VK hands it over as an object or as text; an app
    too old for callback buttons wraps it into a complaint."""
    found = _object(payload)
    if found.get("command") == "not_supported_button":
        found = _object(found.get("payload"))
    said = found.get(WORD)
    return clean(said) if isinstance(said, str) else ""


def is_start(payload: object) -> bool:
    """Whether this is the button «Начать» of a dialog that has not begun."""
    return _object(payload).get("command") == "start"


def _button(button: Button) -> dict[str, Any]:
    if button.url:
        return {"action": {"type": "open_link", "label": button.label, "link": button.url}}
    payload = json.dumps({WORD: button.payload})
    return {"action": {"type": "callback", "label": button.label, "payload": payload}, "color": "primary"}


def _object(payload: object) -> dict[str, Any]:
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
    return payload if isinstance(payload, dict) else {}
