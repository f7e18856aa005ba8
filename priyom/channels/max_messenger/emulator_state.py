"""What the fake MAX remembers: bots with their webhooks, people with their dialogs, files; as JSON can carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from priyom.contracts.emulator import World
from priyom.contracts.phonebook import Chat, Letter, Phonebook, Shelf, Words

DEMO_TOKEN = "sandbox-token-not-a-secret-max-000001"
SEQ_BASE = 116_993_690_454_357_000
"""`seq` is beyond 2^53, where careless JSON readers lose digits."""
WORDS = Words(
    "Адрес в MAX - это номер пользователя, одни цифры",
    "Сначала нажмите «Начать»",
    "Бот остановлен: сначала возобновите диалог",
)


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
    """A bot. `queue` are updates waiting for GET /updates, each with its place and its Unix second. `door` is where the
    sandbox wants calls to go that are meant for the address with the same path."""

    token: str
    id: int
    title: str = "Клиника"
    door: str = ""
    subscriptions: list[Subscription] = field(default_factory=list)
    queue: list[dict[str, Any]] = field(default_factory=list)
    next_place: int = 25493970

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
class Note(Letter):
    """One message of a dialog; its id is the `mid`. `rows` are rows of buttons as they were sent."""

    seq: int = 0
    bot: str = ""
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    keyboard_id: str = ""
    quoted: str = ""

    def body(self) -> dict[str, Any]:
        """The MessageBody object."""
        made: dict[str, Any] = {"mid": self.id, "seq": self.seq, "text": self.text}
        attachments = list(self.attachments)
        if self.rows:
            keyboard = {"buttons": self.rows}
            attachments.append({"type": "inline_keyboard", "callback_id": self.keyboard_id, "payload": keyboard})
        return {**made, "attachments": attachments} if attachments else made

    def quotes(self) -> str:
        """The message it answers."""
        return self.quoted

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Only callback buttons can be pressed."""
        return tuple(
            (f"{row}.{col}", str(button["text"]))
            for row, line in enumerate(self.rows)
            for col, button in enumerate(line)
            if button["type"] == "callback"
        )


Talk = Chat[Note]


@dataclass(slots=True)
class Press:
    """A press: in whose dialog, on which message, and the notes the bot has answered."""

    user: int
    mid: str
    notes: list[str] = field(default_factory=list)


def number(talk: Talk) -> int:
    """The person's `user_id`: the phone's address."""
    return int(talk.phone.address)


def dialog(bot: Bot, user_id: int) -> int:
    """The dialog's own number: the two users', bit by bit exclusive."""
    return bot.id ^ user_id


def user(talk: Talk, at: float) -> dict[str, Any]:
    """The person as a User object."""
    name, activity = talk.phone.name, int(at * 1000)
    return {
        "user_id": number(talk),
        "first_name": name,
        "last_name": "",
        "name": name,
        "is_bot": False,
        "last_activity_time": activity,
    }


class State:
    """Everything."""

    def __init__(self, world: World) -> None:
        self.bots: dict[str, Bot] = {}
        self.presses: dict[str, Press] = {}
        self.counter = 0
        self.fresh: dict[str, int] = {}
        """Tokens of files not ready yet: how many more sends are refused."""
        self.slots: dict[str, str] = {}
        """Upload addresses not used yet, with the kind of file they take."""
        self.book: Phonebook[Note] = Phonebook(world, "max", Note, r"[1-9]\d{0,11}", WORDS)
        self.shelf = Shelf()

    def next(self) -> int:
        """A number never given before."""
        self.counter += 1
        return self.counter

    def note(self, mid: str) -> tuple[Talk, Note] | None:
        """A message and whose dialog it stands in."""
        for talk in self.book.chats.values():
            if (note := talk.letter(mid)) is not None:
                return talk, note
        return None

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            "bots": [asdict(bot) for bot in self.bots.values()],
            "presses": {key: asdict(press) for key, press in self.presses.items()},
            "counter": self.counter,
            "fresh": self.fresh,
            "slots": self.slots,
            "people": self.book.dump(),
            "files": self.shelf.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Back from `dump`."""
        self.bots = {
            bot["token"]: Bot(**{**bot, "subscriptions": [Subscription(**item) for item in bot["subscriptions"]]})
            for bot in state["bots"]
        }
        self.presses = {key: Press(**press) for key, press in state["presses"].items()}
        self.counter = int(state["counter"])
        self.fresh, self.slots = dict(state["fresh"]), dict(state["slots"])
        self.book.load(state["people"])
        self.shelf.load(state["files"])
