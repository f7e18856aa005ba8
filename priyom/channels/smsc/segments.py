"""How many SMS a text is, and where it is cut.

Operators bill by segment, so the number must be known before sending. A text whose every character is in the GSM 03.38
alphabet counts in septets (160 in one SMS, 153 in each of several); any other counts in UTF-16 units (70, 67).
Characters that take two units (the GSM escape pairs, UTF-16 surrogate pairs) are never torn apart, which can cost a
segment more than plain division says. Source: 3GPP TS 23.038 (alphabet), TS 23.040 (user data header of six octets).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Segments:
    """A text cut into SMS. `units` are septets or UTF-16 units of the whole text."""

    alphabet: str
    units: int
    parts: tuple[str, ...]


def split(text: str) -> Segments:
    """Cut `text` as a gateway does. An empty text is one empty SMS. `alphabet` is `gsm` or `ucs2`."""
    if all(c in GSM_BASIC or c in GSM_ESCAPED for c in text):
        return _cut(text, "gsm", lambda c: 2 if c in GSM_ESCAPED else 1, 160, 153)
    return _cut(text, "ucs2", lambda c: 2 if ord(c) > 0xFFFF else 1, 70, 67)


def _cut(text: str, alphabet: str, weigh: Callable[[str], int], single: int, each: int) -> Segments:
    units = sum(weigh(c) for c in text)
    if units <= single:
        return Segments(alphabet, units, (text,))
    parts: list[str] = []
    start = filled = 0
    for at, character in enumerate(text):
        weight = weigh(character)
        if filled + weight > each:
            parts.append(text[start:at])
            start, filled = at, 0
        filled += weight
    return Segments(alphabet, units, (*parts, text[start:]))
