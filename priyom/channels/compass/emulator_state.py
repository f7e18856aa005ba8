"""What the fake Compass remembers: bots, people and groups, messages, files; as JSON can carry it."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha512
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

DEMO_TOKEN = "compass-demo-token-not-a-secret-0000001"
TEXT = 2000


@dataclass(slots=True)
class Bot:
    """A bot of the space; `version` is that of its webhook, `opened` says when each personal chat was opened."""

    token: str
    hook_url: str = ""
    version: int = 4
    commands: list[str] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Letter:
    """A message. `lost`: it was taken and never reached the phone."""

    key: str
    address: str
    bot: str
    own: bool
    at: str
    text: str
    sender: str = ""
    files: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    lost: bool = False

    def shown(self) -> PhoneMessage:
        """As the person sees it."""
        at, way = datetime.fromisoformat(self.at), "in" if self.own else "out"
        return PhoneMessage(self.key, at, way, self.text, files=tuple(self.files), sender=self.sender)


@dataclass(slots=True)
class State:
    """Everything. `tokens` are for one upload each; `wrong` says when calls with unknown tokens were made."""

    bots: dict[str, Bot] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counter: int = 0

    def key(self, kind: str) -> str:
        """An encrypted key as the server makes them: long, base64."""
        self.counter += 1
        digest = sha512(f"{kind}:{self.counter}".encode()).digest()
        return base64.b64encode(digest * 2).decode()

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> State:
        """What was dumped."""
        made = cls(tokens=list(kept["tokens"]), files=dict(kept["files"]), wrong=list(kept["wrong"]))
        made.counter = kept["counter"]
        made.bots = {token: Bot(**bot) for token, bot in kept["bots"].items()}
        made.phones = {address: Phone(**phone) for address, phone in kept["phones"].items()}
        made.letters = {key: Letter(**letter) for key, letter in kept["letters"].items()}
        return made


def tidied(text: str) -> str:
    """What the server makes of a text: trimmed, many empty lines become one, signs nobody can see are gone."""
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def weight(text: str) -> int:
    """Its length as the server counts: an emoji counts as its short name between colons."""
    return sum(len(unicodedata.name(c, "emoji")) + 2 if unicodedata.category(c) == "So" else 1 for c in text)
