"""How a text is cut into SMS parts: GSM 03.38 when every character is in it, else UCS-2 (3GPP TS 23.038, 23.040).

One part holds 160 septets or 70 UCS-2 units; of several, each holds 153 or 67. A character of the extension table takes
two septets, an emoji two units, and neither is ever cut in half.
"""

from __future__ import annotations

from dataclasses import dataclass

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

GSM_ONE, GSM_MANY = 160, 153
UCS2_ONE, UCS2_MANY = 70, 67


@dataclass(frozen=True, slots=True)
class Cut:
    """`parts` as they would be sent. `left`: so many more plain characters fit into the last one."""

    unicode: bool
    parts: tuple[str, ...]
    left: int


def is_gsm(text: str) -> bool:
    """Whether the text fits the seven-bit alphabet."""
    return all(char in GSM or char in EXTENDED for char in text)


def cut(text: str) -> Cut:
    """The parts of a text; an empty text is one empty part."""
    unicode = not is_gsm(text)
    one, many = (UCS2_ONE, UCS2_MANY) if unicode else (GSM_ONE, GSM_MANY)
    sizes = [_size(char, unicode) for char in text]
    total = sum(sizes)
    if total <= one:
        return Cut(unicode, (text,), one - total)
    parts, begin, filled = [], 0, 0
    for at, size in enumerate(sizes):
        if filled + size > many:
            parts.append(text[begin:at])
            begin, filled = at, 0
        filled += size
    return Cut(unicode, (*parts, text[begin:]), many - filled)


def segments(text: str) -> int:
    """How many SMS are paid for it."""
    return len(cut(text).parts)


def _size(char: str, unicode: bool) -> int:
    if unicode:
        return 2 if ord(char) > 0xFFFF else 1
    return 2 if char in EXTENDED else 1
