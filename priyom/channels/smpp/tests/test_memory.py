"""What outlives a restart: written before it is relied on, in few writes, and never without bounds."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from priyom.channels.smpp import memory
from priyom.channels.smpp.memory import Memory
from priyom.channels.smpp.parts import Place
from priyom.contracts.message import Signal

HEAD = "00" * 16


class Shelf:
    """Keeps the texts it was given; `now` is set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
        self.kept: list[str] = []
        self.full = False
        self.memory = Memory(lambda: self.at, self.keep)

    async def keep(self, text: str) -> None:
        await asyncio.sleep(0)
        if self.full:
            raise OSError
        self.kept.append(text)

    def later(self, **by: float) -> None:
        self.at += timedelta(**by)

    def again(self) -> Memory:
        """The memory of the next process."""
        made = Memory(lambda: self.at, self.keep)
        made.load(self.memory.text())
        return made


def sent(shelf: Shelf, key: str, *ids: str) -> memory.Long:
    long = shelf.memory.begun(key, "print", len(ids))
    for message_id in ids:
        shelf.memory.taken(long, message_id)
    return long


async def test_many_flushes_are_few_writes() -> None:
    shelf = Shelf()
    for number in range(50):
        sent(shelf, f"d{number}", f"{number}a", f"{number}b")
    await asyncio.gather(*(shelf.memory.flush() for _ in range(50)))
    assert len(shelf.kept) == 1
    sent(shelf, "last", "x", "y")
    await shelf.memory.flush()
    assert len(shelf.kept) == 2
    assert "last" in shelf.kept[-1]


async def test_a_change_during_a_write_waits_for_the_next() -> None:
    shelf = Shelf()
    first = asyncio.create_task(shelf.memory.flush())
    while not shelf.memory._writing:  # noqa: ASYNC110 - the write has to be under way
        await asyncio.sleep(0)
    sent(shelf, "late", "x", "y")
    await shelf.memory.flush()
    await first
    assert "late" not in shelf.kept[0]
    assert "late" in shelf.kept[1]


async def test_a_write_that_fails_is_told_and_the_next_one_goes() -> None:
    shelf = Shelf()
    shelf.full = True
    with pytest.raises(OSError):
        await shelf.memory.flush()
    shelf.full = False
    await shelf.memory.flush()
    assert len(shelf.kept) == 1


def test_signals_of_parts() -> None:
    shelf = Shelf()
    long = sent(shelf, "d1", "a", "b")
    note = shelf.memory.note
    assert note(long, "a", Signal.SENT)
    assert not note(long, "a", Signal.DELIVERED)
    assert not note(long, "a", Signal.SENT)
    assert not note(long, "a", Signal.FAILED)
    assert note(long, "b", Signal.FAILED)
    assert note(long, "b", Signal.DELIVERED)
    assert shelf.again().of("b") == long


def test_another_text_under_the_same_key_begins_anew() -> None:
    shelf = Shelf()
    long = shelf.memory.begun("d1", "one", 2)
    shelf.memory.taken(long, "a")
    assert shelf.memory.begun("d1", "one", 2) is long
    other = shelf.memory.begun("d1", "two", 2)
    assert other.ids == []
    assert shelf.memory.of("a") is None


def test_nothing_is_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    long = sent(shelf, "done", "a", "b")
    sent(shelf, "waiting", "c", "d")
    for part in long.ids:
        shelf.memory.note(long, part, Signal.DELIVERED)
    shelf.later(hours=1)
    assert {item["key"] for item in json.loads(shelf.memory.text())["longs"]} == {"done", "waiting"}
    shelf.later(hours=2)
    assert {item["key"] for item in json.loads(shelf.memory.text())["longs"]} == {"waiting"}
    shelf.later(days=4)
    assert json.loads(shelf.memory.text())["longs"] == []
    monkeypatch.setattr(memory, "MOST", 3)
    for number in range(5):
        sent(shelf, f"d{number}", f"{number}a", f"{number}b")
    assert [shelf.memory.of(f"{number}a") is not None for number in range(5)] == [False, False, True, True, True]


def test_parts_of_a_message_in_any_order_and_twice() -> None:
    shelf = Shelf()
    place = {number: Place(7, 3, number) for number in (1, 2, 3)}
    assert shelf.memory.pile("7701", place[3], HEAD + "cc", "k3") is None
    assert shelf.memory.pile("7701", place[3], "11" * 16 + "cc", "k3") is None
    assert shelf.memory.pile("7702", place[1], HEAD + "xx", "kx") is None
    assert shelf.memory.pile("7701", place[1], HEAD + "aa", "k1") is None
    whole = shelf.again().pile("7701", place[2], HEAD + "bb", "k2")
    assert whole
    assert (whole.key, sorted(whole.parts)) == ("k3", ["1", "2", "3"])


def test_another_message_with_the_same_reference_is_another_pile() -> None:
    shelf = Shelf()
    assert shelf.memory.pile("7701", Place(7, 2, 1), HEAD + "aa", "k1") is None
    assert shelf.memory.pile("7701", Place(7, 2, 1), HEAD + "dd", "k2") is None
    whole = shelf.memory.pile("7701", Place(7, 2, 2), HEAD + "bb", "k3")
    assert whole
    assert (whole.key, whole.parts["1"]) == ("k1", HEAD + "aa")
    shelf.memory.drop(whole)
    assert not shelf.memory.overdue()
    shelf.later(minutes=16)
    assert [pile.key for pile in shelf.memory.overdue()] == ["k2"]


def test_lately_is_a_few_minutes_and_another_line() -> None:
    shelf = Shelf()
    shelf.memory.remember("p", "k", "line1")
    assert shelf.memory.recent("p", "line1") is None
    found = shelf.again().recent("p", "line2")
    assert found
    assert found.key == "k"
    shelf.later(minutes=4)
    assert shelf.memory.recent("p", "line2") is None


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "7", '{"longs": 5}', '{"longs": [{}]}', '{"piles": [{"x": 1}]}']
)
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    shelf = Shelf()
    shelf.memory.load(text)
    assert json.loads(shelf.memory.text()) == {"longs": [], "piles": [], "recents": []}
