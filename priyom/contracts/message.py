"""What goes out to one person and what comes back of it, the same for every channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Signal(StrEnum):
    """What has been learned of a delivery: the ladder accepted < sent < delivered < read < answered, or an end."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"

    @property
    def rung(self) -> int:
        """Place on the ladder from 1 (accepted) to 5 (answered); failed and uncertain stand below it, at 0."""
        return LADDER.index(self) + 1 if self in LADDER else 0


LADDER: tuple[Signal, ...] = (
    Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ, Signal.ANSWERED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message. `payload` (ASCII, at most 64) comes back in `Pressed`; `url` is a link instead."""

    label: str
    payload: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to send: name with extension, MIME type, content."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text (no markup), and what hangs on it. `subject` is for mail. `rows` hold buttons as they shall stand.

    `ask_contact` is the label of a button by which the person shares the own phone number; a channel
    whose card does not carry it ignores it.
    """

    text: str
    subject: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()
    files: tuple[File, ...] = ()
    ask_contact: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What the text was made of: its kind (`reminder_24h`), language (`ru`, `kk`) and the value of each variable by
    its name (`visit.local_time`: `14:00`). For channels that speak it, or send it as a registered template."""

    kind: str
    language: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """A text the vendor has approved: its name and language there, and the values of its places 1, 2, ... in order."""

    name: str
    language: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One attempt. `key` is ours, the same on every retry (ASCII, at most 32); `valid_for` is in seconds.

    `quiet` asks for no sound. `unsubscribe_url` is for mail. `reply_to` is the provider id of the message it quotes
    (card.replies). `template` is the approved template that says the same, where there is one (card.templates).
    `window_until`: until then the person may be written to in free words (card.window); None: no open window.
    """

    key: str
    address: str
    message: Message
    quiet: bool = False
    valid_for: int | None = None
    unsubscribe_url: str = ""
    reply_to: str = ""
    wording: Wording | None = None
    template: Template | None = None
    window_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the gateway said when it took the message. `provider_id` is what its later reports will name."""

    provider_id: str
    signal: Signal = Signal.ACCEPTED
    cost: Decimal | None = None
    currency: str = ""
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A delivery whose last word is old: the vendor is asked what became of it. `key` is ours, `sent_at` is UTC."""

    provider_id: str
    key: str
    address: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a message that already stands: the new text and buttons (none removes the keyboard)."""

    address: str
    provider_id: str
    message: Message
