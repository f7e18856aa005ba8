"""Finds the channels: every folder of `priyom/channels` with a card. Nobody imports a channel by name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from priyom.contracts.card import Card
from priyom.contracts.channel import Channel, Listener, Receiver, Sender
from priyom.contracts.emulator import Emulator, World

FOLDERS = [Path(__file__).parent.parent / "channels"]
"""Where channels stand; a test may add a folder of its own (and put it on the path of `priyom.channels`)."""


class NoSuchChannel(KeyError):
    """No folder of that name."""


@cache
def names() -> tuple[str, ...]:
    """Keys of all channels, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(map(str, FOLDERS)) if m.ispkg))


@cache
def card(key: str) -> Card:
    """The card alone, without loading what sends and receives. Raises NoSuchChannel."""
    if key not in names():
        raise NoSuchChannel(key)
    return cast(Card, import_module(f"priyom.channels.{key}").CARD)


@cache
def channel(key: str) -> Channel:
    """The channel of that folder. Raises NoSuchChannel."""
    its, folder = card(key), f"priyom.channels.{key}"
    return Channel(
        its,
        cast(Sender, import_module(f"{folder}.send")),
        cast(Receiver, import_module(f"{folder}.receive")),
        cast(Listener, import_module(f"{folder}.listen")) if its.listens else None,
    )


def cards() -> tuple[Card, ...]:
    """The cards of all channels."""
    return tuple(card(name) for name in names())


def family(key: str) -> frozenset[str]:
    """Keys of the channels that are one way to a person: of the same sort, to the same kind of address (two gateways
    for SMS). A channel whose folder is gone is alone."""
    if key not in names():
        return frozenset((key,))
    its = card(key)
    return frozenset(c.key for c in cards() if (c.sort, c.contact_kind) == (its.sort, its.contact_kind))


def emulator(key: str, world: World) -> Emulator:
    """The channel's fake vendor, for the sandbox and for tests."""
    if key not in names():
        raise NoSuchChannel(key)
    made = import_module(f"priyom.channels.{key}.emulator").make(world)
    return cast(Emulator, made)
