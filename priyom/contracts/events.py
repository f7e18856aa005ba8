"""What a gateway tells us, understood by its edge. Moments are UTC; addresses are as the card names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from priyom.contracts.message import Signal
from priyom.contracts.vitals import Registered, Vitals


@dataclass(frozen=True, slots=True)
class Reported:
    """A status report of a delivery, found by `provider_id`. `evidence` is the vendor's word for it."""

    provider_id: str
    signal: Signal
    evidence: str
    at: datetime | None = None
    code: str = ""
    gone: bool = False
    """The address itself is dead (no such number, no such mailbox), not only this message."""
    key: str = ""
    """Our own key of the attempt, where the vendor gives it back: finds a delivery whose answer was lost."""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file somebody sent; `ref` is what the channel needs to fetch it."""

    name: str
    mime: str
    ref: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A person wrote. `reply_to` is the provider id of the message answered, where the channel knows it."""

    address: str
    text: str
    provider_id: str
    at: datetime | None = None
    name: str = ""
    reply_to: str = ""
    files: tuple[IncomingFile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Pressed:
    """A person pressed a button. `press_id` lets the channel stop the button's spinner (`answer_press`)."""

    address: str
    payload: str
    press_id: str
    provider_id: str = ""
    at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A person opened the clinic's bot; `payload` is the deep link's token, where there was one."""

    address: str
    payload: str = ""
    at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person blocked or stopped the bot. `how` is the vendor's word."""

    address: str
    how: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Muted:
    """A person muted the dialog until `until` (None: no longer muted)."""

    address: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SharedPhone:
    """A person shared a contact card. `proven`: the vendor vouches that the number is the sender's own."""

    address: str
    phone: str
    proven: bool
    provider_id: str = ""
    at: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """A person has read everything of ours in this chat up to the message `provider_id`."""

    address: str
    provider_id: str
    evidence: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Typing:
    """A person is writing to us now."""

    address: str


@dataclass(frozen=True, slots=True)
class AlsoKnownAs:
    """The vendor says that `alias` is the same person as `address` (a number and a vendor's own id of one person)."""

    address: str
    alias: str


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """A registered template changed its standing at the vendor."""

    template: Registered


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The vendor told how the account stands. `trouble` says, for people, why it can no longer send; '' when it can."""

    vitals: Vitals
    trouble: str = ""


Event = (
    Reported | Said | Pressed | Started | Stopped | Muted | SharedPhone | ReadUpTo | Typing | AlsoKnownAs
    | TemplateChanged | AccountChanged
)  # fmt: skip
