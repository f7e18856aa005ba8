"""How consents are read: pure."""

from __future__ import annotations

from collections.abc import Sequence


def decide(words: Sequence[tuple[str, bool]], channel: str, implied: bool) -> bool:
    """`words`: (channel or '' for all, given), newest first. The newest that speaks of this channel counts."""
    for about, given in words:
        if about in ("", channel):
            return given
    return implied
