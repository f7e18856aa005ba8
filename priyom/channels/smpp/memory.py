"""What a session must not forget over a restart, and no single PDU tells: which ids are parts of one message of ours,
which parts of a person's message are already here, and which messages were answered so lately that the gateway may
bring them again.

It is one short text, kept through the worker's `keep`. Changes are written by a flush that several callers share, so
that a busy minute costs a few writes a second and still nothing is acknowledged before it is written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from priyom.channels.smpp.parts import Place
from priyom.channels.smpp.pdu import HEADER
from priyom.contracts.message import Signal

SPACING = 0.2
"""Seconds between two writes, at least."""
MOST = 1000
"""Messages of several parts remembered at once; the oldest go first."""
LIFE = timedelta(days=4)
"""Longer than any message lives at a gateway."""
DONE = timedelta(hours=2)
"""A delivered message stays known so long, for receipts that come twice."""
PATIENCE = timedelta(minutes=15)
"""How long an incoming message waits for its missing parts."""
DOUBT = timedelta(minutes=3)
"""How long after our answer the gateway may bring the same message once more, over a new line."""

_BODY = 2 * HEADER
"""Where the body begins in a PDU's hex: a repeated PDU has another number in its header."""


@dataclass(slots=True)
class Long:
    """A message of ours in several parts: the ids it has so far, and the last signal of each."""

    key: str
    print: str
    total: int
    since: float
    ids: list[str] = field(default_factory=list)
    signals: dict[str, str] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    """Receipts (hex) that came before the last part was taken."""

    @property
    def whole(self) -> bool:
        """Whether all parts have been taken."""
        return len(self.ids) == self.total

    @property
    def delivered(self) -> bool:
        """Whether every part has been."""
        return self.whole and all(self.signals.get(part) == Signal.DELIVERED.value for part in self.ids)


@dataclass(slots=True)
class Pile:
    """The parts (hex by number) of a person's message that have come."""

    chat: str
    reference: int
    total: int
    since: float
    key: str
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Recent:
    """A person's message lately handed on: the print of its bytes, the key it got, the line it came over."""

    print: str
    key: str
    line: str
    since: float


class Memory:
    """All of it. `now` is the clock; moments inside are Unix seconds."""

    def __init__(self, now: Callable[[], datetime], keep: Callable[[str], Awaitable[None]]) -> None:
        self._now = now
        self._keep = keep
        self._longs: dict[str, Long] = {}
        self._of_id: dict[str, Long] = {}
        self._piles: list[Pile] = []
        self._recents: list[Recent] = []
        self._writing: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None
        self._written = -SPACING

    # -- messages of ours --

    def begun(self, key: str, print_: str, total: int) -> Long:
        """The message under this key; a new one unless its first parts were taken earlier (and it is the same)."""
        found = self._longs.get(key)
        if found is None or (found.print, found.total) != (print_, total):
            self._forget(found)
            found = self._longs[key] = Long(key, print_, total, self._now().timestamp())
            while len(self._longs) > MOST:
                self._forget(next(iter(self._longs.values())))
        return found

    def taken(self, long: Long, message_id: str) -> None:
        """The gateway has taken one more part."""
        long.ids.append(message_id)
        self._of_id[message_id] = long

    def of(self, message_id: str) -> Long | None:
        """The message this id is a part of."""
        return self._of_id.get(message_id)

    @staticmethod
    def note(long: Long, message_id: str, signal: Signal) -> bool:
        """Note a part's signal; whether it says something of the whole: one failed part fails it, all delivered parts
        deliver it, anything less is news as it is. A late lesser word changes nothing."""
        if _weight(signal.value) < _weight(long.signals.get(message_id, "")):
            return False
        long.signals[message_id] = signal.value
        if signal is Signal.DELIVERED:
            return long.delivered
        return True

    # -- messages of people --

    def recent(self, print_: str, line: str) -> Recent | None:
        """The same bytes, lately handed on from another line: the gateway has not heard our answer."""
        since = (self._now() - DOUBT).timestamp()
        self._recents = [item for item in self._recents if item.since >= since]
        return next((item for item in self._recents if item.print == print_ and item.line != line), None)

    def remember(self, print_: str, key: str, line: str) -> None:
        """Note a message about to be handed on."""
        self._recents.append(Recent(print_, key, line, self._now().timestamp()))

    def pile(self, chat: str, place: Place, pdu: str, key: str) -> Pile | None:
        """Put a part to its message; the whole pile when nothing is missing. It stays until `drop`."""
        number = str(place.number)
        for pile in self._piles:
            if _same(pile, chat, place) and pile.parts.get(number, pdu)[_BODY:] == pdu[_BODY:]:
                break
        else:
            pile = Pile(chat, place.reference, place.total, self._now().timestamp(), key)
            self._piles.append(pile)
        pile.parts[number] = pdu
        return pile if len(pile.parts) == pile.total else None

    def waits_for(self, chat: str, place: Place) -> bool:
        """Whether other parts of this message are here and not yet handed on."""
        return any(_same(pile, chat, place) for pile in self._piles)

    def drop(self, pile: Pile) -> None:
        """The pile has been handed on."""
        self._piles = [item for item in self._piles if item is not pile]

    def overdue(self) -> Sequence[Pile]:
        """Messages whose missing parts will hardly come."""
        since = (self._now() - PATIENCE).timestamp()
        return [pile for pile in self._piles if pile.since < since]

    # -- over restarts --

    def load(self, text: str) -> None:
        """Take up what was kept; a text that cannot be read is nothing."""
        try:
            state = json.loads(text or "{}")
            longs = [Long(**item) for item in state.get("longs", ())]
            piles = [Pile(**item) for item in state.get("piles", ())]
            recents = [Recent(**item) for item in state.get("recents", ())]
        except (ValueError, TypeError, AttributeError):
            return
        self._longs = {long.key: long for long in longs}
        self._of_id = {message_id: long for long in longs for message_id in long.ids}
        self._piles, self._recents = piles, recents

    def text(self) -> str:
        """What is to be kept."""
        moment = self._now()
        oldest, told = (moment - LIFE).timestamp(), (moment - DONE).timestamp()
        for long in list(self._longs.values()):
            if long.since < oldest or (long.delivered and long.since < told):
                self._forget(long)
        state = {
            "longs": [asdict(long) for long in self._longs.values()],
            "piles": [asdict(pile) for pile in self._piles],
            "recents": [asdict(recent) for recent in self._recents],
        }
        return json.dumps(state, separators=(",", ":"))

    async def flush(self) -> None:
        """Return when everything changed before this call is kept. Raises what `keep` raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._write(self._writing))
        await asyncio.shield(self._next)

    async def _write(self, before: asyncio.Task[None] | None) -> None:
        loop = asyncio.get_running_loop()
        if before is not None:
            await asyncio.wait([before])
            await asyncio.sleep(max(0.0, self._written + SPACING - loop.time()))
        self._writing, self._next = self._next, None
        self._written = loop.time()
        await self._keep(self.text())

    def _forget(self, long: Long | None) -> None:
        if long is None:
            return
        self._longs.pop(long.key, None)
        for message_id in long.ids:
            self._of_id.pop(message_id, None)


def _same(pile: Pile, chat: str, place: Place) -> bool:
    return (pile.chat, pile.reference, pile.total) == (chat, place.reference, place.total)


def _weight(signal: str) -> int:
    return {Signal.FAILED.value: 1, Signal.DELIVERED.value: 2}.get(signal, 0)
