"""Balances the books: what was ordered, what stands on the phones, what the clinic believes. Every message is one of:
fine, lost, twice, or listed as a doubt; lost, and twice without a word, are the program's faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from journeys.chaos.home import Home

ROWS = """
SELECT d.origin_id, d.body ->> 'text', d.state, d.signal, d.code, coalesce(doubt.kind, ''), coalesce(doubt.resolved, '')
FROM delivery_delivery d LEFT JOIN delivery_doubt doubt ON doubt.delivery_id = d.id
WHERE d.account_id = %s AND d.op = 'send' AND d.origin = 'system' AND d.origin_id > %s ORDER BY d.id
"""
STANDS = ("accepted", "sent", "delivered", "read", "answered")


@dataclass(frozen=True, slots=True)
class Line:
    """One message in the books. `arrived`: how often it stands on the phone."""

    number: int
    text: str
    state: str
    signal: str
    code: str
    doubt: str
    resolved: str
    arrived: int

    def verdict(self, after_crash: str) -> str:
        """fine, listed, lost, twice, or what else is wrong. A doubt is no excuse where the truth can be had."""
        if self.state not in ("settled", "cancelled"):
            return "lost"
        if self.arrived > 1:
            return "listed" if after_crash == "UNKNOWN" and self.doubt == "twice" else "twice"
        if self.signal == "uncertain":
            return "listed" if after_crash == "UNKNOWN" and self.doubt else "unlisted doubt"
        if self.signal in STANDS:
            return "fine" if self.arrived else "lost"
        return "told as failed, but arrived" if self.arrived else "fine"


@dataclass(slots=True)
class Balance:
    """The verdicts of one channel by the number of the kill, and the lines that are wrong."""

    verdicts: dict[int, Counter[str]] = field(default_factory=dict)
    wrong: list[Line] = field(default_factory=list)


def balance(home: Home, channel: str, ordered: dict[int, int], since: int = 0) -> Balance:
    """The books of one channel. `ordered`: how many messages each number ordered; those up to `since` are left out."""
    arrived = home.arrived().get(channel, {})
    made = Balance({number: Counter() for number in ordered})
    for row in home.rows(ROWS, home.accounts[channel], since):
        number, text, state, signal, code, doubt, resolved = row
        line = Line(number, text, state, signal, code, doubt, resolved, arrived.get(text, 0))
        verdict = line.verdict(home.after_crash[channel])
        made.verdicts[line.number][verdict] += 1
        if verdict not in ("fine", "listed"):
            made.wrong.append(line)
    for number, many in ordered.items():
        missing = many - sum(made.verdicts[number].values())
        if missing:
            made.verdicts[number]["lost"] += missing
            made.wrong.append(Line(number, f"{missing} ordered, not in the books", "", "", "", "", "", 0))
    return made


def total(verdicts: Iterable[Counter[str]]) -> Counter[str]:
    """All together."""
    found: Counter[str] = Counter()
    for one in verdicts:
        found.update(one)
    return found
