"""Parsing of events never crashes, and every refusal has a place. No database."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.exchange.events import TYPES, Problem, Refused, parse, parse_batch

GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "/mis",
    "type": "visit.booked",
    "data": {
        "visit": {
            "id": "v",
            "start": "2026-03-03T10:00:00+05:00",
            "end": "2026-03-03T10:30:00.5Z",
            "practitioner": {"id": "d", "name": "Ли"},
            "service": {"id": "s", "name": "Прием"},
            "branch": {"id": "b", "time_zone": "Asia/Almaty"},
        },
        "patient": {
            "id": "p",
            "family": "Ким",
            "given": "Анна",
            "contacts": [{"channel": "email", "address": "a@b.kz"}],
        },
    },
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for key, child in children for deeper in places(child, (*path, key)))]


def resolves(pointer: str, body: Any) -> bool:
    """Whether a pointer leads to something, or to something missing in an object that is there."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for number, step in enumerate(steps):
        if isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        elif isinstance(body, dict) and step in body:
            body = body[step]
        else:
            return number == len(steps) - 1
    return True


def problems(read: Callable[[Any], object], body: Any) -> tuple[Problem, ...] | None:
    """What is wrong, or None when it was taken."""
    try:
        read(body)
    except Refused as error:
        return error.problems
    return None


def test_the_good_one() -> None:
    event = parse(GOOD)
    assert event.visit is not None
    assert event.visit.start is not None
    assert event.visit.start.utcoffset() is not None
    assert event.at("/visit/id") == "/data/visit/id"


@given(st.data())
def test_any_part_replaced_by_anything(data: st.DataObject) -> None:
    body = copy.deepcopy(GOOD) | {"type": data.draw(st.sampled_from(TYPES))}
    path = data.draw(st.sampled_from(places(body)[1:]))
    node: Any = body
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = data.draw(
        json_values | st.sampled_from(["2026-13-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "\ud800"])
    )
    for problem in problems(parse_batch, [GOOD, body]) or ():
        assert problem.pointer.startswith("/1")
        assert resolves(problem.pointer, [GOOD, body]), problem
        assert problem.detail


@given(json_values)
def test_anything_at_all(body: Any) -> None:
    for read in (parse, parse_batch):
        found = problems(read, body)
        assert found or (found is None and body == [])
        assert all(resolves(problem.pointer, body) for problem in found or ())


@pytest.mark.parametrize("kind", ["visit.moved"])
def test_a_move_needs_its_time(kind: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(GOOD | {"type": kind, "data": {"visit": {"id": "v"}}})
    assert {p.pointer for p in caught.value.problems} == {"/data/visit/start", "/data/visit/end"}


def test_a_batch_has_a_limit() -> None:
    with pytest.raises(Refused):
        parse_batch([GOOD] * 1001)


def test_a_leap_second_and_a_day_of_24_hours_are_refused() -> None:
    for text in ("2026-12-31T23:59:60Z", "2026-12-31T24:00:00Z", "2026-3-1T10:00:00Z", "20260301T100000Z"):
        body = copy.deepcopy(GOOD)
        body["data"]["visit"]["start"] = text
        with pytest.raises(Refused) as caught:
            parse(body)
        assert caught.value.problems[0].pointer == "/data/visit/start"
