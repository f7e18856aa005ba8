"""What the fake Yandex Messenger remembers: bots, employees and group chats, messages, files; as JSON can carry it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

LINK = re.compile(r"(https?://\S+)")
MARKS = (
    re.compile(r"```(?:\w*)\n(.+?)\n```", re.DOTALL),
    re.compile(r"\*\*(.+?)\*\*", re.DOTALL),
    re.compile(r"__(.+?)__", re.DOTALL),
    re.compile(r"~~(.+?)~~", re.DOTALL),
    re.compile(r"\+\+(.+?)\+\+", re.DOTALL),
    re.compile(r"`([^`]+)`"),
    re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)"),
)
DEMO_TOKEN = "y0_demo-token-not-a-secret-0000000000001"


@dataclass(slots=True)
class Bot:
    """A bot of the organisation. `waiting` are updates for getUpdates."""

    token: str
    login: str
    hook_url: str | None = None
    next_update: int = 1_571_239
    waiting: list[dict[str, Any]] = field(default_factory=list)
    payload_ids: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Letter:
    """A message. `author` is a login, of a person or of a bot; `at` is Unix seconds. `lost`: it was taken and
    never reached the phone."""

    number: int
    address: str
    author: str
    bot: str
    at: float
    text: str
    buttons: list[list[dict[str, Any]]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    reply_to: int | None = None
    edited: bool = False
    lost: bool = False

    def shown(self, own: bool, name: str) -> PhoneMessage:
        """As the person sees it; only buttons with a server action tell the bot of a press."""
        buttons = tuple(
            (str(button["id"]), str(button["title"]))
            for row in self.buttons
            for button in row
            if any(directive["type"] == "server_action" for directive in button["directives"])
        )
        files = tuple(str(file["name"]) for file in self.files)
        at = datetime.fromtimestamp(self.at, UTC)
        way = "in" if own else "out"
        quoted = str(self.reply_to or "")
        return PhoneMessage(
            str(self.number), at, way, shown_text(self.text), buttons, self.edited, files, sender=name, quoted=quoted
        )


@dataclass(slots=True)
class State:
    """Everything. `files` maps a file's id to its name, type and content in base64."""

    bots: dict[str, Bot] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    counter: int = 0

    def number(self, now: datetime) -> int:
        """A message's number: microseconds, larger than 32 bits; never twice."""
        self.counter += 1
        return int(now.timestamp() * 1_000_000) + self.counter

    def letter(self, address: str, number: object) -> Letter | None:
        """The message of that number in that chat: numbers are the chat's own."""
        return next((one for one in self.letters if one.address == address and one.number == number), None)

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> State:
        """What was dumped."""
        made = cls(files={key: dict(file) for key, file in kept["files"].items()}, counter=kept["counter"])
        made.bots = {token: Bot(**bot) for token, bot in kept["bots"].items()}
        made.phones = {address: Phone(**phone) for address, phone in kept["phones"].items()}
        made.letters = [Letter(**letter) for letter in kept["letters"]]
        return made


def shown_text(text: str) -> str:
    """The text as it is seen: the documented marks are gone, and so is what nobody can see. A link of its own stays."""
    links = [] if "](" in text else LINK.findall(text)
    for index, link in enumerate(links):
        text = text.replace(link, f"\ue000{index}\ue001", 1)
    for mark in MARKS:
        text = mark.sub(r"\1", text)
    text = re.sub("\ue000(\\d+)\ue001", lambda found: str(links[int(found[1])]), text)
    return text.replace("\u2060", "")
