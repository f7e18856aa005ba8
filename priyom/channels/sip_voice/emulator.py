"""A fake telephone network: an operator's SIP trunk on loopback (`emulator_trunk.py`) and the people it reaches.

A person takes the call at once, listens, and stays until the clinic hangs up; a button of the page «Phones» is a key
pressed in that call (RFC 4733), and is gone when the call is over. Calls last real seconds, whatever the turned clock
does; the clock waits only until the message has been said. What is said is shown in writing, which the trunk learns
only from an account in rehearsal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from priyom.channels.sip_voice import CARD
from priyom.channels.sip_voice.audio import encode, tone
from priyom.channels.sip_voice.emulator_trunk import CALLER, DOMAIN, LOOPBACK, PASSWORD, USER, Call, FakeTrunk
from priyom.contracts.emulator import Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.message import File
from priyom.contracts.phonebook import Letter, Phonebook, Words

BEFORE_A_KEY = 0.5
"""Nobody presses sooner after the first sound of the words, in seconds."""
QUIET_SECONDS, LONGEST_HEARING = 0.4, 4.0
MACHINE_SECONDS = 6.0
KEY_WAIT = "15"
"""The demo account's wait for a key: time to look at the page and press."""


@dataclass(slots=True)
class Talk(Letter):
    """A message said in a call, or a key pressed. `choices` is key -> label; `live` while the call is on."""

    choices: dict[str, str] = field(default_factory=dict)
    live: bool = False

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Keys can be pressed as long as the call is on."""
        return tuple(self.choices.items()) if self.live else ()


@dataclass(slots=True)
class Hearing:
    """When a person heard the first sound since the words were shown, and the last sound of all."""

    first: float | None = None
    last: float | None = None


class SipVoiceEmulator:
    """The network. Set `port` before `start` to fix it. `phone.extra["behaves"]` may be busy, away (rings on), off,
    gone, machine (talks on) or impatient (hangs up at once)."""

    channel = CARD.key
    contact_kind = CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.port = 0
        self._world = world
        words = Words("Это не номер телефона: нужен вид +7…")
        self._book = Phonebook(world, self.contact_kind, Talk, r"\+\d{8,15}", words)
        self._book.loses = lambda: self.mode is Mode.LOSE
        self._trunk = FakeTrunk(self, lambda: self.mode)
        self._said: dict[str, list[Talk]] = {}
        self._heard: dict[str, Hearing] = {}
        self._next = 1

    def routes(self) -> list[web.AbstractRouteDef]:
        """None: telephones speak no HTTP."""
        return []

    async def start(self) -> None:
        """Listen for SIP on loopback."""
        self.port = await self._trunk.open(self.port)

    async def stop(self) -> None:
        """Cut all calls."""
        await self._trunk.close()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one login, in rehearsal; the port is known after `start`."""
        return {
            "host": LOOPBACK, "port": str(self.port), "domain": DOMAIN, "user": USER, "password": PASSWORD,
            "caller_id": CALLER, "register": "true", "lines": "100", "machine_seconds": "0", "repeats": "0",
            "key_seconds": KEY_WAIT, "rehearsal": "true",
        }  # fmt: skip

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Nothing to call: the line is the clinic's own."""

    # -- the person's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or rename a phone; anybody can be called, so `started` changes nothing."""
        blocked = any(phone.blocked for phone in self.phones() if phone.address == address)
        phone = self._book.put(address, name, True)
        phone.blocked = blocked
        return phone

    def phones(self) -> list[Phone]:
        """All phones."""
        return self._book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """Calls from the clinic, and the keys pressed."""
        return self._book.messages(address)

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a key in the call that is on. Raises NoSuchPhone, Impossible."""
        talk = self._book.chat(address).letter(message)
        if talk is None or not talk.live or button not in talk.choices:
            raise Impossible("разговор окончен" if talk and button in talk.choices else "здесь нет такой клавиши")
        await self._key(address, button)

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Nobody listens at the other end; a single key (0 to 9, *, #) can be pressed so, too."""
        self._book.chat(address)
        if len(text.strip()) != 1 or text.strip() not in "0123456789*#" or files:
            raise Impossible("робот речи не понимает: нажмите клавишу (например, 0 - перезвоните мне)")
        await self._key(address, text.strip())

    async def start_chat(self, address: str, payload: str) -> None:
        """There are no bots here."""
        raise Impossible("на звонок нельзя «нажать Старт»")

    async def share_phone(self, address: str, phone: str) -> None:
        """There is no contact button here."""
        raise Impossible("в звонке нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """Decline the clinic's calls, or take them again."""
        self._book.chat(address).phone.blocked = blocked
        self._book.touch(address)

    async def hang_up(self, address: str) -> None:
        """Put the receiver down."""
        for call in self._calls_to(address):
            await self._trunk.hang_up(call)

    @property
    def trunk_calls(self) -> list[str]:
        """The Call-IDs under way."""
        return list(self._trunk.calls)

    def answered(self, address: str) -> bool:
        """Whether this person is in a call now."""
        return any(call.acked.is_set() for call in self._calls_to(address))

    def dump(self) -> dict[str, Any]:
        """Phones with what they heard; no call outlives a restart."""
        return {"phones": self._book.dump(), "next": self._next}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        self._book.load(state["phones"])
        self._next = state["next"]
        for chat in self._book.chats.values():
            for talk in chat.letters:
                talk.live = False

    # -- what the trunk asks (`emulator_trunk.People`) --

    def knows(self, number: str) -> bool:
        """Every number exists, but for those that are gone."""
        chat = self._book.chats.get("+" + number)
        return chat is None or chat.phone.extra.get("behaves") != "gone"

    def rings(self, call: Call) -> None:
        """A phone nobody has put here exists all the same: any number can be called."""
        address = "+" + call.number
        if address not in self._book.chats:
            self._book.put(address, address, True)
        self._world.spawn(lambda: self._hearing(call))

    async def answer(self, call: Call) -> int:
        """How this person takes calls. One that is lost rings nowhere, until the clinic gives up."""
        phone = self._book.chat("+" + call.number).phone
        behaves = phone.extra.get("behaves", "")
        if behaves == "away" or self.mode is Mode.LOSE:
            await call.over.wait()
        codes = {"busy": 486, "off": 480}
        return 603 if phone.blocked else codes.get(behaves, 200)

    def talks(self, call: Call) -> None:
        """Say «алло», as each does."""
        behaves = self._book.chat("+" + call.number).phone.extra.get("behaves", "")
        if behaves == "machine":
            asyncio.get_running_loop().create_task(
                call.at_phone.play(encode(tone(MACHINE_SECONDS, (300.0, 500.0)), call.sound.codec))
            )
        elif behaves == "impatient":
            self._world.spawn(lambda: self._trunk.hang_up(call))

    def told(self, call: Call, text: str, choices: dict[str, str]) -> None:
        """Show what is being said."""
        number, self._next = f"call-{self._next}", self._next + 1
        talk = Talk(number, self._world.now().timestamp(), "in", text, choices=choices, live=True)
        for earlier in self._said.setdefault(call.name, []):
            earlier.live = False
        self._said[call.name].append(talk)
        self._heard.setdefault(call.name, Hearing()).first = None
        self._book.add("+" + call.number, talk)

    def ends(self, call: Call) -> None:
        """No key can be pressed any more."""
        for talk in self._said.pop(call.name, []):
            talk.live = False
        self._heard.pop(call.name, None)
        self._book.touch("+" + call.number)

    # -- small parts --

    def _calls_to(self, address: str) -> list[Call]:
        return [call for call in self._trunk.calls.values() if "+" + call.number == address]

    async def _key(self, address: str, key: str) -> None:
        calls = self._calls_to(address)
        if not calls:
            raise Impossible("разговор окончен")
        [call] = calls[:1]
        if not await self._listened(call) or not call.at_phone.press(key):
            raise Impossible("разговор окончен")
        number, self._next = f"call-{self._next}", self._next + 1
        self._book.add(address, Talk(number, self._world.now().timestamp(), "out", key))

    async def _listened(self, call: Call) -> bool:
        """Wait until the words can be heard, or nothing comes; whether the call is still on."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_HEARING
        while not call.over.is_set() and loop.time() < until:
            hearing = self._heard.get(call.name)
            if hearing and hearing.first is not None and loop.time() - hearing.first >= BEFORE_A_KEY:
                break
            await asyncio.sleep(0.02)
        return not call.over.is_set()

    async def _hearing(self, call: Call) -> None:
        """Until the message has been said: so long the clock shall not be turned."""
        loop = asyncio.get_running_loop()
        hearing = self._heard.setdefault(call.name, Hearing())

        def sounded(loud: bool) -> None:
            if loud:
                hearing.last = loop.time()
                hearing.first = hearing.first or hearing.last

        call.at_phone.sounded = sounded
        until = loop.time() + LONGEST_HEARING
        while not call.over.is_set() and loop.time() < until:
            if hearing.last is not None and loop.time() - hearing.last >= QUIET_SECONDS:
                return
            await asyncio.sleep(0.05)


def make(world: World) -> SipVoiceEmulator:
    """The network in this world."""
    return SipVoiceEmulator(world)
