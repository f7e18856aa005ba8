"""What one open page shows, and what it is to be told next: bits of many changes become one event.

A page names what its regions are about (`chat:12`, `patient:7`, `looking:12`); what it may not see was dropped at the
entrance. Of everything else it hears only the kind (`chats`, `tasks`, `visits`), and of that only what its role works
with: so nobody learns a number of something they may not open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from priyom.clinic.models import Role
from priyom.inbox.looking import Pair
from priyom.web.frame import SEES, WORKS

LISTS = frozenset({"chats", "tasks", "doubts", "desk"})
"""Words that name a whole list: for those who work with patients."""
KINDS = {"visit": "visits", "patient": "patients", "other": "other"}
"""What a word about one thing says to whoever sees the list of all of them."""
WIDER = frozenset({*KINDS.values()})


@dataclass(frozen=True, slots=True)
class Heard:
    """What has changed, made ready for many pages. `words` None: everything may have."""

    words: frozenset[str] | None
    kinds: frozenset[str] = frozenset()

    @classmethod
    def of(cls, words: Iterable[str] | None) -> Heard:
        """With the kinds these words are of."""
        if words is None:
            return cls(None)
        known = frozenset(words)
        lists = known & LISTS
        return cls(known, lists | {KINDS[start] for word in known if (start := word.split(":")[0]) in KINDS})


def kinds_for(role: str) -> frozenset[str]:
    """The kinds somebody of this role hears of."""
    return (LISTS if role in WORKS else frozenset()) | (WIDER if role in SEES else frozenset())


@dataclass(slots=True, eq=False)
class Page:
    """`interest`: word of a change -> words of the page's regions it concerns. `looking`: the thread that is open on
    it, and who has it open. `bell` rings when there is something to tell; `caught_up` once what happened before the
    page joined has been told."""

    role: Role | str
    interest: Mapping[str, frozenset[str]] = field(default_factory=dict)
    looking: Pair | None = None
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    caught_up: bool = False
    _words: set[str] = field(default_factory=set)
    _everything: bool = False
    _kinds: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._kinds = kinds_for(self.role)

    def take(self, heard: Heard) -> None:
        """Remember what of it concerns this page."""
        if heard.words is None:
            self._everything = True
        else:
            self._words |= heard.kinds & self._kinds
            for word in heard.words & self.interest.keys():
                self._words |= self.interest[word]
        if self._words or self._everything:
            self.bell.set()

    def give(self) -> str:
        """What the page is to be told, as JSON; it is told then. {"all": true} or {"about": [words]}."""
        said = {"all": True} if self._everything else {"about": sorted(self._words)}
        self._words, self._everything = set(), False
        self.bell.clear()
        return json.dumps(said, separators=(",", ":"))
