"""Texts to octets and back, by `data_coding`.

0 is the gateway's default alphabet, at nearly all of them GSM 03.38 with one septet to an octet; where a gateway means
Latin-1 by it, a setting says so. 8 is UCS-2, in which handsets understand surrogate pairs too (emoji).
"""

from __future__ import annotations

DEFAULT, ASCII, LATIN, CYRILLIC, UCS2 = 0, 1, 3, 6, 8

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENDED = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_TO_GSM = {char: bytes((code,)) for code, char in enumerate(_BASIC) if code != _ESCAPE} | {
    char: bytes((_ESCAPE, code)) for code, char in _EXTENDED.items()
}


def to_gsm(text: str) -> bytes:
    """GSM 03.38, unpacked. Raises KeyError for a character that is not in it (see `foundation.sms.is_gsm`)."""
    return b"".join([_TO_GSM[char] for char in text])


def from_gsm(octets: bytes) -> str:
    """The text of unpacked GSM 03.38; what stands for nothing becomes «?», an unknown extension its plain letter."""
    out, escaped = [], False
    for code in octets:
        if code == _ESCAPE and not escaped:
            escaped = True
            continue
        plain = _BASIC[code] if code < len(_BASIC) and code != _ESCAPE else "?"
        out.append(_EXTENDED.get(code, plain) if escaped else plain)
        escaped = False
    return "".join(out)


def to_ucs2(text: str) -> bytes:
    """Big-endian UTF-16 without a mark; half a surrogate pair becomes «?»."""
    return text.encode("utf-16-be", "replace")


def decoded(octets: bytes, data_coding: int, *, latin: bool = False) -> str:
    """The text of an incoming message; '' for binary ones. `latin`: the gateway's default alphabet is Latin-1.

    The upper codes (0xF0 ...) are GSM 03.38's own message classes, which some gateways pass through.
    """
    if data_coding >= 0xF0:
        return "" if data_coding & 0x04 else from_gsm(octets)
    if data_coding in (0x02, 0x04):
        return ""
    if data_coding & 0x0C == UCS2:
        return octets.decode("utf-16-be", "replace")
    if data_coding == CYRILLIC:
        return octets.decode("iso8859-5", "replace")
    if data_coding in (ASCII, LATIN) or latin:
        return octets.decode("latin-1")
    return from_gsm(octets)
