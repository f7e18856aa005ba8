"""Template tags of a thread: what was found for a message, the words of a run, names in a note, the tick of a state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from priyom.inbox.thread import Entry
from priyom.web.templatetags.say import wording

register = template.Library()

TICKS = {
    "": "waiting", "accepted": "done", "sent": "done", "delivered": "twice", "read": "twice", "answered": "twice",
    "uncertain": "unproven", "cancelled": "cancelled",
}  # fmt: skip
"""The shape beside the word: one stroke left us, two arrived."""


@register.filter
def found(values: Mapping[str, Any], key: str) -> Any:
    """The value under that key, or None."""
    return values.get(key)


@register.filter
def tick(signal: str) -> str:
    """The name of a state's shape in the sprite."""
    return TICKS.get(signal, "done")


@register.filter
def named(kinds: Sequence[str]) -> str:
    """«подтверждение, напоминание за сутки»: each once, as inside a sentence."""
    words = dict.fromkeys(wording(kind) for kind in kinds)
    return ", ".join(word[:1].lower() + word[1:] for word in words)


@register.simple_tag
def noted(entry: Entry) -> SafeString:
    """A note's text, the colleagues it is for marked in it."""
    names = sorted(set(entry.mentioned), key=len, reverse=True)
    if not names:
        return conditional_escape(entry.text)
    pieces = re.split("(@(?:" + "|".join(map(re.escape, names)) + r")(?!\w))", entry.text, flags=re.IGNORECASE)
    marked = [
        format_html('<b class="mention">{}</b>', piece) if number % 2 else conditional_escape(piece)
        for number, piece in enumerate(pieces)
    ]
    return mark_safe("".join(marked))  # each piece is escaped above
