"""How each approved template of an account is built: its places and buttons, learned from the vendor and remembered.

A request has to fill exactly the variable parts a template has, and only the vendor knows them (a template may have
been made in its cabinet). The list is asked for once an hour: the management API allows about 200 calls an hour.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from priyom.contracts.channel import Account
from priyom.contracts.errors import Rejected
from priyom.foundation.http import Http

FRESH = 3600.0
AGAIN = 60.0
"""Seconds a list stays good, and after which a name not found is looked for again."""

Fetch = Callable[[Http, Account], Awaitable[Sequence[Mapping[str, Any]]]]


@dataclass(frozen=True, slots=True)
class ShapeButton:
    """QUICK_REPLY, URL, OTP or another kind. `prefix`: what stands before a link's variable part; None: it has none."""

    kind: str
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of the places in the body, in order, whether they are sent by name, and the buttons."""

    places: tuple[str, ...] = ()
    named: bool = False
    buttons: tuple[ShapeButton, ...] = ()


@dataclass(slots=True)
class _Known:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    at: float = 0.0
    shapes: dict[tuple[str, str], Shape] = field(default_factory=dict)


_known: WeakKeyDictionary[Http, dict[Account, _Known]] = WeakKeyDictionary()


async def shape_of(http: Http, account: Account, name: str, language: str, fetch: Fetch) -> Shape:
    """The template's shape. Raises Rejected when the vendor has none of that name in that language, and what `fetch`
    raises."""
    known = _known.setdefault(http, {}).setdefault(account, _Known())
    async with known.lock:
        age = time.monotonic() - known.at if known.at else FRESH
        if age >= FRESH or ((name, language) not in known.shapes and age >= AGAIN):
            items = await fetch(http, account)
            known.shapes = {(str(i.get("name")), str(i.get("language"))): read_shape(i) for i in items}
            known.at = time.monotonic()
    if (name, language) not in known.shapes:
        raise Rejected(f"Шаблона «{name}» на языке {language} нет в WhatsApp", "132001")
    return known.shapes[name, language]


def forget(http: Http, account: Account) -> None:
    """Ask the vendor anew at the next need: a template was handed in, or turned out to be built otherwise."""
    _known.get(http, {}).pop(account, None)


def read_shape(item: Mapping[str, Any]) -> Shape:
    """The shape of one template as the vendor lists it; parts that cannot be read count as absent."""
    places: tuple[str, ...] = ()
    buttons: tuple[ShapeButton, ...] = ()
    components = item.get("components")
    for part in components if isinstance(components, list) else []:
        kind = str(part.get("type", "")).upper() if isinstance(part, dict) else ""
        if kind == "BODY":
            places = tuple(dict.fromkeys(re.findall(r"\{\{\s*(\w+)\s*\}\}", str(part.get("text", "")))))
        elif kind == "BUTTONS" and isinstance(part.get("buttons"), list):
            buttons = tuple(_button(b) for b in part["buttons"] if isinstance(b, dict))
    named = str(item.get("parameter_format", "")).upper() == "NAMED"
    return Shape(places if named else tuple(sorted(places, key=_number)), named, buttons)


def _button(button: Mapping[str, Any]) -> ShapeButton:
    kind, url = str(button.get("type", "")).upper(), str(button.get("url", ""))
    if kind == "OTP" or "otp_type=" in url:
        return ShapeButton("OTP")
    if kind == "URL" and "{{" in url:
        return ShapeButton(kind, url.partition("{{")[0])
    return ShapeButton(kind)


def _number(place: str) -> int:
    return int(place) if place.isdecimal() else 0
