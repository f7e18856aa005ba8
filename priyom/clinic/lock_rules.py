"""How long nobody may try to sign in after tries that failed. Pure: times in, times out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

FIRST = timedelta(minutes=1)
"""The first pause; each further failure doubles it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """So many failures cost nothing, one is forgotten every `forgets`, and no pause is longer than `longest`."""

    free: int
    forgets: timedelta
    longest: timedelta


FOR_LOGIN = Patience(free=4, forgets=timedelta(minutes=30), longest=timedelta(minutes=30))
FOR_ADDRESS = Patience(free=40, forgets=timedelta(minutes=1), longest=timedelta(minutes=15))
"""A clinic stands behind one address: fifty people mistype there every morning."""


def remaining(failures: int, last_at: datetime, at: datetime, patience: Patience) -> int:
    """Failures that still count at `at`."""
    return max(0, failures - int((at - last_at) / patience.forgets)) if at > last_at else failures


def pause(failures: int, patience: Patience) -> timedelta:
    """How long nobody may try after that many failures; zero while they are free."""
    over = failures - patience.free
    if over <= 0:
        return timedelta(0)
    return min(patience.longest, FIRST * (1 << min(over - 1, 10)))


def household(address: str) -> str:
    """What counts as one address: of IPv6 the network of one household. '' for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return found.exploded[:19] if found.ipv4_mapped is None else str(found.ipv4_mapped)
    return str(found)


def spelled(login: str) -> str:
    """A login name as it is counted: however it was typed."""
    return login.strip().casefold()[:150]
