"""What the fake SMS centre holds: the phones, the messages that stand on them, and every part taken with its fate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from priyom.channels.smpp.text import decoded
from priyom.contracts.emulator import NoSuchPhone, Phone, PhoneMessage
from priyom.foundation.phone import BadPhone, normalize

ENROUTE, DELIVERED, UNDELIVERABLE = 1, 2, 5


@dataclass(slots=True)
class Taken:
    """One submit_sm that was accepted; `octets` (hex) until it stands on the phone."""

    number: int
    phone: str
    sender: str
    at: str
    state: int
    error: int
    reference: int = 0
    total: int = 1
    part: int = 1
    octets: str = ""
    coding: int = 0

    @property
    def stamp(self) -> str:
        """When it was taken, as SMPP writes it: YYMMDDhhmmss."""
        return datetime.fromisoformat(self.at).strftime("%y%m%d%H%M%S")


@dataclass(slots=True)
class Shown:
    """A message as it stands on a phone."""

    id: str
    phone: str
    at: str
    direction: str
    text: str
    sender: str


@dataclass(slots=True)
class Centre:
    """All of it; `dump` gives what `load` takes."""

    phones: dict[str, Phone] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    next: int = 1000001

    def number(self) -> int:
        """A new id."""
        self.next += 1
        return self.next - 1

    def phone(self, address: str) -> Phone:
        """Raises NoSuchPhone."""
        try:
            return self.phones[normalize(address)]
        except (BadPhone, KeyError):
            raise NoSuchPhone(address) from None

    def messages(self, address: str) -> list[PhoneMessage]:
        """SMS from and to the clinic. Raises NoSuchPhone."""
        phone = self.phone(address)
        return [
            PhoneMessage(item.id, datetime.fromisoformat(item.at), item.direction, item.text, sender=item.sender)
            for item in self.shown
            if item.phone == phone.address
        ]

    def last_sender(self, phone: str) -> str:
        """Who wrote to this phone last; '' when nobody has."""
        incoming = (item for item in reversed(self.shown) if item.direction == "in")
        return next((item.sender for item in incoming if item.phone == phone), "")

    def keep(self, taken: Taken) -> str | None:
        """Keep a part; the message's text when this part was the last one missing."""
        self.taken.append(taken)
        if taken.state != DELIVERED:
            return None
        found = {item.part: item for item in self.taken if _together(item, taken)} if taken.total > 1 else {1: taken}
        if len(found) < taken.total:
            return None
        octets = b"".join(bytes.fromhex(found[part].octets) for part in sorted(found))
        for item in found.values():
            item.octets = ""  # a later message with the same reference begins anew
        return decoded(octets, taken.coding)

    def dump(self) -> dict[str, Any]:
        """All, as JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Centre:
        """Out of what `dump` gave."""
        return cls(
            {address: Phone(**item) for address, item in state["phones"].items()},
            [Shown(**item) for item in state["shown"]],
            [Taken(**item) for item in state["taken"]],
            state["next"],
        )


def _together(one: Taken, other: Taken) -> bool:
    """Whether two parts belong to one message that does not stand on the phone yet."""
    return (one.phone, one.sender, one.reference, one.total, one.state, bool(one.octets)) == (
        other.phone, other.sender, other.reference, other.total, DELIVERED, True,
    )  # fmt: skip
