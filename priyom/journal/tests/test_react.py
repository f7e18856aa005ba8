"""Facts reach each reactor exactly once, in order per patient, also when a reaction fails or two workers take them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from priyom.foundation.clock import clock
from priyom.journal.models import Fact, Pending
from priyom.journal.react import MOST_TRIES, Reactor, next_due, react_once, replay
from priyom.journal.record import Recorded, Seen, _Book, record
from tests.factories import MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Recorded):
    """Something that happens only in tests."""

    number: int
    at: datetime | None = None
    words: tuple[str, ...] = ()


Hear = Callable[[Rang, Seen], None]


@dataclass
class Ears:
    """What each reactor has heard, and which numbers make it fail."""

    heard: list[tuple[str, Rang]]
    failing: set[int]

    def reactor(self, name: str) -> Hear:
        def hear(fact: Rang, seen: Seen) -> None:
            Fact.objects.create(type="Mark", at=seen.at)
            if fact.number in self.failing:
                raise ValueError(f"cannot hear {fact.number}")
            self.heard.append((name, fact))

        return hear

    def numbers(self, name: str) -> list[int]:
        return [fact.number for who, fact in self.heard if who == name]


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    made = Ears([], set())
    monkeypatch.setitem(_Book.kinds, "Rang", Rang)
    monkeypatch.setitem(_Book.reactions, "Rang", {"test.a": made.reactor("a"), "test.b": made.reactor("b")})
    clock.freeze(MONDAY)
    yield made
    _Book.adapters.pop("Rang", None)


def ring(number: int, patient: int | None = 1) -> None:
    with transaction.atomic():
        record(Rang(patient_id=patient, number=number))


def drain() -> None:
    while react_once():
        pass


def test_what_another_process_has_taken_is_passed_over(ears: Ears, db: None) -> None:
    ring(1, patient=1)
    ring(2, patient=2)
    late = Reactor()
    assert late.step()
    drain()
    ring(3, patient=3)
    assert late.step()
    assert sorted(ears.numbers("a") + ears.numbers("b")) == [1, 1, 2, 2, 3]


def test_a_fact_keeps_its_types(ears: Ears, db: None) -> None:
    with transaction.atomic():
        number = record(Rang(patient_id=3, visit_id=4, number=5, at=MONDAY, words=("a", "b")))
    drain()
    assert ears.heard == [
        (name, Rang(patient_id=3, visit_id=4, number=5, at=MONDAY, words=("a", "b"))) for name in "ab"
    ]
    row = Fact.objects.get(pk=number)
    assert (row.type, row.at, row.patient_id, row.visit_id) == ("Rang", MONDAY, 3, 4)


def test_every_reactor_hears_every_fact_once_and_in_order(ears: Ears, db: None) -> None:
    for number in range(4):
        ring(number, patient=number % 2)
    drain()
    drain()
    assert ears.numbers("a") == ears.numbers("b") == [0, 1, 2, 3]
    assert not Pending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_fact_needs_a_transaction(ears: Ears) -> None:
    with pytest.raises(RuntimeError):
        record(Rang(number=1))
    assert not Fact.objects.exists()


def test_what_is_rolled_back_was_never_told(ears: Ears, db: None) -> None:
    with transaction.atomic():
        record(Rang(patient_id=1, number=1))
        transaction.set_rollback(True)
    drain()
    assert not Fact.objects.exists()
    assert not ears.heard


def test_a_failing_reaction_leaves_nothing_and_holds_up_only_its_own_patient(ears: Ears, db: None) -> None:
    ears.failing = {1}
    ring(1, patient=1)
    ring(2, patient=1)
    ring(3, patient=2)
    drain()
    assert ears.numbers("a") == [3]
    assert Fact.objects.filter(type="Mark").count() == 2  # number 3 alone, for both reactors
    row = Pending.objects.get(fact__data__number=1, reactor="test.a")
    assert (row.tries, row.parked, row.next_try_at) == (1, False, MONDAY + timedelta(seconds=1))
    assert row.error == "ValueError: cannot hear 1"
    assert next_due() is not None


def test_it_is_tried_again_in_order(ears: Ears, db: None) -> None:
    ears.failing = {1}
    ring(1)
    ring(2)
    drain()
    ears.failing = set()
    drain()
    assert ears.numbers("a") == []  # not yet due
    clock.freeze(MONDAY + timedelta(seconds=1))
    drain()
    assert ears.numbers("a") == [1, 2]


def test_after_the_last_try_it_is_parked_and_the_next_ones_go_on_and_it_can_be_replayed(ears: Ears, db: None) -> None:
    ears.failing = {1}
    ring(1)
    ring(2)
    for day in range(MOST_TRIES):
        clock.freeze(MONDAY + timedelta(days=day))
        drain()
    assert set(Pending.objects.values_list("parked", "tries")) == {(True, MOST_TRIES)}
    assert ears.numbers("a") == [2]
    assert next_due() is None
    ears.failing = set()
    for row in Pending.objects.all():
        replay(row.pk)
    drain()
    assert ears.numbers("a") == [2, 1]
    assert not Pending.objects.exists()


def test_a_reactor_that_no_longer_exists_is_forgotten(ears: Ears, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ring(1)
    monkeypatch.setitem(_Book.reactions, "Rang", {"test.b": ears.reactor("b")})
    drain()
    assert [name for name, _ in ears.heard] == ["b"]
    assert not Pending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same(ears: Ears) -> None:
    for number in range(60):
        ring(number, patient=number % 3)
    begin = threading.Barrier(2)

    def work() -> None:
        begin.wait()
        try:
            while Pending.objects.exists():
                react_once()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for name in "ab":
        assert sorted(ears.numbers(name)) == list(range(60))
        for patient in range(3):
            mine = [number for number in ears.numbers(name) if number % 3 == patient]
            assert mine == sorted(mine)
