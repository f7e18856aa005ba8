"""What a step has read once it need not read again, and nobody else remembers it."""

from __future__ import annotations

from threading import Thread

import pytest

from priyom.foundation.remember import once, remembering

asked: list[tuple[int, int]] = []


@once
def answer(number: int, *, plus: int = 0) -> int:
    asked.append((number, plus))
    return number + plus


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    asked.clear()


def test_a_step_asks_once_for_the_same() -> None:
    with remembering():
        assert [answer(1), answer(1), answer(1, plus=2), answer(2)] == [1, 1, 3, 2]
    assert asked == [(1, 0), (1, 2), (2, 0)]


def test_outside_of_a_step_and_in_the_next_one_it_is_asked_anew() -> None:
    answer(1)
    answer(1)
    for _ in range(2):
        with remembering():
            answer(1)
    assert len(asked) == 4


def test_a_step_within_a_step_is_the_same_step() -> None:
    with remembering():
        answer(1)
        with remembering():
            answer(1)
        answer(1)
    assert len(asked) == 1


def test_steps_of_other_threads_remember_for_themselves() -> None:
    with remembering():
        answer(1)
        thread = Thread(target=answer, args=(1,))
        thread.start()
        thread.join()
    assert len(asked) == 2


def test_an_error_is_not_remembered() -> None:
    calls: list[int] = []

    @once
    def fails() -> None:
        calls.append(1)
        raise ValueError

    with remembering():
        for _ in range(2):
            with pytest.raises(ValueError):
                fails()
    assert len(calls) == 2
