"""SMS parts: the known values of the calculators operators publish, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.foundation.sms import cut, is_gsm, segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
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
        ("ә" + "a" * 69, 1),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
        ("я" * 66 + "👍" + "я" * 65, 2),
        ("я" * 66 + "👍" + "я" * 66, 3),
        ("a" * 159 + "№", 3),
        ("«ok»", 1),
        ("\f[]{}~\\|^", 1),
        ("ÄÖÑÜ§¿äöñüà" * 14, 1),
        ("ç" * 71, 2),
        ("Ç" * 71, 1),
    ],
)
def test_borders(text: str, count: int) -> None:
    assert segments(text) == count


@given(st.text(st.sampled_from("aZ€я{ә👍\n🇰"), max_size=400))
def test_nothing_is_lost_and_no_part_is_too_long(text: str) -> None:
    made = cut(text)
    assert "".join(made.parts) == text
    most = (70 if len(made.parts) == 1 else 67) if made.unicode else (160 if len(made.parts) == 1 else 153)
    for part in made.parts:
        size = len(part.encode("utf-16-be")) // 2 if made.unicode else sum(2 if c in "€{" else 1 for c in part)
        assert size <= most
        assert part.encode("utf-16-be").decode("utf-16-be") == part
    assert made.unicode != is_gsm(text)
    assert made.left >= 0
