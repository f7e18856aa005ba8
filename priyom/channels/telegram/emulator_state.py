"""What the fake Telegram remembers: bots, people and their chats, files; as JSON can carry it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from priyom.contracts.emulator import World
from priyom.contracts.phonebook import Chat, Letter, Phonebook, Shelf, Words

TOKEN = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,50}")
DEMO_TOKEN = "7000000001:sandbox-token-not-a-secret-00000001"
WORDS = Words(
    "Адрес в Telegram - это номер пользователя, одни цифры",
    "Сначала нажмите «Старт»",
    "Бот заблокирован: сначала разблокируйте его",
)


@dataclass(slots=True)
class Bot:
    """A bot. `loose` are updates waiting for getUpdates, each with the Unix second at which it is dropped. `door` is
    where the sandbox wants calls to go that are meant for the address with the same path."""

    token: str
    username: str
    title: str = "Клиника"
    hook_url: str = ""
    hook_secret: str = ""
    door: str = ""
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
class Note(Letter):
    """One message of a chat. `inline` are rows of inline buttons as they were sent, `content` is what the Message
    object carries besides words, `quoted` the number of the message it answers."""

    bot: str = ""
    inline: list[list[dict[str, Any]]] = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)
    quoted: str = ""

    def quotes(self) -> str:
        """The message it answers."""
        return self.quoted

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Only callback buttons can be pressed."""
        return tuple(
            (f"{row}.{col}", str(button["text"]))
            for row, line in enumerate(self.inline)
            for col, button in enumerate(line)
            if "callback_data" in button
        )

    @property
    def has_file(self) -> bool:
        """Whether the words stand under a file, as its caption."""
        return bool(self.files)


Talk = Chat[Note]


@dataclass(slots=True)
class Press:
    """A callback query: who pressed, when (Unix seconds), and what the bot answered."""

    chat: int
    at: float
    answer: str | None = None


def user(talk: Talk) -> dict[str, Any]:
    """The person as a User object."""
    return {"id": number(talk), "is_bot": False, "first_name": talk.phone.name, "language_code": "ru"}


def chat(talk: Talk) -> dict[str, Any]:
    """The private chat as a Chat object: its number is the person's."""
    return {"id": number(talk), "type": "private", "first_name": talk.phone.name}


def number(talk: Talk) -> int:
    """The person's number."""
    return int(talk.phone.address)


def next_id(talk: Talk) -> str:
    """Numbers grow within one chat."""
    return str(int(talk.letters[-1].id) + 1) if talk.letters else "1"


class State:
    """Everything."""

    def __init__(self, world: World) -> None:
        self.bots: dict[str, Bot] = {}
        self.presses: dict[str, Press] = {}
        self.counter = 0
        self.book: Phonebook[Note] = Phonebook(world, "telegram", Note, r"[1-9]\d{0,15}", WORDS)
        self.shelf = Shelf()

    def next(self) -> int:
        """A number never given before."""
        self.counter += 1
        return self.counter

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            "bots": [asdict(bot) for bot in self.bots.values()],
            "presses": {key: asdict(press) for key, press in self.presses.items()},
            "counter": self.counter,
            "people": self.book.dump(),
            "files": self.shelf.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Back from `dump`."""
        self.bots = {bot["token"]: Bot(**bot) for bot in state["bots"]}
        self.presses = {key: Press(**press) for key, press in state["presses"].items()}
        self.counter = int(state["counter"])
        self.book.load(state["people"])
        self.shelf.load(state["files"])
