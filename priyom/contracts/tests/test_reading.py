"""Careful reading: what comes out can be stored, and what cannot be read says where it stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.contracts.errors import Malformed
from priyom.contracts.reading import Tree, clean


@given(st.text(st.characters(codec=None)) | st.text("\0\ud800a"))
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("value", "read", "place"),
    [
        ({"a": {"b": 5}}, lambda t: t.branch("a").branch("b"), "a.b"),
        ({"a": [{}, 5]}, lambda t: t.branches("a"), "a"),
        ({"a": [{"b": 1.5}]}, lambda t: t.branches("a")[0].number("b"), "a.0.b"),
        ({"a": True}, lambda t: t.number("a"), "a"),
        ({"a": 2**63}, lambda t: t.number("a"), "a"),
        ({"a": None}, lambda t: t.words("a"), "a"),
        ({"a": 10**17}, lambda t: t.moment("a"), "a"),
    ],
)
def test_faults_name_their_place(value: Any, read: Any, place: str) -> None:
    with pytest.raises(Malformed, match=rf"^{place} is not"):
        read(Tree(value))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"5", b"[" * 100_000, b"9" * 5000])
def test_only_objects_are_bodies(body: bytes) -> None:
    with pytest.raises(Malformed):
        Tree.of(body)


def test_absent_and_null_are_the_same() -> None:
    for tree in (Tree({}), Tree(json.loads('{"a": null}'))):
        assert not tree.has("a")
        assert tree.maybe("a") is None
        assert tree.branches("a") == []
        assert tree.words("a", "x") == "x"
        assert tree.maybe_number("a") is None
        assert tree.moment("a") is None


def test_moments() -> None:
    assert Tree({"a": 1774000100}).moment("a") == datetime(2026, 3, 20, 9, 48, 20, tzinfo=UTC)
    assert Tree({"a": 1774000100000}).moment("a", per_second=1000) == datetime(2026, 3, 20, 9, 48, 20, tzinfo=UTC)
