"""Which answer of VK becomes which error."""

from __future__ import annotations

import pytest

from priyom.channels.vk.errors import meaning, stranger
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        ((18, 37, 113, 900, 901, 902, 932, 936, 950, 985, 987, 988, 1021, 3610), NotReachable),
        ((3, 5, 7, 14, 15, 17, 24, 27, 28, 35, 42, 203, 912, 984, 1117, 2000, 3300), Misconfigured),
        ((6, 9, 29, 601, 944), Throttled),
        ((1, 10, 36), Uncertain),
        ((32, 43), Unavailable),
        (
            (0, 8, 19, 22, 100, 104, 105, 118, 121, 909, 910, 911, 913, 914, 917, 920, 921, 940, 943, 945, 31337),
            Rejected,
        ),
    ],
)
def test_table(codes: tuple[int, ...], wanted: type[ChannelError]) -> None:
    for code in codes:
        error = meaning(code, "Said by VK")
        assert type(error) is wanted, code
        assert error.code == str(code)
        assert error.text


def test_pauses_are_sane() -> None:
    pauses = {}
    for code in (6, 9, 29, 601):
        error = meaning(code, "")
        assert isinstance(error, Throttled)
        pauses[code] = error.after
    assert 1 <= pauses[6] < pauses[9] < pauses[29] < pauses[601] < 3600


def test_an_old_version_is_the_account_s_fault() -> None:
    assert type(meaning(8, "Invalid request: versions below 5.131 are deprecated")) is Misconfigured
    assert type(meaning(8, "Invalid request")) is Rejected


def test_what_we_have_no_words_for_is_told_in_vk_s() -> None:
    assert meaning(100, "peer_id is invalid").text == "VK отказал: peer_id is invalid"
    assert meaning(31337, "").text == "VK отказал: без объяснений"


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (200, Misconfigured),
        (302, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (429, Throttled),
        (500, Uncertain),
        (502, Unavailable),
        (503, Unavailable),
        (504, Uncertain),
    ],
)
def test_a_stranger_s_page_says_nothing_of_a_person(status: int, wanted: type[ChannelError]) -> None:
    assert type(stranger(status)) is wanted
