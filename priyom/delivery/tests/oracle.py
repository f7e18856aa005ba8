"""What must become of deliveries, told slowly and without cleverness, and a gateway that remembers what it took. The
model's tests hold the real statements to these; nothing here is shared with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from priyom.contracts.card import AfterCrash
from priyom.contracts.errors import (
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Outgoing, Receipt

RUNG = {"": 0, "failed": 0, "uncertain": 0, "accepted": 1, "sent": 2, "delivered": 3, "read": 4, "answered": 5}
LATER = 0
"""The token of a word that belongs to no claim: a gateway's report, a patient's answer."""


@dataclass
class Row:
    """One delivery as it should be. `token` names the newest claim, and no two claims of the house share one."""

    rank: int
    due: datetime
    expires: datetime | None
    goal: str
    state: str = "waiting"
    signal: str = ""
    maybe: bool = False
    provider_id: str = ""
    token: int = -1
    claims: int = 0
    untried: int = 0
    doubted: bool = False
    """Some outcome of it was not known."""


class Oracle:
    """All deliveries, and the facts that should have been told since the last look."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.facts: Counter[tuple[int, str]] = Counter()
        self.told: Counter[tuple[int, str]] = Counter()
        self._tokens = 0

    def claimable(self, at: datetime, most: int) -> list[int]:
        """Who goes next: by rank, then age."""
        ready = [
            (row.rank, row.due, number)
            for number, row in self.rows.items()
            if row.state == "waiting" and row.due <= at and not (row.expires is not None and row.expires <= at)
        ]
        return [number for _, _, number in sorted(ready)][:most]

    def claim(self, number: int) -> int:
        """Taken into somebody's hands; the claim's token."""
        row = self.rows[number]
        assert row.state == "waiting"
        self._tokens += 1
        row.state, row.token, row.claims = "sending", self._tokens, row.claims + 1
        return self._tokens

    def cancel(self, number: int) -> bool:
        """Taken back while it waits; what may have left is uncertain."""
        row = self.rows[number]
        if row.state != "waiting":
            return False
        row.state = "cancelled"
        if row.maybe:
            row.signal = "uncertain"
        return True

    def put_back(self, number: int, token: int, due: datetime, maybe: bool, tried: bool) -> None:
        """Only what is in hand by this very claim goes back."""
        row = self.rows[number]
        if row.state != "sending" or row.token != token:
            return
        row.state = "waiting"
        row.due = max(row.due, due)
        row.maybe = row.maybe or maybe
        row.untried += not tried

    def settle(
        self, number: int, token: int, signal: str, code: str = "", state: str = "settled", provider_id: str = ""
    ) -> bool:
        """A word about it; True when it is news, and then it is told."""
        row = self.rows[number]
        if not self._is_news(row, token, signal, code):
            if row.token == token and RUNG[signal] > 0 and row.state != "waiting":
                row.provider_id = row.provider_id or provider_id  # the receipt of what was answered before
            return False
        row.state, row.signal, row.maybe = state, signal, row.maybe or signal == "uncertain"
        row.provider_id = provider_id or row.provider_id
        self.facts[number, signal] += 1
        if RUNG[signal] == 0 or RUNG[signal] >= RUNG[row.goal]:
            self.told[number, signal] += 1
        return True

    def _is_news(self, row: Row, token: int, signal: str, code: str) -> bool:
        took = RUNG[signal] > 0
        ours = token in (LATER, row.token)
        if row.state == "sending":
            return ours or took  # whichever claim it was: the vendor has it
        if row.state == "waiting":
            if code == "expired":
                return token == row.token
            return took and (row.maybe or RUNG[signal] >= RUNG["delivered"])
        if row.state == "cancelled":
            if signal == "failed":
                return row.signal == "uncertain" and ours
            return took and (row.signal == "uncertain" or RUNG[signal] > RUNG[row.signal])
        if row.signal == "failed":
            return RUNG[signal] >= RUNG["delivered"]
        if signal == "failed":
            if token == LATER:
                return RUNG[row.signal] < RUNG["delivered"]
            return row.signal == "uncertain" and ours
        if signal == "uncertain":
            return False
        return RUNG[signal] > RUNG[row.signal]


def forward(before: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether (state, signal) may have become that: the second opinion on the ladder, whatever the word was."""
    (old_state, old), (state, new) = before, after
    if old_state == "settled" and state != "settled":
        # who had it in hand tells late that it never left, for it was stale
        return (old, state, new) == ("uncertain", "cancelled", "failed")
    if RUNG[old] >= RUNG["delivered"]:
        return RUNG[new] >= RUNG[old]
    if RUNG[old] > 0:
        return RUNG[new] >= RUNG[old] or new == "failed"
    if old == "failed":
        return new == "failed" or RUNG[new] >= RUNG["delivered"]
    return new != "" or old == ""


TOOK = ("taken", "mute", "broken answer")
KNOWN = ("taken", "refused", "gone", "blocked", "busy", "slow", "misconfigured")
FATES = (*TOOK, *KNOWN[1:], "lost")
FINDS = ("ok", "busy", "mute")


class Gateway:
    """A vendor as `sender`: takes, refuses, loses or keeps silent as told by `fate`, and counts what it took."""

    def __init__(self, after_crash: AfterCrash) -> None:
        self._after_crash = after_crash
        self.ids: dict[int, list[str]] = {}
        self.called_failed: set[int] = set()
        """Of these it said later that they did not arrive."""
        self.fate = "taken"
        self.finds = "ok"
        self.sends = 0

    def got(self, number: int) -> int:
        """How many messages of this delivery stand on the phone."""
        return len(self.ids.get(number, ()))

    async def find(self, http: Any, account: Any, letter: Outgoing) -> Receipt | None:
        """What is known of the key."""
        if self.finds == "busy":
            raise Unavailable("занят")
        if self.finds == "mute":
            raise Uncertain("молчит")
        number = _number(letter)
        return Receipt(self.ids[number][0]) if number in self.ids else None

    async def send(self, http: Any, account: Any, letter: Outgoing) -> Receipt:
        """One request."""
        self.sends += 1
        number = _number(letter)
        self._refuse_unless_taken(number)
        if self.fate != "lost" and not (self._after_crash is AfterCrash.SAME_KEY and number in self.ids):
            self.ids.setdefault(number, []).append(f"g{number}.{len(self.ids.get(number, ()))}")
        if self.fate == "broken answer":
            raise ValueError("не разобрать")
        if self.fate in ("lost", "mute"):
            raise Uncertain("нет ответа")
        return Receipt(self.ids[number][-1])

    def _refuse_unless_taken(self, number: int) -> None:
        if self.fate == "busy":
            raise Unavailable("занят")
        if self.fate == "slow":
            raise Throttled("помедленнее", 30.0)
        if self.fate == "misconfigured":
            raise Misconfigured("ключ отозван")
        if self._after_crash is AfterCrash.SAME_KEY and number in self.ids:
            return  # it has the key already and answers as it did then
        if self.fate == "refused":
            raise Rejected("отказ", "expired")  # vendors call things as they like
        if self.fate == "gone":
            raise NotReachable("нет такого")
        if self.fate == "blocked":
            raise OptedOut("закрыл")


def _number(letter: Outgoing) -> int:
    return int(letter.key.removeprefix("d"))
