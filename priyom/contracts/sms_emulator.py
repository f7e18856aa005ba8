"""What fake SMS gateways have in common: phones that anybody may write to, numbers that die, money that runs out, the
modes, and memory. The gateway's own side - its pages, refusals and reports - is the subclass's."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost
from priyom.contracts.message import File
from priyom.contracts.phonebook import Letter, Phonebook, Words
from priyom.foundation.phone import BadPhone, normalize

SLOW_SECONDS = 3.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Sms(Letter):
    """One SMS of either direction. `phone` is the person's number, `sender` what stands above the text; `state` and
    `cost` are the gateway's words for it. Not `seen`: the number is dead, the text never reached it. `changed_at` is
    when the state last changed, in Unix seconds; `key` is whatever the client called it."""

    phone: str = ""
    sender: str = ""
    state: str = ""
    cost: str = "0"
    parts: int = 1
    seen: bool = True
    changed_at: float = 0.0
    key: str = ""

    def shown(self) -> PhoneMessage:
        """The SMS as the person sees it."""
        return PhoneMessage(
            self.id, datetime.fromtimestamp(self.at, UTC), self.direction, self.text, sender=self.sender
        )


class SmsEmulator(ABC):
    """A gateway with one client. `clinic_number` is the number people can answer to; '' where nobody can."""

    channel: str
    contact_kind = "phone"
    clinic_number = ""

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.balance = Decimal("100000.00")
        self.world = world
        self.post = HookPost(world, lambda status: 200 <= status < 300)
        self._book = Phonebook(world, self.contact_kind, Sms, r"\+\d{7,15}", Words("в адресе нужен номер телефона"))
        self._book.loses = lambda: self.mode is Mode.LOSE
        self._next = 1
        self._stopped = False

    # -- what the gateway itself must say --

    @abstractmethod
    def routes(self) -> list[web.AbstractRouteDef]:
        """The gateway's pages, made with `page`."""

    @abstractmethod
    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """Settings of the one client."""

    @abstractmethod
    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Where to call."""

    @abstractmethod
    def throttled(self) -> web.Response:
        """The gateway's own «too many requests»."""

    @abstractmethod
    def settle(self, sms: Sms) -> None:
        """The operator's last word on an SMS is there (delivered when `sms.seen`): note its state, call the client."""

    def hand_over(self, sms: Sms) -> None:
        """A person has written to the client's number: tell the client. A gateway without numbers leaves this."""
        raise NotImplementedError

    # -- for the gateway's pages --

    def page(self, work: Handler, *, sends: bool = False) -> Handler:
        """`work` as the mode lets it be done. Only a page that `sends` throttles, or hangs when all is done."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if self.mode is Mode.DOWN:
                return web.Response(status=503, text="Service Unavailable")
            if self.mode is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            if sends and self.mode is Mode.THROTTLE:
                return self.throttled()
            answer = await work(request)
            if sends and self.mode is Mode.HANG:
                await self._hang(request)
            return answer

        return handle

    def number(self) -> int:
        """The next number of whatever this gateway numbers."""
        self._next += 1
        return self._next - 1

    def take(self, sms: Sms) -> None:
        """Let an SMS go out to its phone, known or not; the operator's word on it comes soon after, but never on one
        that is lost. Pays for it."""
        if sms.phone not in self._book.chats:
            self._book.put(sms.phone, "", True)
        chat = self._book.chat(sms.phone)
        sms.seen, sms.changed_at = not chat.phone.blocked, sms.at
        self.balance -= Decimal(sms.cost)
        self._book.add(sms.phone, sms)
        if sms.lost:
            sms.seen = False
            return

        async def report() -> None:
            sms.changed_at = self.world.now().timestamp()
            self.settle(sms)

        self.world.spawn(report)

    def all_sms(self) -> list[Sms]:
        """Every SMS there has been, either way, oldest first."""
        found = [sms for chat in self._book.chats.values() for sms in chat.letters]
        return sorted(found, key=lambda sms: sms.at)

    def sms(self, key: str) -> Sms | None:
        """The SMS that went out under this id."""
        sent = (sms for chat in self._book.chats.values() for sms in chat.letters if sms.direction == "in")
        return next((sms for sms in sent if sms.id == key), None)

    # -- the person's side --

    async def start(self) -> None:
        """Nothing of its own to open; what nobody took before is called again."""
        self._stopped = False
        self.post.again()

    async def stop(self) -> None:
        """Let go of the requests that hang."""
        self._stopped = True

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or rename a phone; any number can be written to, so `started` changes nothing."""
        number = normalize(address)
        dead = number in self._book.chats and self._book.chat(number).phone.blocked
        phone = self._book.put(number, name, True)
        phone.blocked = dead
        return phone

    def phones(self) -> list[Phone]:
        """All phones, in the order they came up."""
        return self._book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """SMS from and to the clinic."""
        return [sms.shown() for sms in self._book.chat(self._known(address)).letters if sms.seen]

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Answer the last SMS, or write to the clinic's number. Raises Impossible: a name cannot be answered."""
        number = self._known(address)
        chat = self._book.chat(number)
        if chat.phone.blocked:
            raise Impossible("номер отключен")
        if files:
            raise Impossible("в SMS файлов нет")
        last = next((s for s in reversed(chat.letters) if s.direction == "in" and s.seen), None)
        to = last.sender if last else self.clinic_number
        if not self.clinic_number or to != self.clinic_number:
            raise Impossible("на имя отправителя ответить нельзя")
        now = self.world.now().timestamp()
        sms = Sms(str(self.number()), now, "out", text, phone=number, sender="", changed_at=now)
        self.hand_over(self._book.add(number, sms))

    async def press(self, address: str, message: str, button: str) -> None:
        """SMS has no buttons."""
        self._known(address)
        raise Impossible("в SMS нет кнопок: ответьте цифрой")

    async def start_chat(self, address: str, payload: str) -> None:
        """SMS has no bots."""
        raise Impossible("в SMS нет ботов")

    async def share_phone(self, address: str, phone: str) -> None:
        """SMS has no contact button."""
        raise Impossible("в SMS нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """The number dies, or lives again."""
        number = self._known(address)
        self._book.chat(number).phone.blocked = blocked
        self._book.touch(number)

    # -- memory --

    def dump(self) -> dict[str, Any]:
        """Phones with their SMS, money, the counter and what nobody has taken yet."""
        return {
            "book": self._book.dump(),
            "balance": str(self.balance),
            "next": self._next,
            "post": self.post.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        self._book.load(state["book"])
        self.balance, self._next = Decimal(state["balance"]), state["next"]
        self.post.load(state["post"])

    def _known(self, address: str) -> str:
        try:
            number = normalize(address)
        except BadPhone:
            raise NoSuchPhone(address) from None
        if number not in self._book.chats:
            raise NoSuchPhone(address)
        return number

    async def _hang(self, request: web.Request) -> None:
        line = request.transport
        while self.mode is Mode.HANG and not self._stopped and line and not line.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # three things may end it, and none of them tells an event
        if line:
            line.abort()
