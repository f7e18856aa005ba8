"""What the fake eXpress server remembers: bots, people, chats and messages; as JSON can carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from priyom.contracts.emulator import Phone, PhoneMessage

DEMO_BOT = "24348246-0000-4000-8000-00000000de30"
DEMO_SECRET = "express-demo-secret-not-a-secret-0000001"


@dataclass(slots=True)
class Bot:
    """A bot of this server. `tokens` were given out to it (auth version 1); `second`: calls carry the older claims."""

    id: str
    secret: str
    hook_url: str = ""
    tokens: list[str] = field(default_factory=list)
    second: bool = False


@dataclass(slots=True)
class Letter:
    """A message; `author` is a bot's id or a person's huid, `received` and `read` say when each person did.
    `lost`: it was taken and never reached anybody."""

    sync_id: str
    chat_id: str
    address: str
    author: str
    bot: str
    at: str
    text: str
    bubble: list[list[dict[str, Any]]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    quiet: bool = False
    edited: bool = False
    recipients: list[str] = field(default_factory=list)
    received: dict[str, str] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    lost: bool = False

    def shown(self, own: bool, name: str) -> PhoneMessage:
        """As the person sees it; links are not pressed."""
        buttons = tuple(
            (f"{row}.{col}", str(button["label"]))
            for row, line in enumerate(self.bubble)
            for col, button in enumerate(line)
            if button.get("command")
        )
        at, way = datetime.fromisoformat(self.at), "in" if own else "out"
        return PhoneMessage(self.sync_id, at, way, self.text, buttons, self.edited, tuple(self.files), sender=name)


@dataclass(slots=True)
class State:
    """Everything. `chats` maps `<bot>:<huid>` to the id of their personal chat."""

    bots: dict[str, Bot] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    chats: dict[str, str] = field(default_factory=dict)
    counter: int = 0

    def uuid(self) -> str:
        """A fresh id."""
        self.counter += 1
        return str(uuid5(NAMESPACE_URL, f"https://cts.clinic.example/{self.counter}"))

    def people(self) -> list[str]:
        """Huids of everybody whose account works."""
        live = (phone.address for phone in self.phones.values() if not phone.blocked)
        return [address.removeprefix("user:") for address in live if address.startswith("user:")]

    def address_of(self, bot: Bot, chat: str) -> str | None:
        """The phone on which this chat stands: a group's, or that of the person on the other side."""
        if f"chat:{chat}" in self.phones:
            return f"chat:{chat}"
        pairs = (pair for pair, number in self.chats.items() if number == chat)
        return next((f"user:{pair.partition(':')[2]}" for pair in pairs if pair.startswith(bot.id)), None)

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> State:
        """What was dumped."""
        made = cls(chats=dict(kept["chats"]), counter=kept["counter"])
        made.bots = {number: Bot(**bot) for number, bot in kept["bots"].items()}
        made.phones = {address: Phone(**phone) for address, phone in kept["phones"].items()}
        made.letters = {number: Letter(**letter) for number, letter in kept["letters"].items()}
        return made
