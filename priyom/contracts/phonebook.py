"""The people's side of an emulator, for any that wants it: phones with their chats, the files that pass between them,
and the vendor's patience with those who send too fast. All of it can be dumped as JSON and loaded again."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from priyom.contracts.emulator import Impossible, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.message import File


@dataclass(slots=True)
class Letter:
    """One message of a chat; `at` in Unix seconds. `lost`: the gateway took it and it never reached the phone. An
    emulator that must remember more of it derives a class of its own, whose further fields have defaults and are such
    as JSON can carry."""

    id: str
    at: float
    direction: str
    text: str
    edited: bool = False
    files: list[str] = field(default_factory=list)
    lost: bool = field(default=False, kw_only=True)

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """(id, label) of each button that the person can press."""
        return ()

    def quotes(self) -> str:
        """The id of the message it answers; '' for none."""
        return ""

    def shown(self) -> PhoneMessage:
        """The message as the person sees it."""
        at = datetime.fromtimestamp(self.at, UTC)
        return PhoneMessage(
            self.id, at, self.direction, self.text, self.buttons(), self.edited, files=tuple(self.files),
            quoted=self.quotes(),
        )  # fmt: skip


L = TypeVar("L", bound=Letter)


@dataclass(slots=True)
class Chat(Generic[L]):
    """A phone with what stands on it, oldest first."""

    phone: Phone
    letters: list[L] = field(default_factory=list)

    def letter(self, key: str) -> L | None:
        """The message of that id."""
        return next((letter for letter in reversed(self.letters) if letter.id == key), None)


@dataclass(frozen=True, slots=True)
class Words:
    """What people are told (Russian): the address cannot be one, the chat is not open yet, the clinic is blocked."""

    wrong: str
    unopened: str = "Сначала откройте диалог"
    shut: str = "Клиника заблокирована: сначала впустите её"


class Phonebook(Generic[L]):
    """All phones of one emulator, by address. `address` is the pattern a well-formed one matches whole."""

    def __init__(self, world: World, kind: str, letter: type[L], address: str, words: Words) -> None:
        self.chats: dict[str, Chat[L]] = {}
        self.loses: Callable[[], bool] = lambda: False
        """Whether the gateway loses just now what it takes: such a message is kept, and never shown."""
        self._world, self._kind, self._letter = world, kind, letter
        self._address, self._words = re.compile(address), words

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone; one that has started is not blocked. Raises Impossible for a wrong address."""
        if not self._address.fullmatch(address):
            raise Impossible(self._words.wrong)
        phone = self.chats.setdefault(address, Chat(Phone(address, name, started))).phone
        phone.name, phone.started = name, started
        phone.blocked = phone.blocked and not started
        self.touch(address)
        return phone

    def phones(self) -> list[Phone]:
        """All phones."""
        return [chat.phone for chat in self.chats.values()]

    def chat(self, address: str) -> Chat[L]:
        """Whoever has this address. Raises NoSuchPhone."""
        if address not in self.chats:
            raise NoSuchPhone(address)
        return self.chats[address]

    def talking(self, address: str) -> Chat[L]:
        """The same, when the person can write to the clinic now. Raises NoSuchPhone, Impossible."""
        chat = self.chat(address)
        if chat.phone.blocked:
            raise Impossible(self._words.shut)
        if not chat.phone.started:
            raise Impossible(self._words.unopened)
        return chat

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat as the person sees it. Raises NoSuchPhone."""
        return [letter.shown() for letter in self.chat(address).letters if not letter.lost]

    def add(self, address: str, letter: L) -> L:
        """Put a message at the end of the chat and show it, unless it is lost on the way. Raises NoSuchPhone."""
        letter.lost = letter.direction == "in" and self.loses()
        self.chat(address).letters.append(letter)
        if not letter.lost:
            self.touch(address)
        return letter

    def touch(self, address: str) -> None:
        """Tell whoever looks at this phone that its picture has changed."""
        self._world.changed(self._kind, address)

    def dump(self) -> list[dict[str, Any]]:
        """As JSON can carry it."""
        return [asdict(chat) for chat in self.chats.values()]

    def load(self, state: list[Mapping[str, Any]]) -> None:
        """Take up a dumped state."""
        self.chats = {
            item["phone"]["address"]: Chat(Phone(**item["phone"]), [self._letter(**one) for one in item["letters"]])
            for item in state
        }


class Shelf:
    """Files by the vendor's name for them."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def put(self, key: str, file: File) -> None:
        """Keep a file."""
        self._files[key] = file

    def get(self, key: str) -> File | None:
        """The file of that name."""
        return self._files.get(key)

    def dump(self) -> dict[str, list[str]]:
        """As JSON can carry it."""
        return {
            key: [file.name, file.mime, base64.b64encode(file.content).decode()] for key, file in self._files.items()
        }

    def load(self, state: Mapping[str, list[str]]) -> None:
        """Take up a dumped state."""
        self._files = {key: File(name, mime, base64.b64decode(content)) for key, (name, mime, content) in state.items()}


class Patience:
    """A rate with room for a burst: `rate` a second on the long run, `burst` at once after a rest; for each key apart.
    Not dumped: it is whole again before anybody has restarted."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, now: datetime) -> int:
        """Whole seconds until the next one is taken; 0: this one is, and counts."""
        moment = now.timestamp()
        left, since = self._left.get(key, (self._burst, moment))
        left = min(self._burst, left + max(0.0, moment - since) * self._rate)
        if left < 1:
            self._left[key] = (left, moment)
            return max(1, math.ceil((1 - left) / self._rate))
        self._left[key] = (left - 1, moment)
        return 0
