"""Decisions about strangers: how often what may be done, which numbers get a code, who may frame the chat. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many times within a window."""

    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """One sort of deed: by one visitor, from one address, and on the whole account. Addresses are shared by whole
    towns of mobile phones, so theirs are wide; what costs money has narrow ones."""

    visitor: Limit | None
    address: Limit
    account: Limit


COME = Limits(None, Limit(30, HOUR), Limit(1200, HOUR))
POST = Limits(Limit(60, MINUTE), Limit(300, MINUTE), Limit(3000, MINUTE))
SAY = Limits(Limit(20, MINUTE), Limit(100, MINUTE), Limit(600, MINUTE))
READ = Limits(Limit(120, MINUTE), Limit(1200, MINUTE), Limit(12000, MINUTE))
UPLOAD = Limits(Limit(20, HOUR), Limit(60, HOUR), Limit(300, HOUR))
GO_ON = Limits(Limit(10, HOUR), Limit(60, HOUR), Limit(1000, HOUR))
CODE = Limits(Limit(3, HOUR), Limit(10, HOUR), Limit(300, DAY))
CODES_TO_NUMBER = Limit(3, HOUR)
CODES_TO_NUMBER_A_DAY = Limit(5, DAY)

CODE_DIGITS = 5
CODE_TRIES = 3
CODE_LIVES = timedelta(minutes=10)
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-fA-F:]+")
_MOBILE = re.compile(r"\+7[79][0-9]{9}")


def gets_code(phone: str) -> bool:
    """Only mobile numbers of Russia and Kazakhstan (E.164): a stranger must not make the clinic write to expensive
    numbers abroad."""
    return _MOBILE.fullmatch(phone) is not None


def network(address: str) -> str:
    """What counts as one address: of IPv6 the network of one household. '' for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return found.exploded[:19] if found.ipv4_mapped is None else str(found.ipv4_mapped)
    return str(found)


def origins(site_url: str) -> Sequence[str]:
    """Origins whose pages may frame the chat: the site with and without `www.`; none for what is no address."""
    try:
        parts = urlsplit(site_url)
        port = parts.port
    except ValueError:
        return ()
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        return ()
    host = str(parts.hostname)
    shown = f"[{host}]" if ":" in host else host
    names = [shown]
    if re.search(r"[A-Za-z-]$", host) and "." in host:
        names.append(shown.removeprefix("www.") if host.startswith("www.") else f"www.{shown}")
    return tuple(f"{parts.scheme}://{name}{f':{port}' if port else ''}" for name in names)
