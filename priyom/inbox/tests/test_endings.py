"""Kazakh endings after digits, as they are spoken."""

from __future__ import annotations

import pytest

from priyom.inbox.endings_rules import Case, with_ending


@pytest.mark.parametrize(
    ("digits", "case", "said"),
    [
        ("10:40", "from", "10:40-тан"), ("10:06", "from", "10:06-дан"), ("23:00", "from", "23:00-ден"),
        ("8:10", "from", "8:10-нан"), ("18:05", "to", "18:05-ке"), ("9:30", "to", "9:30-ға"),
        ("21:00", "to", "21:00-ге"),
        ("ертең 12:20", "to", "ертең 12:20-ға"), ("7", "to", "7-ге"), ("80", "from", "80-нен"), ("", "to", ""),
        ("ертең", "from", "ертең"),
    ],
)  # fmt: skip
def test_endings(digits: str, case: Case, said: str) -> None:
    assert with_ending(digits, case) == said


def test_every_minute_has_one() -> None:
    for minute in range(60):
        for case in ("from", "to"):
            assert with_ending(f"10:{minute:02}", case).count("-") == 1
