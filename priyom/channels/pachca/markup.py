"""Plain text for a vendor that always reads markup (https://dev.pachca.com/guides/markdown; there is no switch).

Signs are escaped only where the text would really become markup, so that ordinary texts leave as they are. The vendor's
page does not name an escape; a backslash is what engines of this kind take. Should it ever show, then in few texts.
"""

from __future__ import annotations

import re

_WORD_JOINER = "\u2060"
_MARKUP = re.compile(r"`.*`|\*\S.*\*|_\S.*_|~~\S.*~~|\[.*\]\(|\\[!-/:-@\[-`{-~]", re.DOTALL)
_SIGNS = re.compile(r"([\\`*_~\[\]])")
_LINK = re.compile(r"(https?://\S+)")
_MENTION = re.compile(r"(?<![\w.])@(?=\w)")


def escaped(text: str) -> str:
    """The text so that it is shown as it is, and calls nobody by «@here» or «@nickname». Links stay whole."""
    parts = _LINK.split(text)
    if _MARKUP.search("".join(parts[::2])):
        parts[::2] = [_SIGNS.sub(r"\\\1", part) for part in parts[::2]]
    parts[::2] = [_MENTION.sub("@" + _WORD_JOINER, part) for part in parts[::2]]
    return "".join(parts)
