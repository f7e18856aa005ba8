"""What the fake Pachca remembers: bots and their histories, people and group chats, messages, stored files; as JSON can
carry it. Here too is how a phone shows the vendor's markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

DEMO_TOKEN = "pachca-demo-token-not-a-secret-00000000001"
DEMO_SECRET = "pachca-demo-signing-secret-not-a-secret"
HISTORY = 1000
"""Events kept per bot; how many the vendor keeps is not published."""
EVENTS = (
    "message_new", "message_update", "message_delete", "button_click", "chat_member_add", "chat_member_remove",
    "company_member_confirm", "company_member_suspend", "company_member_activate", "company_member_delete",
)  # fmt: skip
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def moment(at: datetime) -> str:
    """Times as Pachca writes them: UTC with milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def ulid(at: datetime, number: int) -> str:
    """An identifier that sorts by time: 10 signs of milliseconds, 16 of a count."""
    stamp, signs = (int(at.timestamp() * 1000) << 80) + number, ""
    for _ in range(26):
        stamp, rest = divmod(stamp, 32)
        signs = CROCKFORD[rest] + signs
    return signs


@dataclass(slots=True)
class Bot:
    """A bot of the workspace. `history` is oldest first."""

    token: str
    secret: str
    id: int
    hook_url: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    events: list[str] = field(default_factory=lambda: list(EVENTS))
    trigger_on: str = "all_messages"

    @property
    def nickname(self) -> str:
        """Nicknames of bots end in `_bot`."""
        return "clinic_bot" if self.token == DEMO_TOKEN else f"clinic_{self.id}_bot"


@dataclass(slots=True)
class Stored:
    """A file in the storage; its content in base64."""

    name: str
    content: str
    mime: str = "application/octet-stream"


@dataclass(slots=True)
class Letter:
    """A message. `address` is the phone on which it stands; `author` a person's or a bot's number. `lost`: it was
    taken and never reached the phone."""

    id: int
    chat_id: int
    address: str
    author: int
    bot: str
    at: str
    content: str
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    parent: int | None = None
    display_name: str | None = None
    changed_at: str | None = None
    deleted_at: str | None = None
    readers: list[int] = field(default_factory=list)
    lost: bool = False

    def shown(self, bots: Mapping[str, Bot], names: Mapping[str, str]) -> PhoneMessage:
        """As the person sees it; only buttons with data can be pressed."""
        own = any(bot.id == self.author for bot in bots.values())
        buttons = tuple(
            (f"{row}.{col}", button["text"])
            for row, line in enumerate(self.buttons)
            for col, button in enumerate(line)
            if "data" in button
        )
        return PhoneMessage(
            str(self.id),
            datetime.fromisoformat(self.at),
            "in" if own else "out",
            shown_text(self.content),
            buttons,
            self.changed_at not in (None, self.at),
            tuple(str(file["name"]) for file in self.files),
            sender=self.display_name or names.get(f"user:{self.author}", ""),
            quoted=str(self.parent or ""),
        )


@dataclass(slots=True)
class State:
    """Everything. `chats` maps `<bot>:<person>` to the number of their personal chat."""

    bots: dict[str, Bot] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    chats: dict[str, int] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    """Keys handed out for an upload, with the signature each must show."""
    files: dict[str, Stored] = field(default_factory=dict)
    counter: int = 0

    def next(self) -> int:
        """A fresh number."""
        self.counter += 1
        return self.counter

    def people(self) -> list[Phone]:
        """Who is in the workspace and not suspended."""
        return [phone for phone in self.phones.values() if phone.address.startswith("user:") and not phone.blocked]

    def chat(self, bot: Bot, address: str) -> int:
        """The number of the group chat, or of the bot's personal chat with a person."""
        kind, _, number = address.partition(":")
        if kind == "chat":
            return int(number)
        return self.chats.setdefault(f"{bot.id}:{number}", 900_000 + len(self.chats))

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> State:
        """What was dumped."""
        made = cls(chats=dict(kept["chats"]), uploads=dict(kept["uploads"]), counter=kept["counter"])
        made.bots = {token: Bot(**bot) for token, bot in kept["bots"].items()}
        made.phones = {address: Phone(**phone) for address, phone in kept["phones"].items()}
        made.letters = {number: Letter(**letter) for number, letter in kept["letters"].items()}
        made.files = {key: Stored(**file) for key, file in kept["files"].items()}
        return made


_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(r"(?<!\]\()https?://\S+")
_HIDDEN = re.compile("[\ue000-\ue07f]")
_MARKS = (
    re.compile(r"```(?:\w*)\n(.+?)\n```", re.DOTALL),
    re.compile(r"`([^`\n]+)`"),
    re.compile(r"\*\*(\S.*?)\*\*"),
    re.compile(r"__(\S.*?)__"),
    re.compile(r"\*(\S.*?)\*"),
    re.compile(r"_(\S.*?)_"),
    re.compile(r"~~(\S.*?)~~"),
    re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)"),
)


def shown_text(content: str) -> str:
    """The text as it is seen: marks of the documented markup are gone, an escaped sign stands for itself."""
    text = _LINK.sub(lambda found: "".join(chr(0xE000 + ord(c)) if ord(c) < 128 else c for c in found[0]), content)
    text = _ESCAPE.sub(lambda found: chr(0xE000 + ord(found[1])), text)
    for mark in _MARKS:
        text = mark.sub(r"\1", text)
    return _HIDDEN.sub(lambda found: chr(ord(found[0]) - 0xE000), text)
