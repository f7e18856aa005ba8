"""The number of SMS on the card, and in the gateway's bill: known values of the calculators operators publish."""

from __future__ import annotations

import pytest

from priyom.channels.smsc import CARD

KNOWN = [
    ("", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("€" * 80, 1),
    ("€" * 81, 2),
    ("a" * 152 + "€" + "a" * 152, 3),
    ("a" * 151 + "€" + "a" * 153, 2),
    ("я" * 70, 1),
    ("я" * 71, 2),
    ("я" * 134, 2),
    ("я" * 135, 3),
    ("ә" * 70, 1),
    ("👍" * 35, 1),
    ("👍" * 36, 2),
    ("я" * 66 + "👍" + "я" * 66, 3),
    ("a" * 159 + "№", 3),
    ("«ok»", 1),
    ("\f[]{}~\\|^", 1),
    ("ÄÖÑÜ§¿äöñüà" * 14, 1),
    ("ç" * 71, 2),
    ("Ç" * 71, 1),
]


@pytest.mark.parametrize(("text", "count"), KNOWN)
def test_known_values(text: str, count: int) -> None:
    assert CARD.segments
    assert CARD.segments(text) == count
