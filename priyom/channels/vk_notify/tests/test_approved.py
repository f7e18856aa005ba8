"""Templates as the clinic writes them down."""

from __future__ import annotations

import pytest

from priyom.channels.vk_notify import approved
from priyom.contracts.message import Template
from priyom.contracts.vitals import Category, Draft, Standing

SETTING = "reminder:ru = 16, reminder:kk=17,\n moved , lost = lost_v2,, :ru=5"


@pytest.mark.parametrize(
    ("name", "language", "theirs"),
    [
        ("reminder", "ru", "16"),
        ("reminder", "kk", "17"),
        ("reminder", "en", None),
        ("moved", "ru", "moved"),
        ("moved", "kk", "moved"),
        ("lost", "kk", "lost_v2"),
        ("unknown", "ru", None),
        ("", "ru", None),
    ],
)
def test_the_closest_entry_counts(name: str, language: str, theirs: str | None) -> None:
    assert approved.theirs(SETTING, name, language) == theirs
    assert approved.theirs(f"{SETTING}, *", name, language) == (name if theirs is None else theirs)


def test_nothing_written_down_is_nothing_approved() -> None:
    assert approved.theirs("", "reminder", "ru") is None
    assert approved.listed("") == []


def test_a_number_is_the_partner_s_own_list() -> None:
    made = approved.named(SETTING, Template("reminder", "ru", ("Анна", "10:30")), "attr{n}")
    assert made == {"templateId": 16, "tmpl_data": {"attr1": "Анна", "attr2": "10:30"}}
    assert approved.named(SETTING, Template("moved", "ru", ("10:30",)), "v{n}") == {
        "tmpl": "moved", "tmpl_data": {"v1": "10:30"},
    }  # fmt: skip
    assert approved.named(SETTING, Template("unknown", "ru"), "attr{n}") is None


def test_a_draft_waits_for_a_person() -> None:
    draft = Draft("reminder", "en", Category.SERVICE, "See you {{1}}.", ("at 10",))
    waits = approved.handed_in(SETTING, draft)
    assert (waits.standing, waits.name, waits.language) == (Standing.PENDING, "reminder", "en")
    assert "reminder:en" in waits.reason
    assert len(waits.reason) <= 300
    done = approved.handed_in(f"{SETTING},reminder:en=18", draft)
    assert (done.standing, done.provider_id, done.reason) == (Standing.APPROVED, "18", "")


def test_all_that_are_written_down_are_told() -> None:
    told = [(one.name, one.language, one.provider_id) for one in approved.listed(f"{SETTING}, *")]
    assert told == [
        ("reminder", "ru", "16"), ("reminder", "kk", "17"), ("moved", "", "moved"), ("lost", "", "lost_v2"),
    ]  # fmt: skip
