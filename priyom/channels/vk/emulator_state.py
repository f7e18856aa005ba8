"""What the fake VK remembers of its one community: people and their dialogs, servers to call, the queue of events,
files; as JSON can carry it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from priyom.contracts.emulator import Phone, PhoneMessage

DEMO_TOKEN = "vk1.a.demo-community-key-not-a-secret-0001"
GROUP = 222000001
SCREEN_NAME = "clinic_demo"
TITLE = "Клиника"


class Refused(Exception):
    """An answer with `error`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def missing(what: str) -> Refused:
    """Code 100, VK's words for everything that is wrong with a parameter."""
    return Refused(100, f"One of the parameters specified was missing or invalid: {what}")


@dataclass(slots=True)
class Server:
    """A server on the list of Callback API."""

    id: int
    title: str
    url: str
    secret: str
    status: str = "wait"
    version: str = "5.199"
    events: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Letter:
    """One message of a dialog: `number` counts in the dialog, `id` in the community. `rows` are buttons as sent.
    `lost`: it was taken and never reached the phone."""

    number: int
    id: int
    at: float
    direction: str
    text: str
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    edited: bool = False
    attachments: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    random_id: int = 0
    quoted: int = 0
    lost: bool = False


@dataclass(slots=True)
class Press:
    """A press of a callback button: whose, when (Unix seconds), and what the community answered."""

    user: int
    at: float
    answer: str | None = None


@dataclass(slots=True)
class Stored:
    """A file: photo or doc; `owner` and `key` as attachments name them; its content in base64."""

    id: int
    kind: str
    owner: int
    key: str
    name: str
    content: str

    def bytes(self) -> bytes:
        """The content."""
        return base64.b64decode(self.content)


@dataclass(slots=True)
class Person:
    """A phone with its dialog. `read` is the number of the last message of ours that was read."""

    phone: Phone
    letters: list[Letter] = field(default_factory=list)
    read: int = 0
    banned: bool = False
    typing_at: float = 0.0

    @property
    def id(self) -> int:
        """A dialog's number is the person's."""
        return int(self.phone.address)

    @property
    def allowed(self) -> bool:
        """Whether the community may write."""
        return self.phone.started and not self.phone.blocked

    def letter(self, number: int) -> Letter | None:
        """The message of that number in the dialog."""
        return next((letter for letter in reversed(self.letters) if letter.number == number), None)

    def shown(self, letter: Letter) -> PhoneMessage:
        """The message as the person sees it; links are no buttons that can be pressed."""
        buttons = tuple(
            (f"{row}.{col}", str(button["action"]["label"]))
            for row, line in enumerate(letter.rows)
            for col, button in enumerate(line)
            if button["action"]["type"] in ("callback", "text")
        )
        at = datetime.fromtimestamp(letter.at, UTC)
        return PhoneMessage(
            str(letter.number), at, letter.direction, letter.text, buttons, letter.edited, tuple(letter.files),
            quoted=str(letter.quoted or ""),
        )  # fmt: skip


@dataclass(slots=True)
class State:
    """Everything. `queue` holds (place, event) for Bots Long Poll; `capabilities` is the switch «Возможности ботов»."""

    people: dict[str, Person] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    files: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, Stored] = field(default_factory=dict)
    queue: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    place: int = 1
    polled: list[str] = field(default_factory=list)
    polling: bool = False
    polling_version: str = "5.199"
    poll_key: str = ""
    capabilities: bool = True
    rights: int = 4 | 4096 | 131072 | 262144
    counter: int = 0

    def next(self) -> int:
        """A number nothing has had."""
        self.counter += 1
        return self.counter

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> State:
        """Back from `dump`."""
        made = cls(**{name: state[name] for name in PLAIN})
        made.people = {
            address: Person(
                Phone(**person["phone"]), [Letter(**letter) for letter in person["letters"]], person["read"],
                person["banned"], person["typing_at"],
            )
            for address, person in state["people"].items()
        }  # fmt: skip
        made.servers = {key: Server(**server) for key, server in state["servers"].items()}
        made.presses = {key: Press(**press) for key, press in state["presses"].items()}
        made.files = {key: Stored(**stored) for key, stored in state["files"].items()}
        made.uploads = {key: Stored(**stored) for key, stored in state["uploads"].items()}
        made.queue = [(place, event) for place, event in state["queue"]]
        return made


PLAIN = (
    "place", "polled", "polling", "polling_version", "poll_key", "capabilities", "rights", "counter",
)  # fmt: skip
