"""How a thread is laid out: by the days of the clinic's place, runs of automatic messages folded into one line, and a
line above what nobody has read yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from priyom.foundation.clock import now
from priyom.inbox.thread import Entry, Key
from priyom.web import say

LEAST = 2
"""So many automatic messages in a row are a run."""


@dataclass(frozen=True, slots=True)
class Item:
    """One message, one note, or a run of automatic messages. `fresh`: what nobody has read begins here."""

    entries: tuple[Entry, ...]
    fresh: bool = False

    @property
    def run(self) -> bool:
        """Whether it is several."""
        return len(self.entries) > 1

    @property
    def entry(self) -> Entry:
        """The one, or the first."""
        return self.entries[0]

    @property
    def last(self) -> Entry:
        """The one, or the last."""
        return self.entries[-1]

    @property
    def kinds(self) -> list[str]:
        """What they are about, each once."""
        return list(dict.fromkeys(entry.kind for entry in self.entries))

    @property
    def failed(self) -> int:
        """How many did not arrive."""
        return sum(entry.signal == "failed" for entry in self.entries)

    @property
    def unsure(self) -> int:
        """Of how many it is not known."""
        return sum(bool(entry.doubt) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the thread."""

    day: date
    title: str
    items: tuple[Item, ...]


def days(entries: Sequence[Entry], zone: ZoneInfo, fresh: Key | None = None) -> list[Day]:
    """The entries by local day. `fresh` is where what nobody has read begins."""
    today = now().astimezone(zone).date()
    begins = next((entry.id for entry in entries if fresh is not None and entry.key >= fresh), "")
    grouped = groupby(entries, key=lambda entry: entry.at.astimezone(zone).date())
    return [Day(local, say.day(local, today), tuple(_folded(found, begins))) for local, found in grouped]


def _folded(entries: Iterable[Entry], begins: str) -> Iterable[Item]:
    for automatic, found in groupby(entries, key=lambda entry: entry.automatic):
        listed = tuple(found)
        if automatic and len(listed) >= LEAST:
            yield Item(listed)
        else:
            yield from (Item((entry,), entry.id == begins) for entry in listed)
