"""Every line is there in every language, takes the same variables, and moments are local and grammatical."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.portal.times import at_words, label
from priyom.portal.words import LANGUAGES, RU, words

ALMATY = ZoneInfo("Asia/Almaty")
THURSDAY = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_are_whole(language: str) -> None:
    other = asdict(words(language))
    for name, text in asdict(RU).items():
        assert other[name].strip(), name
        assert set(re.findall(r"\{\w+\}", other[name])) == set(re.findall(r"\{\w+\}", text)), name
        assert language == "ru" or other[name] != text, name


def test_weekdays_are_declined() -> None:
    said = [at_words(THURSDAY + timedelta(days=n), ALMATY, "ru").split(",")[0] for n in range(7)]
    assert said == [
        "в четверг", "в пятницу", "в субботу", "в воскресенье", "в понедельник", "во вторник", "в среду",
    ]  # fmt: skip


def test_moments_are_local() -> None:
    late = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)  # already Friday in Almaty
    assert label(late, ALMATY, "en").replace("\u00a0", " ") == "Friday, 27 November, 01:00"
    assert label(late, ZoneInfo("UTC"), "en").replace("\u00a0", " ") == "Thursday, 26 November, 20:00"


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.sampled_from(list(LANGUAGES))
)
def test_any_moment_can_be_said(at: datetime, language: str) -> None:
    clock = f"{at.astimezone(ALMATY):%H:%M}"
    assert at_words(at, ALMATY, language).endswith(clock)
    assert label(at, ALMATY, language).endswith(clock)
