"""Short cuts of these tests: a stage with one person, messages in and out of the window, what was reported."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from priyom.channels.whatsapp.emulator import Emulator
from priyom.contracts.channel_suite import Stage
from priyom.contracts.events import Event, Reported
from priyom.contracts.message import File, Message, Outgoing, Receipt, Signal, Template
from priyom.foundation.clock import now

ANNA = "+77011234567"
BEK = "+77051234567"
HIDDEN = "KZ.13491208655302741918"
PDF = File("Памятка.pdf", "application/pdf", b"%PDF-1.4 made up")
JPEG = File("снимок.jpg", "image/jpeg", b"\xff\xd8 made up \xff\xd9")


def fake(stage: Stage) -> Emulator:
    """The emulator with all it can do."""
    return cast(Emulator, stage.emulator)


def inside(message: Message | str, address: str = ANNA, **more: Any) -> Outgoing:
    """An attempt while the window is open."""
    return outside(message, address, window_until=now() + timedelta(hours=1), **more)


def outside(message: Message | str, address: str = ANNA, **more: Any) -> Outgoing:
    """An attempt while it is not."""
    return Outgoing("k1", address, Message(message) if isinstance(message, str) else message, **more)


def reminder(*values: str) -> Template:
    """The template that the tests hand in."""
    return Template("visit_reminder", "ru", values or ("Анна", "10:30"))


async def send(stage: Stage, outgoing: Outgoing) -> Receipt:
    """Send once."""
    return await stage.channel.sender.send(stage.http, stage.account, outgoing)


def signals(events: list[Event], provider_id: str) -> list[Signal]:
    """What was reported of one message, in order."""
    return [event.signal for event in events if isinstance(event, Reported) and event.provider_id == provider_id]
