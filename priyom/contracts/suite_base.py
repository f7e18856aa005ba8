"""What the parts of the channel suite stand on: the switches a channel may set, the stage with an emulator on it, and
the few steps every test takes."""

from __future__ import annotations

import importlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest_asyncio

from priyom.contracts import registry
from priyom.contracts.channel import Account, Channel, Request
from priyom.contracts.emulator import PhoneMessage
from priyom.contracts.message import Message, Outgoing, Receipt
from priyom.contracts.suite_world import HOOK_SECRET, Stage, SuiteWorld, secrets_of

TEXTS = (
    "Plain words, 10:30.",
    "Здравствуйте, Анна! Ждём вас 21 марта в 10:30, ул. Ленина, 5.",
    "Сәлеметсіз бе, Әсел! Қабылдау ертең сағат 10:30-да. Өңір, Ұлт, Үміт, Іс, Һ.",
    "Знаки: <b>5 < 6</b> & *звезда* _черта_ [скобка](x) `код` \\n «ёлки» - 100%",
    "Две\nстроки",
)


class SuiteBase:
    """Switches and steps. The class attributes without a value must be given by the channel."""

    key: ClassVar[str]
    address: ClassVar[str]
    """A well-formed address of a person, not known to the emulator beforehand."""
    other_address: ClassVar[str]
    person: ClassVar[str] = "Анна"
    texts: ClassVar[tuple[str, ...]] = TEXTS
    filler: ClassVar[str] = "я"
    """The character long texts are made of; each must count as one towards the card's limit."""
    hang_timeout: ClassVar[float] = 0.4
    """Seconds after which the client gives up on a gateway that hangs."""

    has_unknown: ClassVar[bool] = True
    """An address nobody has answers NotReachable at once."""
    has_limit: ClassVar[bool] = True
    """The vendor refuses a text longer than the card's limit."""
    has_blocking: ClassVar[bool] = True
    """A person can block the clinic, and the next send says so."""
    has_buttons: ClassVar[bool] = True
    """Buttons stand on the phone and can be pressed."""
    has_replies: ClassVar[bool] = True
    """People can write to us by webhook."""
    has_retries: ClassVar[bool] = True
    """A webhook refused with 500 is sent again within the emulator's quick tries."""
    has_hang: ClassVar[bool] = True
    has_throttle: ClassVar[bool] = True
    has_secret: ClassVar[bool] = True
    """The account has a secret without which the vendor refuses us."""

    # -- what a channel may have to do in its own way --

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """Start the emulator and all around it."""
        return await Stage.open(self.key, timeout=timeout)

    def spoiled(self, stage: Stage) -> Mapping[str, str]:
        """Settings whose secret is well-formed and wrong."""
        name = secrets_of(stage.channel)[0]
        good = stage.settings[name]
        return {**stage.settings, name: good[:-1] + ("A" if good[-1] != "A" else "B")}

    def nowhere(self, stage: Stage) -> Mapping[str, str]:
        """Settings of a gateway where nobody listens."""
        return {**stage.settings, "base_url": "http://127.0.0.1:9"}

    def unsigned(self, request: Request) -> list[Request]:
        """The same webhook as somebody would send it who does not know the secret."""

        def without(value: str) -> str:
            return value.replace(HOOK_SECRET, "x" * len(HOOK_SECRET))

        wrong = replace(
            request,
            headers={name: without(value) for name, value in request.headers.items()},
            query={name: without(value) for name, value in request.query.items()},
        )
        bare = replace(
            request,
            headers={name: value for name, value in request.headers.items() if HOOK_SECRET not in value},
            query={name: value for name, value in request.query.items() if HOOK_SECRET not in value},
        )
        return [wrong, bare]

    def signed(self, body: bytes) -> Request:
        """A webhook with this body as the gateway would send it (only `parse` and `identify` see it)."""
        return Request({"content-type": "application/json"}, {}, body)

    def outgoing(self, message: Message | str, address: str = "", key: str = "k1") -> Outgoing:
        """An attempt to `address` (the suite's own by default)."""
        made = Message(message, subject="Приём") if isinstance(message, str) else message
        return Outgoing(key, address or self.address, made)

    # -- fixtures and short cuts --

    @pytest_asyncio.fixture
    async def stage(self) -> AsyncIterator[Stage]:
        """An emulator with one person who has started."""
        stage = await self.open()
        try:
            stage.emulator.put(self.address, self.person, True)
            yield stage
        finally:
            await stage.close()

    @property
    def channel(self) -> Channel:
        """The channel under test."""
        return registry.channel(self.key)

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Send one message from the stage's account."""
        return await stage.channel.sender.send(stage.http, stage.account, self.outgoing(message, address))

    def last(self, stage: Stage, address: str = "") -> PhoneMessage:
        """The newest message on the phone."""
        return stage.emulator.messages(address or self.address)[-1]

    def any_account(self) -> Account:
        """An account for functions that do not call the vendor."""
        demo = registry.emulator(self.key, SuiteWorld()).demo_account("http://127.0.0.1:9")
        return self.channel.account("suite", demo, HOOK_SECRET)

    def samples(self) -> list[Any]:
        """The bodies kept in the channel's `tests/payloads`."""
        folder = (
            Path(str(importlib.import_module(f"priyom.channels.{self.key}").__file__)).parent / "tests" / "payloads"
        )
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    @property
    def folder(self) -> Path:
        """Where the channel lives."""
        return Path(str(importlib.import_module(f"priyom.channels.{self.key}").__file__)).parent
