"""Makes `priyom/web/static/web/ring.wav`: two soft notes, a third of a second. Run it again to change the sound.

Mono, 8 bits, 16 000 samples a second: smaller than ten kilobytes, and every browser plays it.
"""

from __future__ import annotations

import math
import wave
from pathlib import Path

RATE = 16_000
NOTES = ((659.26, 0.0), (987.77, 0.11))
"""Hertz (E5, B5) and the second at which each begins."""
LENGTH = 0.42
LOUDNESS = 0.30
TARGET = Path(__file__).parent.parent / "priyom" / "web" / "static" / "web" / "ring.wav"


def loudness(since: float) -> float:
    """Of one note, so many seconds after it began: up within a hundredth, then dying away."""
    return 0.0 if since < 0 else min(1.0, since / 0.01) * math.exp(-since * 11)


def sample(at: float) -> int:
    """One sample, 0..255."""
    value = sum(
        loudness(at - begins) * (math.sin(2 * math.pi * tone * at) + 0.25 * math.sin(4 * math.pi * tone * at))
        for tone, begins in NOTES
    )
    fade = min(1.0, (LENGTH - at) / 0.05)
    return round(128 + 127 * max(-1.0, min(1.0, value * LOUDNESS * fade)))


def main() -> None:
    """Write the file."""
    with wave.open(str(TARGET), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(1)
        made.setframerate(RATE)
        made.writeframes(bytes(sample(n / RATE) for n in range(int(LENGTH * RATE))))


if __name__ == "__main__":
    main()
