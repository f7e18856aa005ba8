"""Who wakes whom: the tables notify the channel `priyom` with a loop's name; here each name finds its sleepers. The
word `clock` (the sandbox turned it) wakes everybody."""

from __future__ import annotations

from collections.abc import Callable

CHANNEL = "priyom"

Waker = Callable[[], None]


class Wakes:
    """Sleepers by loop name. Wakers are called in the event loop's thread and must not wait."""

    def __init__(self) -> None:
        self._sleepers: dict[str, list[Waker]] = {}

    def add(self, name: str, waker: Waker) -> None:
        """Call `waker` when the loop `name` has something to do."""
        self._sleepers.setdefault(name, []).append(waker)

    def remove(self, name: str, waker: Waker) -> None:
        """Call it no more."""
        self._sleepers[name].remove(waker)

    def hear(self, payload: str) -> None:
        """A notification came."""
        if payload == "clock":
            self.everybody()
        else:
            for waker in list(self._sleepers.get(payload, ())):
                waker()

    def everybody(self) -> None:
        """Wake all: the clock was turned, or notifications may have been missed."""
        for wakers in list(self._sleepers.values()):
            for waker in list(wakers):
                waker()
