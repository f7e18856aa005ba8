"""What the loops find."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerFound(Recorded):
    """Something had no next action, or one too many, and was put right. The count of these should be 0."""

    what: str
    repaired: str
