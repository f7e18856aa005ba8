"""What the pages are made of can be read: every pair of colours, in light and in dark, however dark was chosen."""

from __future__ import annotations

import pytest

from priyom.clinic.models import Role
from priyom.web.styleguide.palette import contrast, pairs, schemes
from priyom.web.tests.conftest import Clinic


@pytest.mark.parametrize("name", ["light", "dark", "system"])
def test_every_pair_of_colours_can_be_told_apart(name: str) -> None:
    scheme = schemes()[name]
    assert len(scheme) >= 17
    assert [(pair.ink, pair.ground, pair.contrast) for pair in pairs(scheme) if not pair.enough] == []


def test_dark_is_the_same_by_choice_and_by_the_system() -> None:
    assert schemes()["dark"] == schemes()["system"]


def test_contrast_is_the_one_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == 4.47  # the well-known grey that is just too light
    assert contrast("#ffffff", "#777777") == 4.47


def test_it_shows_both_schemes_and_all_figures(clinic: Clinic) -> None:
    page = clinic.browser(Role.MARKETER).get("/styleguide").content.decode()
    assert page.count('class="pair ') == 2 * len(pairs(schemes()["light"]))
    assert 'data-theme="light"' in page
    assert 'data-theme="dark"' in page
