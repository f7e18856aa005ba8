"""What scenarios decide that others may want to see."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Recorded):
    """A scenario's run came to an end; `outcome` is for people."""

    run_id: int
    scenario: str
    outcome: str
