"""Keys heard in the sound itself, for lines that cannot send them beside it: the eight pitches of a telephone's keys
(ITU-T Q.23), looked for by Goertzel's method."""

from __future__ import annotations

import math

from priyom.channels.sip_voice.audio import RATE, decode

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")
BLOCK = 205
"""Samples looked at together (26 ms): at this length the eight pitches fall apart best."""
_BLOCKS_DOWN = 2
_FACTOR = {pitch: 2 * math.cos(2 * math.pi * pitch / RATE) for pitch in LOW + HIGH}
_FAINTEST = 200.0**2
_SHARE = 0.75
"""So much of all power must lie in the two pitches: speech never comes near it."""
_TWIST = 8.0
"""One pitch may be louder than the other by so much (9 dB), no more."""


def pitches_of(key: str) -> tuple[int, int]:
    """The two pitches of a key."""
    row = next(n for n, keys in enumerate(PAD) if key in keys)
    return LOW[row], HIGH[PAD[row].index(key)]


class Ear:
    """Listens to one call. A key counts when two blocks in a row hold it, once until it is let go."""

    def __init__(self) -> None:
        self._rest: list[int] = []
        self._held, self._times = "", 0

    def hear(self, coded: bytes, codec: int) -> str:
        """Take more sound; the key that has just been recognised, or ''."""
        self._rest += decode(coded, codec)
        found = ""
        while len(self._rest) >= BLOCK:
            block, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            key = recognise(block)
            self._times = self._times + 1 if key and key == self._held else 1
            self._held = key
            if key and self._times == _BLOCKS_DOWN:
                found = key
        return found


def recognise(block: list[int]) -> str:
    """The key that sounds in this block, '' when none does."""
    total = sum(sample * sample for sample in block) / len(block)
    if total < _FAINTEST:
        return ""
    power = {pitch: _power(block, factor) for pitch, factor in _FACTOR.items()}
    low, high = max(LOW, key=power.__getitem__), max(HIGH, key=power.__getitem__)
    together = power[low] + power[high]
    balanced = max(power[low], power[high]) < _TWIST * min(power[low], power[high])
    return PAD[LOW.index(low)][HIGH.index(high)] if balanced and together > _SHARE * total else ""


def _power(block: list[int], factor: float) -> float:
    """The mean power of one pitch."""
    before, last = 0.0, 0.0
    for sample in block:
        before, last = last, sample + factor * last - before
    energy = before * before + last * last - factor * before * last
    return 2 * energy / (len(block) * len(block))
