"""What the fake WhatsApp remembers: numbers of clinics, templates, people with their chats, files."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

WINDOW = timedelta(hours=24)
DEMO_NUMBER = "100000000000001"
DEMO_BUSINESS = "200000000000001"
DEMO_TOKEN = "EAADEMOpriyom0demo0token0made0up"
DEMO_SECRET = "demo0app0secret0made0up000000000"
DEMO_KEY = "demo-360dialog-key-made-up"
ANY = "*"
"""Stands for every number, where a phone is laid out as of somebody who has written before."""
PREFIXES = (("+77", "KZ"), ("+76", "KZ"), ("+7", "RU"))


@dataclass(slots=True)
class Number:
    """A clinic's number, at Meta (token, app secret) and at 360dialog (key). `reached`: address -> when first written
    to outside a window; `spent`: moments of requests, for the throughput."""

    id: str
    business: str
    token: str
    app_secret: str
    key: str = ""
    display: str = "+7 727 000 00 00"
    name: str = "Клиника «Пример»"
    quality: str = "GREEN"
    tier: str = "TIER_2K"
    hook_url: str = ""
    hook_headers: dict[str, str] = field(default_factory=dict)
    signs: bool = True
    reached: dict[str, float] = field(default_factory=dict)
    spent: list[float] = field(default_factory=list)
    free_service: dict[str, int] = field(default_factory=dict)

    @property
    def digits(self) -> str:
        """The number as webhooks write it."""
        return "".join(c for c in self.display if c.isdecimal())


@dataclass(slots=True)
class Pattern:
    """A template of a business account."""

    id: str
    business: str
    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    status: str = "PENDING"
    reason: str = "NONE"
    format: str = "POSITIONAL"
    ttl: int = 0

    def component(self, kind: str) -> dict[str, Any]:
        """Its BODY, BUTTONS, ...; empty when it has none."""
        return next((part for part in self.components if str(part.get("type")).upper() == kind), {})

    @property
    def places(self) -> list[str]:
        """The variable parts of the body, each once."""
        return list(dict.fromkeys(re.findall(r"\{\{\s*(\w+)\s*\}\}", str(self.component("BODY").get("text", "")))))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Its buttons, in order."""
        return list(self.component("BUTTONS").get("buttons", []))

    def listed(self) -> dict[str, Any]:
        """As the API lists it."""
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "rejected_reason": self.reason,
            "parameter_format": self.format,
            "components": self.components,
        }


@dataclass(slots=True)
class Letter:
    """One message of a chat. `buttons`: label and payload of what can be pressed, `kind` says how it comes back."""

    id: str
    number: str
    at: float
    direction: str
    text: str
    kind: str = "text"
    category: str = "service"
    buttons: list[dict[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    context: str = ""
    key: str = ""
    status: str = "accepted"
    hidden: bool = False
    events: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True)
class Stored:
    """A file that somebody sent, or that a clinic laid down."""

    mime: str
    name: str
    content: str
    at: float

    def bytes(self) -> bytes:
        """The content."""
        return base64.b64decode(self.content)

    def digest(self) -> str:
        """As webhooks write it."""
        return base64.b64encode(sha256(self.bytes()).digest()).decode()


@dataclass(slots=True)
class Person:
    """A phone with its chat. `wrote`: number -> when the person last wrote there; `pair`: how many
    messages they may get at once, and when that was counted."""

    phone: Phone
    user_id: str
    letters: list[Letter] = field(default_factory=list)
    wrote: dict[str, float] = field(default_factory=dict)
    pair: tuple[float, float] = (0.0, 0.0)
    no_marketing: bool = False

    @property
    def wa_id(self) -> str:
        """The number as webhooks write it; '' for people who hide it."""
        return self.phone.address.removeprefix("+") if self.phone.address.startswith("+") else ""

    def window_open(self, number: str, now: datetime) -> bool:
        """Whether free words are taken now."""
        wrote = max(self.wrote.get(number, 0.0), self.wrote.get(ANY, 0.0))
        return now.timestamp() - wrote < WINDOW.total_seconds()

    def letter(self, wamid: str) -> Letter | None:
        """The message of that id."""
        return next((letter for letter in reversed(self.letters) if letter.id == wamid), None)

    def last_number(self) -> str:
        """Whom the person talks with; '' when nobody yet."""
        return self.letters[-1].number if self.letters else ""

    def contact(self) -> dict[str, Any]:
        """The `contacts` entry."""
        known = {"wa_id": self.wa_id} if self.wa_id else {}
        return {"profile": {"name": self.phone.name}, **known, "user_id": self.user_id}

    def shown(self) -> list[PhoneMessage]:
        """The chat as the person sees it."""
        return [
            PhoneMessage(
                letter.id,
                datetime.fromtimestamp(letter.at, UTC),
                letter.direction,
                letter.text,
                tuple((str(i), b["label"]) for i, b in enumerate(letter.buttons)),
                files=tuple(letter.files),
                quoted=letter.context,
            )
            for letter in self.letters
            if not letter.hidden
        ]


@dataclass(slots=True)
class State:
    """Everything."""

    numbers: dict[str, Number] = field(default_factory=dict)
    patterns: list[Pattern] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    media: dict[str, Stored] = field(default_factory=dict)
    counter: int = 0

    def next(self) -> int:
        """A number never used before."""
        self.counter += 1
        return self.counter

    def wamid(self) -> str:
        """A new message id, as opaque as Meta's."""
        return "wamid." + base64.b64encode(f"priyom-demo-{self.next():08d}".encode()).decode()

    def person(self, address: str) -> Person | None:
        """Who has this number or this user id."""
        found = self.people.get(address)
        return found or next((p for p in self.people.values() if p.user_id == address), None)

    def make(self, address: str, name: str) -> Person:
        """A new person; the user id of one known by number follows from it."""
        if address.startswith("+"):
            country = next((c for prefix, c in PREFIXES if address.startswith(prefix)), "US")
            user_id = f"{country}.{int(sha256(address.encode()).hexdigest()[:14], 16)}"
        else:
            user_id = address
        made = self.people[address] = Person(Phone(address, name), user_id)
        return made

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    def load(self, state: Mapping[str, Any]) -> None:
        """Become what `dump` was."""
        self.numbers = {key: Number(**number) for key, number in state["numbers"].items()}
        self.patterns = [Pattern(**pattern) for pattern in state["patterns"]]
        self.people = {address: _person(person) for address, person in state["people"].items()}
        self.media = {key: Stored(**stored) for key, stored in state["media"].items()}
        self.counter = int(state["counter"])


def _person(state: Mapping[str, Any]) -> Person:
    letters = [
        Letter(**{**letter, "events": [(str(word), float(at)) for word, at in letter["events"]]})
        for letter in state["letters"]
    ]
    pair = (float(state["pair"][0]), float(state["pair"][1]))
    return Person(**{**state, "phone": Phone(**state["phone"]), "letters": letters, "pair": pair})
