"""When what one pump has in hand was last known to be right: each from its claim, or from the look that came after.
Pure memory; `time` is a monotonic clock's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class _Look:
    """One moment, and how many were last found right then."""

    time: float
    many: int = 0


class Fresh:
    """By looks, not by messages: there are few of them, and the oldest is asked for before every message."""

    def __init__(self) -> None:
        self._of: dict[int, _Look] = {}
        self._looks: list[_Look] = []

    def found(self, numbers: Iterable[int], time: float) -> None:
        """These were right then."""
        look = _Look(time)
        for number in numbers:
            self.gone(number)
            self._of[number] = look
            look.many += 1
        self._looks.append(look)

    def gone(self, number: int) -> None:
        """This one is not in hand any more."""
        if (look := self._of.pop(number, None)) is not None:
            look.many -= 1

    def oldest(self) -> float:
        """When the one that was looked at the longest ago was; infinity when there is none."""
        if any(not look.many for look in self._looks):
            self._looks = [look for look in self._looks if look.many]
        return min((look.time for look in self._looks), default=math.inf)
