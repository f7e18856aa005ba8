"""What the fake Telegram remembers: bots, people and their chats, files; as JSON can carry it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

TOKEN = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,50}")
DEMO_TOKEN = "7000000001:sandbox-token-not-a-secret-00000001"
BACKLOG = 1000
"""Updates kept for a bot that has no webhook and asks by getUpdates."""


@dataclass(slots=True)
class Bot:
    """A bot; `loose` are updates waiting for getUpdates."""

    token: str
    username: str
    title: str = "Клиника"
    hook_url: str = ""
    hook_secret: str = ""
    allowed: list[str] = field(default_factory=list)
    next_update: int = 910000001
    loose: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The number before the colon of the token."""
        return int(self.token.partition(":")[0])

    def user(self) -> dict[str, Any]:
        """The bot as a User object."""
        return {"id": self.id, "is_bot": True, "first_name": self.title, "username": self.username}


@dataclass(slots=True)
class Letter:
    """One message of a chat. `inline` are rows of inline buttons as they were sent."""

    number: int
    bot: str
    at: float
    direction: str
    text: str
    inline: list[list[dict[str, Any]]] = field(default_factory=list)
    edited: bool = False
    files: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Press:
    """A callback query: who pressed, when (Unix seconds), and what the bot answered."""

    chat: int
    at: float
    answer: str | None = None


@dataclass(slots=True)
class Stored:
    """A file somebody sent; its content in base64."""

    path: str
    content: str

    def bytes(self) -> bytes:
        """The content."""
        return base64.b64decode(self.content)


@dataclass(slots=True)
class Person:
    """A phone with its chat."""

    phone: Phone
    letters: list[Letter] = field(default_factory=list)
    last_bot: str = ""

    @property
    def id(self) -> int:
        """In a private chat the chat's number is the person's."""
        return int(self.phone.address)

    def user(self) -> dict[str, Any]:
        """The person as a User object."""
        return {"id": self.id, "is_bot": False, "first_name": self.phone.name, "language_code": "ru"}

    def chat(self) -> dict[str, Any]:
        """The chat as a Chat object."""
        return {"id": self.id, "type": "private", "first_name": self.phone.name}

    def letter(self, number: int) -> Letter | None:
        """The message of that number."""
        return next((letter for letter in reversed(self.letters) if letter.number == number), None)

    def next_number(self) -> int:
        """Numbers grow within one chat."""
        return self.letters[-1].number + 1 if self.letters else 1

    def shown(self, letter: Letter, zone: Any) -> PhoneMessage:
        """The message as the person sees it; only callback buttons can be pressed."""
        buttons = tuple(
            (f"{row}.{col}", str(button["text"]))
            for row, line in enumerate(letter.inline)
            for col, button in enumerate(line)
            if "callback_data" in button
        )
        return PhoneMessage(
            str(letter.number),
            datetime.fromtimestamp(letter.at, zone),
            letter.direction,
            letter.text,
            buttons,
            letter.edited,
            tuple(letter.files),
        )


@dataclass(slots=True)
class State:
    """Everything."""

    bots: dict[str, Bot] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    files: dict[str, Stored] = field(default_factory=dict)
    counter: int = 0

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> State:
        """Back from `dump`."""
        return cls(
            {token: Bot(**bot) for token, bot in state["bots"].items()},
            {
                address: Person(
                    Phone(**person["phone"]), [Letter(**letter) for letter in person["letters"]], person["last_bot"]
                )
                for address, person in state["people"].items()
            },
            {key: Press(**press) for key, press in state["presses"].items()},
            {key: Stored(**stored) for key, stored in state["files"].items()},
            int(state["counter"]),
        )
