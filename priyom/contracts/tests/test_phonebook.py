"""The people's side of an emulator: phones with their chats, files, and the vendor's patience."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.contracts.emulator import Impossible, NoSuchPhone
from priyom.contracts.message import File
from priyom.contracts.phonebook import Letter, Patience, Phonebook, Shelf, Words
from priyom.contracts.suite_world import SuiteWorld

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
WORDS = Words("Адрес - это цифры", "Сначала откройте", "Заблокирован")


@dataclass(slots=True)
class Offer(Letter):
    """A message with choices."""

    choices: list[str] = field(default_factory=list)

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Each choice under its number."""
        return tuple((str(index), label) for index, label in enumerate(self.choices))


def book(world: SuiteWorld) -> Phonebook[Offer]:
    """An empty book of numbers."""
    return Phonebook(world, "telegram", Offer, r"\d+", WORDS)


def test_a_chat_is_kept_over_a_restart() -> None:
    world = SuiteWorld()
    first = book(world)
    first.put("7", "Анна", True).extra["bot"] = "x"
    first.add("7", Offer("1", NOW.timestamp(), "in", "Придёте?", choices=["Да", "Нет"]))
    first.add("7", Offer("2", NOW.timestamp(), "out", "снимок", files=["a.jpg"]))
    again = book(SuiteWorld())
    again.load(json.loads(json.dumps(first.dump())))
    assert again.phones() == first.phones()
    assert again.messages("7") == first.messages("7")
    assert [m.buttons for m in again.messages("7")] == [(("0", "Да"), ("1", "Нет")), ()]
    assert (again.messages("7")[1].files, again.messages("7")[0].at) == (("a.jpg",), NOW)
    assert world.changes == [("telegram", "7")] * 3
    found = again.chat("7").letter("1")
    assert found is not None
    assert found.choices == ["Да", "Нет"]
    assert again.chat("7").letter("3") is None


def test_who_can_write() -> None:
    phones = book(SuiteWorld())
    with pytest.raises(NoSuchPhone):
        phones.talking("7")
    with pytest.raises(Impossible, match="цифры"):
        phones.put("seven", "Анна", True)
    phones.put("7", "Анна", False)
    with pytest.raises(Impossible, match="откройте"):
        phones.talking("7")
    phones.put("7", "Анна", True).blocked = True
    with pytest.raises(Impossible, match="Заблокирован"):
        phones.talking("7")
    phones.put("7", "Анна С.", True)
    assert phones.talking("7").phone.name == "Анна С."


def test_files_are_kept_over_a_restart() -> None:
    shelf, again = Shelf(), Shelf()
    paper = File("Анализ.pdf", "application/pdf", b"\x00\xff")
    shelf.put("k", paper)
    again.load(json.loads(json.dumps(shelf.dump())))
    assert (again.get("k"), again.get("other")) == (paper, None)


def test_a_burst_passes_and_then_the_pace_holds() -> None:
    patience = Patience(rate=1, burst=3)
    assert [patience.wait("a", NOW) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert patience.wait("b", NOW) == 0
    assert [patience.wait("a", NOW + timedelta(seconds=1)) for _ in range(2)] == [0, 1]
    assert [patience.wait("a", NOW + timedelta(hours=1)) for _ in range(4)] == [0, 0, 0, 1]


@given(
    st.floats(0.1, 50),
    st.integers(1, 30),
    st.lists(st.floats(0, 5), min_size=1, max_size=80),
)
def test_never_more_than_the_pace_and_the_burst(rate: float, burst: int, pauses: list[float]) -> None:
    patience, moment, taken = Patience(rate, burst), NOW, 0
    for pause in pauses:
        moment += timedelta(seconds=pause)
        wait = patience.wait("a", moment)
        taken += not wait
    assert 0 < taken <= burst + (moment - NOW).total_seconds() * rate + 1e-3


def test_who_waits_as_told_is_taken() -> None:
    patience, moment = Patience(rate=0.3, burst=1), NOW
    assert patience.wait("a", moment) == 0
    moment += timedelta(seconds=patience.wait("a", moment))
    assert patience.wait("a", moment) == 0
