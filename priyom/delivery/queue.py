"""The order of what one pump has in hand: by rank, the oldest of a rank first; of one chat one message at a time, none
before an earlier one is through, and no more than the vendor allows a chat. Pure memory; `time` is a monotonic clock's.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

from priyom.delivery.attempt import Claimed
from priyom.delivery.models import Op, Rank

FORGET_OVER = 10_000
"""So many chats are remembered before those that are free again are forgotten."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A chat that waits for another try of one of its messages."""

    rank: int
    number: int
    until: float


class Queue:
    """`every` is the vendor's least number of seconds between two messages to one chat (0: no limit), `burst` how many
    may go at once after a rest."""

    def __init__(self, every: float = 0.0, burst: int = 1) -> None:
        self.every, self.burst = every, burst
        self._ranks: tuple[deque[Claimed], ...] = tuple(deque() for _ in Rank)
        self._ready = 0
        self._parked: dict[str, deque[Claimed]] = {}
        self._busy: set[str] = set()
        self._held: dict[str, Hold] = {}
        self._spent: dict[str, float] = {}
        self._opens: list[tuple[float, str]] = []

    def __len__(self) -> int:
        """Everything not yet taken."""
        return self._ready + sum(map(len, self._parked.values()))

    @property
    def ready(self) -> int:
        """How many may be taken now, as far as is known."""
        return self._ready

    def put(self, item: Claimed) -> None:
        """One more. Items of one rank and chat are put in the order in which they shall leave."""
        if item.op != Op.PRESS and item.address in self._parked:
            self._parked[item.address].append(item)
        else:
            self._ranks[item.rank].append(item)
            self._ready += 1

    def take(self, time: float) -> Claimed | None:
        """The next one that may leave; its chat is busy until `done`. None: nothing is ready."""
        self.look(time)
        for rank in self._ranks:
            while rank:
                item = rank.popleft()
                self._ready -= 1
                if item.op == Op.PRESS:
                    return item
                if self._may(item.address, time):
                    self._busy.add(item.address)
                    return item
                self._parked.setdefault(item.address, deque()).append(item)
        return None

    def done(self, item: Claimed, time: float) -> None:
        """What became of this one is known: the next of its chat may leave, when the limit allows."""
        if item.op == Op.PRESS:
            return
        self._busy.discard(item.address)
        if item.address in self._parked:
            heapq.heappush(self._opens, (self._free_at(item.address, time), item.address))
            self.look(time)

    def hold(self, address: str, rank: int, number: int, until: float) -> list[Claimed]:
        """A message of this chat is tried again at `until`: what is behind it comes out, to be given back. A word that
        is of a higher rank does not wait for it."""
        self._held[address] = Hold(rank, number, until)
        behind = []
        for line in (*self._ranks[rank : Rank.BULK + 1], self._parked.get(address, ())):
            behind += [item for item in line if self._is_behind(item)]
        for item in behind:
            self.remove(item)
        return behind

    def held(self, item: Claimed, time: float) -> float:
        """Seconds for which this one must not go, because an earlier one of its chat is to be tried again; 0: it may.
        When that one comes, the hold is over."""
        hold = self._held.get(item.address)
        if hold is None:
            return 0.0
        if hold.until <= time or hold.number == item.id:
            del self._held[item.address]
            return 0.0
        return hold.until - time if self._is_behind(item) else 0.0

    def _is_behind(self, item: Claimed) -> bool:
        hold = self._held.get(item.address)
        return hold is not None and item.rank >= hold.rank and item.id > hold.number and item.op != Op.PRESS

    def remove(self, item: Claimed) -> None:
        """Take out one that is not to leave."""
        parked = self._parked.get(item.address)
        if parked and item in parked:
            parked.remove(item)
            if not parked:
                del self._parked[item.address]
        else:
            self._ranks[item.rank].remove(item)
            self._ready -= 1

    def wait(self, time: float) -> float | None:
        """Seconds until a chat's limit lets another one go; None when no chat waits for that."""
        return max(0.0, self._opens[0][0] - time) if self._opens else None

    def items(self) -> list[Claimed]:
        """Everything not yet taken."""
        return [item for line in (*self._ranks, *self._parked.values()) for item in line]

    def drain(self) -> list[Claimed]:
        """Everything not yet taken, taken out."""
        found = self.items()
        for rank in self._ranks:
            rank.clear()
        self._parked.clear()
        self._opens.clear()
        self._ready = 0
        return found

    def _may(self, address: str, time: float) -> bool:
        """Whether the chat is free; when its limit forbids it, it is looked at again as soon as that is over."""
        if address in self._busy or address in self._parked:
            return False
        if self.every <= 0:
            return True
        opens = self._free_at(address, time)
        if opens > time:
            heapq.heappush(self._opens, (opens, address))
            return False
        # A bucket kept as one number: when it will be full again.
        self._spent[address] = max(self._spent.get(address, 0.0), time) + self.every
        if len(self._spent) > FORGET_OVER:
            self._spent = {chat: full for chat, full in self._spent.items() if full > time}
        return True

    def _free_at(self, address: str, time: float) -> float:
        return max(time, self._spent.get(address, 0.0) - self.every * (self.burst - 1)) if self.every else time

    def look(self, time: float) -> None:
        """Let those go on whose chat is free again."""
        while self._opens and self._opens[0][0] <= time:
            _, address = heapq.heappop(self._opens)
            if address in self._busy:
                continue
            parked = self._parked.pop(address, ())
            for item in reversed(parked):
                self._ranks[item.rank].appendleft(item)
            self._ready += len(parked)
