"""Cutting into segments: known values, and laws that hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smsc.segments import GSM_BASIC, GSM_ESCAPED, split

# Values of the calculators that operators and aggregators publish (counted by hand here, and checked with one of them).
KNOWN = [
    ("", "gsm", 0, 1),
    ("a" * 160, "gsm", 160, 1),
    ("a" * 161, "gsm", 161, 2),
    ("a" * 306, "gsm", 306, 2),
    ("a" * 307, "gsm", 307, 3),
    ("€" * 80, "gsm", 160, 1),
    ("€" * 81, "gsm", 162, 2),
    ("a" * 152 + "€" + "a" * 152, "gsm", 306, 3),
    ("a" * 151 + "€" + "a" * 153, "gsm", 306, 2),
    ("я" * 70, "ucs2", 70, 1),
    ("я" * 71, "ucs2", 71, 2),
    ("я" * 134, "ucs2", 134, 2),
    ("я" * 135, "ucs2", 135, 3),
    ("ә" * 70, "ucs2", 70, 1),
    ("👍" * 35, "ucs2", 70, 1),
    ("👍" * 36, "ucs2", 72, 2),
    ("я" * 66 + "👍" + "я" * 66, "ucs2", 134, 3),
    ("a" * 159 + "№", "ucs2", 160, 3),
    ("«ok»", "ucs2", 4, 1),
    ("\f[]{}~\\|^", "gsm", 18, 1),
    ("ÄÖÑÜ§¿äöñüà", "gsm", 11, 1),
    ("ç", "ucs2", 1, 1),
    ("Ç", "gsm", 1, 1),
]


@pytest.mark.parametrize(("text", "alphabet", "units", "count"), KNOWN)
def test_known_values(text: str, alphabet: str, units: int, count: int) -> None:
    made = split(text)
    assert (made.alphabet, made.units, len(made.parts)) == (alphabet, units, count)


def test_the_alphabet_is_whole() -> None:
    assert len(GSM_BASIC) == 127  # 128 places less the escape itself
    assert len(GSM_ESCAPED) == 10
    assert not GSM_BASIC & GSM_ESCAPED


GSM_TEXT = st.text(st.sampled_from(sorted(GSM_BASIC | GSM_ESCAPED)), max_size=700)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(st.one_of(GSM_TEXT, ANY_TEXT, st.text(st.sampled_from("яa👍€"), max_size=700)))
def test_nothing_is_lost_and_every_part_fits(text: str) -> None:
    made = split(text)
    assert "".join(made.parts) == text
    single, each = (160, 153) if made.alphabet == "gsm" else (70, 67)

    def weight(part: str) -> int:
        if made.alphabet == "gsm":
            return sum(2 if c in GSM_ESCAPED else 1 for c in part)
        return len(part.encode("utf-16-be")) // 2

    assert weight(text) == made.units
    if len(made.parts) == 1:
        assert made.units <= single
        return
    assert made.units > single
    assert all(0 < weight(part) <= each for part in made.parts)
    # Greedy: no part could have taken the next one's first character.
    pairs = zip(made.parts, made.parts[1:], strict=False)
    assert all(weight(part + following[0]) > each for part, following in pairs)


@given(GSM_TEXT.filter(bool))
def test_one_foreign_letter_changes_the_alphabet(text: str) -> None:
    assert split(text).alphabet == "gsm"
    assert split(text + "ж").alphabet == "ucs2"
