"""What changes in consents."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(Recorded):
    """A consent was given or withdrawn; channel '' means every channel."""

    purpose: str
    channel: str
    given: bool
    source: str
