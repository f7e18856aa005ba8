"""The colours as `base.css` has them, and how well what stands on what can be read.

Contrast is that of WCAG 2.2 (relative luminance of sRGB): 4.5 for words (1.4.3), 3 for the edges of controls and for
the focus (1.4.11). `line` only parts what stands apart anyway: no contrast is asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BASE = Path(__file__).parent.parent / "static" / "web" / "base.css"
BLOCK = re.compile(r"\{([^{}]*--ground:[^{}]*)\}")
COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b")

WORDS, EDGES = 4.5, 3.0
GROUNDS = ("ground", "panel", "sunk", "accent-soft")
PAIRS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("text", GROUNDS, WORDS),
    ("muted", GROUNDS, WORDS),
    ("accent-ink", GROUNDS, WORDS),
    ("accent-text", ("accent", "accent-ink"), WORDS),
    ("alarm", (*GROUNDS[:3], "alarm-soft"), WORDS),
    ("amber", (*GROUNDS[:3], "amber-soft"), WORDS),
    ("good", GROUNDS[:3], WORDS),
    ("line-strong", GROUNDS, EDGES),
    ("focus", GROUNDS, EDGES),
)
"""What stands on what somewhere on the pages."""

Scheme = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """One colour on another, and how well it is read in one scheme."""

    ink: str
    ground: str
    contrast: float
    least: float

    @property
    def enough(self) -> bool:
        """Whether it is what WCAG asks."""
        return self.contrast >= self.least


@cache
def schemes() -> dict[str, Scheme]:
    """name -> colour for `light`, `dark` (as chosen) and `system` (dark by the system's word)."""
    light, system, dark = (dict(COLOUR.findall(block)) for block in BLOCK.findall(BASE.read_text()))
    return {"light": light, "dark": dark, "system": system}


def pairs(scheme: Scheme) -> list[Pair]:
    """Every pair that is used, in that scheme."""
    return [
        Pair(ink, ground, contrast(scheme[ink], scheme[ground]), least)
        for ink, grounds, least in PAIRS
        for ground in grounds
    ]


def contrast(one: str, other: str) -> float:
    """1 to 21, of two `#rrggbb`; cut to two places, so that nothing counts as more than it is."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return int((light + 0.05) / (dark + 0.05) * 100) / 100


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[n : n + 2], 16) / 255) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
