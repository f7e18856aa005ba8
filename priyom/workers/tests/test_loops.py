"""Loops wake when told, sleep till the nearest thing is due, survive errors, and end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from django.db import OperationalError

from priyom.foundation.clock import clock, now
from priyom.workers.loops import Every, Loop, Work
from priyom.workers.wake import Wakes

LIMIT = 10.0


class Counter:
    """Counts its steps; the first of them fail."""

    def __init__(self, *errors: Exception, due: datetime | None = None) -> None:
        self.errors = list(errors)
        self.steps = 0
        self.stepped = threading.Semaphore(0)
        self.due = due

    def step(self) -> bool:
        if self.errors:
            raise self.errors.pop(0)
        self.steps += 1
        self.stepped.release()
        return False

    def next_due(self) -> datetime | None:
        return self.due


def loop(counter: Counter) -> Loop:
    made = Loop(Work("try", counter.step, counter.next_due, ("react",)))
    made.start()
    return made


def end(made: Loop) -> None:
    made.stop()
    made.join(LIMIT)
    assert not made.is_alive()


def test_it_steps_once_and_again_when_woken() -> None:
    counter = Counter()
    made = loop(counter)
    assert counter.stepped.acquire(timeout=LIMIT)
    assert not counter.stepped.acquire(timeout=0.4), "it must not poll"
    made.wake()
    assert counter.stepped.acquire(timeout=LIMIT)
    end(made)


def test_it_wakes_by_itself_when_something_is_due() -> None:
    counter = Counter(due=now() + timedelta(seconds=0.3))
    made = loop(counter)
    assert counter.stepped.acquire(timeout=LIMIT)
    assert counter.stepped.acquire(timeout=LIMIT)
    end(made)


def test_errors_do_not_end_it() -> None:
    counter = Counter(OperationalError("нет базы"), RuntimeError("ошибка"))
    made = loop(counter)
    assert counter.stepped.acquire(timeout=LIMIT)
    end(made)


def test_every_period_of_the_clock() -> None:
    done: list[datetime] = []
    every = Every(timedelta(minutes=1), lambda: done.append(now()))
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    for seconds, performed in ((0, 1), (59, 1), (60, 2), (3600, 3), (10, 4)):
        clock.freeze(at + timedelta(seconds=seconds))
        every.step()
        assert len(done) == performed
    assert every.next_due() == at + timedelta(seconds=70)


def test_a_word_wakes_its_loop_and_the_clock_wakes_all() -> None:
    wakes, woken = Wakes(), list[str]()
    wakes.add("react", lambda: woken.append("react"))
    wakes.add("deliver", lambda: woken.append("deliver"))
    wakes.hear("react")
    wakes.hear("fact")
    assert woken == ["react"]
    wakes.hear("clock")
    assert woken == ["react", "react", "deliver"]
