"""What happens to deliveries and channel accounts."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.journal.record import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettled(Recorded):
    """Something new is known of a delivery. Rooms above are called only for an end (failed, uncertain) or a signal that
    reaches the goal the delivery was ordered with. `code` is the vendor's, or ours: `expired`, `stale`."""

    delivery_id: int
    origin: str
    origin_id: int | None = None
    signal: str
    code: str = ""
    evidence: str = ""
    uncertain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealthChanged(Recorded):
    """A channel account went `ok`, `down` or `broken`; `why` is for people."""

    account_id: int
    health: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherChanged(Recorded):
    """An account's weather has turned, as a whole or for one country's numbers: 0 fair, 1 rough, 2 storm."""

    spell_id: int
    account_id: int
    place: str
    level: int
    was: int
