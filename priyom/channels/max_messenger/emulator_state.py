"""What the fake MAX remembers: bots with their webhooks, people with their dialogs; as JSON can carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

DEMO_TOKEN = "sandbox-token-not-a-secret-max-000001"
CHAT_SHIFT = 260_000_000_000
"""A dialog's number is not the person's: the one is this far from the other."""
SEQ_BASE = 116_993_690_454_357_000
"""`seq` is beyond 2^53, where careless JSON readers lose digits."""


@dataclass(slots=True)
class Subscription:
    """A webhook. `attached`: put there by the sandbox, so it is never given up. Times are Unix seconds."""

    url: str
    secret: str
    kinds: list[str] = field(default_factory=list)
    since: float = 0.0
    attached: bool = False
    failing_since: float | None = None


@dataclass(slots=True)
class Bot:
    """A bot."""

    token: str
    id: int
    title: str = "Клиника"
    subscriptions: list[Subscription] = field(default_factory=list)

    def user(self, at: float) -> dict[str, Any]:
        """The bot as a User object."""
        return {
            "user_id": self.id,
            "first_name": self.title,
            "name": self.title,
            "username": f"id{self.id:010d}_bot",
            "is_bot": True,
            "last_activity_time": int(at * 1000),
        }


@dataclass(slots=True)
class Letter:
    """One message of a dialog. `rows` are rows of buttons as they were sent."""

    mid: str
    seq: int
    bot: str
    at: float
    direction: str
    text: str
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    edited: bool = False
    attachments: list[dict[str, Any]] = field(default_factory=list)
    keyboard_id: str = ""

    def body(self) -> dict[str, Any]:
        """The MessageBody object."""
        made: dict[str, Any] = {"mid": self.mid, "seq": self.seq, "text": self.text}
        attachments = list(self.attachments)
        if self.rows:
            keyboard = {"buttons": self.rows}
            attachments.append({"type": "inline_keyboard", "callback_id": self.keyboard_id, "payload": keyboard})
        return {**made, "attachments": attachments} if attachments else made

    def shown(self) -> PhoneMessage:
        """The message as the person sees it; only callback buttons can be pressed."""
        buttons = tuple(
            (f"{row}.{col}", str(button["text"]))
            for row, line in enumerate(self.rows)
            for col, button in enumerate(line)
            if button["type"] == "callback"
        )
        files = tuple(str(item["filename"]) for item in self.attachments if "filename" in item)
        at = datetime.fromtimestamp(self.at, UTC)
        return PhoneMessage(self.mid, at, self.direction, self.text, buttons, self.edited, files)


@dataclass(slots=True)
class Press:
    """A press: in whose dialog, on which message, and the notes the bot has answered."""

    user: int
    mid: str
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """A phone with its dialog."""

    phone: Phone
    letters: list[Letter] = field(default_factory=list)
    last_bot: str = ""
    muted: bool = False

    @property
    def id(self) -> int:
        """`user_id`: the phone's address."""
        return int(self.phone.address)

    @property
    def chat_id(self) -> int:
        """The dialog's own number."""
        return CHAT_SHIFT + self.id

    def user(self, at: float) -> dict[str, Any]:
        """The person as a User object."""
        name = self.phone.name
        activity = int(at * 1000)
        return {"user_id": self.id, "first_name": name, "name": name, "is_bot": False, "last_activity_time": activity}

    def letter(self, mid: str) -> Letter | None:
        """The message of that `mid`."""
        return next((letter for letter in reversed(self.letters) if letter.mid == mid), None)


@dataclass(slots=True)
class State:
    """Everything. `files` hold base64 by their name in the address."""

    bots: dict[str, Bot] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    counter: int = 0

    def next(self) -> int:
        """A number never given before."""
        self.counter += 1
        return self.counter

    def letter(self, mid: str) -> tuple[Person, Letter] | None:
        """A message and whose dialog it stands in."""
        for person in self.people.values():
            if (letter := person.letter(mid)) is not None:
                return person, letter
        return None

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> State:
        """Back from `dump`."""
        bots = {
            token: Bot(**{**bot, "subscriptions": [Subscription(**item) for item in bot["subscriptions"]]})
            for token, bot in state["bots"].items()
        }
        people = {
            address: Person(
                Phone(**person["phone"]),
                [Letter(**letter) for letter in person["letters"]],
                person["last_bot"],
                person["muted"],
            )
            for address, person in state["people"].items()
        }
        presses = {key: Press(**press) for key, press in state["presses"].items()}
        return cls(bots, people, presses, dict(state["files"]), int(state["counter"]))
