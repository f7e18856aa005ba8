"""Plain text for a vendor that always reads markup: https://yandex.ru/dev/messenger/doc/ru/formatting.

All its marks but one are pairs of signs, so an invisible word joiner between the two defuses them. The backtick is
a mark alone, and no escape is documented: two or more of them are written as the modifier letter that looks the same.
"""

from __future__ import annotations

import re

WORD_JOINER = "\u2060"
LOOK_ALIKE = "\u02cb"
_LINK = re.compile(r"(https?://\S+)")
_PAIRS = re.compile(r"(?<=\*)(?=\*)|(?<=_)(?=_)|(?<=~)(?=~)|(?<=\+)(?=\+)|(?<=\])(?=\()")


def defused(text: str) -> str:
    """The text so that it is shown as it is. Links stay whole."""
    parts = _LINK.split(text)
    if text.count("`") > 1:
        parts[::2] = [part.replace("`", LOOK_ALIKE) for part in parts[::2]]
    parts[::2] = [_PAIRS.sub(WORD_JOINER, part) for part in parts[::2]]
    return "".join(parts)
