"""How consents are read: pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def decide(words: Sequence[tuple[str, bool]], family: Collection[str], implied: bool) -> bool:
    """`words`: (channel or '' for all, given), newest first. The newest that speaks of one of the `family` counts: who
    said «стоп» to an SMS said it to the next gateway's too."""
    for about, given in words:
        if about == "" or about in family:
            return given
    return implied
