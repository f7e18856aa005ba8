"""What a channel's fake vendor must be able to do, so that the sandbox can show phones and tests can drive them.

An emulator is as strict as the vendor: it refuses what the vendor refuses, with the vendor's words. It runs inside one
asyncio loop of the sandbox server (or of a test), keeps its state in memory and can dump and load it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from priyom.contracts.message import File

if TYPE_CHECKING:  # only the sandbox serves, and the server's library takes a worker a fifth of a second to load
    from aiohttp import web


class Mode(StrEnum):
    """How the gateway behaves."""

    OK = "ok"
    DOWN = "down"  # refuses: the connection breaks before anything is taken (or 502/503)
    SLOW = "slow"  # answers after three seconds
    THROTTLE = "throttle"  # the vendor's own «too many requests»
    HANG = "hang"  # takes the message and never answers
    LOSE = "lose"  # answers as ever, but nothing reaches a phone and no report ever comes of what was taken


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook call the emulator wants made."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    content_type: str = "application/json"


class World(Protocol):
    """What surrounds an emulator."""

    def now(self) -> datetime:
        """The present moment of the one clock."""

    async def call(self, hook: Hook) -> int:
        """POST the hook once; the HTTP status, or 0 when no answer came. Loopback only."""

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` soon in the background; the clock is not turned on while any is pending."""

    def changed(self, kind: str, address: str) -> None:
        """A phone's picture has changed: whoever looks at it is told."""


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """A message as the person sees it. direction `in`: it came to the phone; `out`: the person sent it."""

    id: str
    at: datetime
    direction: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    """(id, label) of each button that can be pressed."""
    edited: bool = False
    files: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""
    quoted: str = ""
    """The id of the message it answers."""


@dataclass(slots=True)
class Phone:
    """A person's side of one channel."""

    address: str
    name: str
    started: bool = False
    blocked: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


class NoSuchPhone(KeyError):
    """Nobody has this address here."""


class Impossible(ValueError):
    """The person cannot do this here (press a button that is gone, write before Start); the text says why."""


class Emulator(Protocol):
    """`make(world)` of a channel's `emulator.py` returns one."""

    channel: str
    contact_kind: str
    mode: Mode

    def routes(self) -> list[web.AbstractRouteDef]:
        """HTTP routes, all under `/<channel>/`. A channel without HTTP has none and listens in `start`."""

    async def start(self) -> None:
        """Open own listeners (loopback)."""

    async def stop(self) -> None:
        """Close them."""

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """Settings (by the card's names) of an account that this emulator honours; `base_url` is the sandbox's."""

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Where to call for that account, as if its webhook had been registered in the vendor's cabinet."""

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone. Makes no noise: `started` states that Start was pressed some time ago."""

    def phones(self) -> list[Phone]:
        """All phones."""

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat with the clinic, oldest first. Raises NoSuchPhone."""

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a button. Raises NoSuchPhone, Impossible."""

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text to the clinic, perhaps with files. Raises NoSuchPhone; Impossible where nobody can write, or no
        files can be sent."""

    async def start_chat(self, address: str, payload: str) -> None:
        """Open the bot, by a deep link when `payload` is given. Channels without bots raise Impossible."""

    async def share_phone(self, address: str, phone: str) -> None:
        """Press the contact button. Channels without one raise Impossible."""

    async def block(self, address: str, blocked: bool) -> None:
        """Block the clinic (or let it in again); on channels without blocking the number or mailbox dies."""

    def dump(self) -> dict[str, Any]:
        """All state, as JSON can carry it."""

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
