"""Sound as a telephone carries it: G.711 (ITU-T), 8000 samples a second, made of WAV files of any common rate.

Samples are 16 bit, in `array("h")`; the coded form is one byte a sample. Tables are made once; no sound card is needed.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections.abc import Sequence
from operator import mul

from priyom.channels.sip_voice.sdp import PCMA, PCMU

RATE = 8000
_LONGEST = 120
_TAPS = 24


class BadSound(ValueError):
    """The file is not a sound we can read; the words are for people, Russian."""


def _decode_a(byte: int) -> int:
    byte ^= 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 15
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


def _decode_u(byte: int) -> int:
    byte = ~byte & 0xFF
    value = (((byte & 15) << 3) + 0x84 << ((byte >> 4) & 7)) - 0x84
    return -value if byte & 0x80 else value


DECODED = {PCMA: [_decode_a(b) for b in range(256)], PCMU: [_decode_u(b) for b in range(256)]}
SILENCE = {PCMA: b"\xd5", PCMU: b"\xff"}


def _encoder(codec: int) -> bytes:
    """The nearest code of every sample, by its upper 14 bits: enough for both laws (13 and 14 bits)."""
    codes = sorted((value, byte) for byte, value in enumerate(DECODED[codec]))
    table, at = bytearray(16384), 0
    for step in range(16384):
        sample = (step - 8192) * 4 + 2
        while at + 1 < len(codes) and abs(codes[at + 1][0] - sample) <= abs(codes[at][0] - sample):
            at += 1
        table[step] = codes[at][1]
    return bytes(table)


_ENCODED = {codec: _encoder(codec) for codec in (PCMA, PCMU)}


def encode(samples: Sequence[int], codec: int) -> bytes:
    """G.711 of 16-bit samples."""
    table = _ENCODED[codec]
    return bytes([table[(sample >> 2) + 8192] for sample in samples])


def decode(coded: bytes, codec: int) -> list[int]:
    """16-bit samples of G.711."""
    table = DECODED[codec]
    return [table[byte] for byte in coded]


def read_wav(data: bytes) -> array[int]:
    """The samples of a WAV file (PCM, 16 bit, any rate, mono or stereo) at 8000 a second. Raises BadSound.

    A speech program that writes into a pipe does not know its length beforehand, so the length written there is not
    believed.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadSound("это не файл WAV")
    at, layout, body = 12, None, b""
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt " and size >= 16 and at + 24 <= len(data):
            layout = struct.unpack_from("<HHIIHH", data, at + 8)
        if name == b"data":
            body = data[at + 8 : at + 8 + size]
            break
        at += 8 + size + size % 2
    if layout is None or layout[0] not in (1, 0xFFFE) or layout[5] != 16 or layout[1] not in (1, 2):
        raise BadSound("нужен WAV без сжатия, 16 бит, моно или стерео")
    channels, rate = layout[1], layout[2]
    if not RATE <= rate <= 96_000:
        raise BadSound("частота записи должна быть от 8000 до 96000 Гц")
    samples = array("h", body[: len(body) // (2 * channels) * 2 * channels][: _LONGEST * rate * channels * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    if channels == 2:
        samples = array("h", [(a + b) // 2 for a, b in zip(samples[::2], samples[1::2], strict=True)])
    return resample(samples, rate)


def resample(samples: array[int], rate: int) -> array[int]:
    """To 8000 a second, with a low-pass before it (a windowed sinc), so that hisses do not fold into the voice."""
    if rate == RATE or not samples:
        return samples
    shared = math.gcd(rate, RATE)
    up, down = RATE // shared, rate // shared
    half = _TAPS * rate // (2 * RATE)
    filters = [_filter(phase / up, half, RATE / rate) for phase in range(up)]
    padded = array("h", [0] * half) + samples + array("h", [0] * (half + 1))
    made = array("h")
    for n in range(len(samples) * up // down):
        whole, phase = divmod(n * down, up)
        value = int(sum(map(mul, padded[whole : whole + 2 * half], filters[phase])))
        made.append(max(-32768, min(32767, value)))
    return made


def _filter(shift: float, half: int, cut: float) -> list[float]:
    taps = []
    for k in range(2 * half):
        x = k - half - shift
        sinc = cut if x == 0 else math.sin(math.pi * cut * x) / (math.pi * x)
        taps.append(sinc * (0.5 + 0.5 * math.cos(math.pi * x / (half + 1))))
    total = sum(taps)
    return [tap / total for tap in taps]


def tone(seconds: float, hertz: Sequence[float] = (440.0,), loud: float = 8000.0) -> array[int]:
    """A signal of one or more pitches."""
    steps = [2 * math.pi * pitch / RATE for pitch in hertz]
    share = loud / len(steps)
    return array("h", [int(sum(share * math.sin(step * n) for step in steps)) for n in range(int(seconds * RATE))])
