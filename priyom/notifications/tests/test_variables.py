"""Wordings: names are checked, values filled, nothing left over; every text is whole in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.notifications.catalogue import BUTTONS, CATALOGUE, LANGUAGES, REPLIES, STAMPS
from priyom.notifications.variables import NAMES, BadWording, check, fill
from priyom.notifications.wording import cut

FULL = {name: f"<{name}>" for name in NAMES}


@pytest.mark.parametrize("kind", [*CATALOGUE, *REPLIES])
def test_every_text_is_whole(kind: str) -> None:
    text = {**CATALOGUE, **REPLIES}[kind]
    for code in LANGUAGES:
        for form in (text.full[code], text.sms.get(code, ""), text.subject.get(code, "")):
            check(form)
            assert "{{" not in fill(form, FULL)
    assert set(text.sms) in (set(), set(LANGUAGES))
    for row in text.buttons:
        assert all(name in BUTTONS or name == "offers" for name in row)


def test_every_button_and_stamp_has_both_languages() -> None:
    for words in (*BUTTONS.values(), *STAMPS.values()):
        assert set(words) == set(LANGUAGES)


def test_unknown_names_are_refused_by_name() -> None:
    with pytest.raises(BadWording, match=r"patient\.mood"):
        check("Здравствуйте, {{ patient.mood }}")
    with pytest.raises(BadWording, match="Непарные"):
        check("Здравствуйте, {{ patient.given")


def test_empty_values_leave_no_holes() -> None:
    text = "{{ patient.given }}, ждем вас, {{ branch.address }}.\nЗапись: {{ branch.phone }}"
    assert "  " not in fill(text, {"patient.given": "Анна"})
    assert fill(text, {"patient.given": "Анна"}).startswith("Анна, ждем вас")


@given(st.text(max_size=300), st.integers(10, 200))
def test_cut_fits(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
    if len(text) <= limit:
        assert cut(text, limit) == text


def test_cut_never_breaks_a_link() -> None:
    text = "Смотрите https://clinic.example/very/long/path/of/a/page и приходите"
    assert "https" not in cut(text, 30)
