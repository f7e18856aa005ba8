"""The operator's half of the fake: a SIP registrar and proxy on loopback, as strict as a real trunk. It challenges
requests, knows one login, refuses numbers that cannot be and sound it cannot carry, and rings the people's phones."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from priyom.channels.sip_voice import digest, rehearsal
from priyom.channels.sip_voice.leg import Trunk
from priyom.channels.sip_voice.leg import request as new_request
from priyom.channels.sip_voice.rtp import Stream
from priyom.channels.sip_voice.sdp import NoCommonSound, Sound, agree, offer
from priyom.channels.sip_voice.sip import SipMessage, address_uri, new_tag, uri_parts
from priyom.channels.sip_voice.wire import T1, Address, NoReply, Wire
from priyom.contracts.emulator import Mode

LOOPBACK = "127.0.0.1"
DOMAIN, USER, PASSWORD = "sip.operator.example", "clinic", "demo-password-1"
CALLER = "+74950000001"
CHANNELS = 200
SLOW_SECONDS = 3.0
PICK_UP_SECONDS = 0.1
RETRY_AFTER = "5"
_ACK_TRIES = 7


@dataclass(slots=True)
class Call:
    """One call to somebody's phone. `other` is the caller's address, `at_phone` our side of the sound."""

    invite: SipMessage
    other: Address
    number: str
    sound: Sound
    at_phone: Stream
    tag: str = field(default_factory=new_tag)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    verdict: int = 0
    answered: bool = False

    @property
    def name(self) -> str:
        """The Call-ID."""
        return self.invite.get("call-id")

    def stop(self, verdict: int) -> None:
        """It shall ring no longer."""
        self.verdict = self.verdict or verdict
        self.stopped.set()


class People(Protocol):
    """The phones' half."""

    def knows(self, number: str) -> bool:
        """Whether such a number exists."""

    def rings(self, call: Call) -> None:
        """A phone rings: the call is seen on it."""

    async def answer(self, call: Call) -> int:
        """200 to take the call, else the code it ends with."""

    def talks(self, call: Call) -> None:
        """The call is made; sound goes both ways."""

    def told(self, call: Call, text: str, choices: dict[str, str]) -> None:
        """What is being said, in writing."""

    def ends(self, call: Call) -> None:
        """The call is over, or never came to be."""


class FakeTrunk:
    """`mode` says how it behaves; `calls` are under way, by Call-ID."""

    def __init__(self, people: People, mode: Callable[[], Mode]) -> None:
        self._people, self._mode = people, mode
        self._wire = Wire(self._serve)
        self._here: Address = (LOOPBACK, 0)
        self._nonces: dict[str, None] = {}
        self._work: set[asyncio.Task[None]] = set()
        self.bindings: dict[str, str] = {}
        self.calls: dict[str, Call] = {}

    async def open(self, port: int) -> int:
        """Listen on `port` (0: a free one); the port taken."""
        self._here = await self._wire.open(LOOPBACK, port)
        return self._here[1]

    async def close(self) -> None:
        """Drop everything."""
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        for call in list(self.calls.values()):
            await self._end(call)
        self._wire.close()
        self._wire = Wire(self._serve)

    async def hang_up(self, call: Call) -> None:
        """The person hangs up, or does not take the call."""
        if not call.answered:
            call.stop(603)
            await call.over.wait()
        if call.over.is_set():
            return
        caller = address_uri(call.invite.all("contact")[0])
        trunk = Trunk(call.other, DOMAIN, call.number, "", "")
        bye = new_request(trunk, self._here, "BYE", caller, call.invite.get("from"), call.name, 1, call.tag)
        await self._end(call)
        with suppress(NoReply):
            await self._wire.ask(bye, call.other, within=2.0)

    # -- requests --

    def _serve(self, message: SipMessage, source: Address) -> SipMessage | None:
        if self._mode() is Mode.DOWN and message.method != "ACK":
            return message.reply(503, "Service Unavailable", tag=new_tag())
        call = self.calls.get(message.get("call-id"))
        match message.method:
            case "REGISTER":
                return self._challenge(message, 401) or self._register(message)
            case "OPTIONS":
                return message.reply(200, "OK", tag=new_tag())
            case "INVITE" if call is None:
                return self._invite(message, source)
            case "ACK" | "BYE" | "CANCEL" | "INFO" if call is not None:
                return self._within(call, message)
            case "ACK":
                return None
        return message.reply(481, "Call/Transaction Does Not Exist", tag=new_tag())

    def _within(self, call: Call, message: SipMessage) -> SipMessage | None:
        match message.method:
            case "ACK":
                call.acked.set()
                return None
            case "CANCEL":
                call.stop(487)
            case "INFO" if message.get("content-type") == rehearsal.KIND:
                self._people.told(call, *rehearsal.read(message.body))
            case "BYE":
                self._spawn(self._end(call))
        return message.reply(200, "OK", tag=call.tag)

    def _challenge(self, message: SipMessage, status: int) -> SipMessage | None:
        """A demand for the password, a refusal of a wrong one, or None."""
        name = "authorization" if status == 401 else "proxy-authorization"
        given = digest.fields(message.get(name))
        if given.get("nonce") in self._nonces and given.get("realm") == DOMAIN:
            if digest.right(given, USER, PASSWORD, message.method):
                return None
            return message.reply(403, "Forbidden", tag=new_tag())
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = None
        while len(self._nonces) > 1000:
            self._nonces.pop(next(iter(self._nonces)))
        stale = ", stale=true" if given else ""
        demand = f'Digest realm="{DOMAIN}", nonce="{nonce}", algorithm=MD5, qop="auth"{stale}'
        header = "www-authenticate" if status == 401 else "proxy-authenticate"
        reason = "Unauthorized" if status == 401 else "Proxy Authentication Required"
        return message.reply(status, reason, tag=new_tag(), more=[(header, demand)])

    def _register(self, message: SipMessage) -> SipMessage:
        user = uri_parts(address_uri(message.get("to")))
        if user is None or user[0] != USER:
            return message.reply(404, "Not Found", tag=new_tag())
        for contact in message.all("contact"):
            if message.get("expires") == "0":
                self.bindings.pop(address_uri(contact), None)
            else:
                self.bindings[address_uri(contact)] = message.get("expires")
        more = [("contact", f"<{uri}>;expires=120") for uri in self.bindings]
        return message.reply(200, "OK", tag=new_tag(), more=more)

    def _invite(self, message: SipMessage, source: Address) -> SipMessage | None:
        if refused := self._challenge(message, 407):
            return refused
        if self._mode() is Mode.THROTTLE or len(self.calls) >= CHANNELS:
            more = [("retry-after", RETRY_AFTER)]
            return message.reply(503, "Service Unavailable", tag=new_tag(), more=more)
        to, sender = uri_parts(message.uri), uri_parts(address_uri(message.get("from")))
        if sender is None or sender[0] not in (USER, CALLER.lstrip("+")):
            return message.reply(403, "Caller ID is not yours", tag=new_tag())
        if to is None or not (to[0].isdecimal() and len(to[0]) == 11 and to[0][0] == "7"):
            return message.reply(484, "Address Incomplete", tag=new_tag())
        if not self._people.knows(to[0]):
            return message.reply(404, "Not Found", tag=new_tag())
        if not message.all("contact"):
            return message.reply(400, "Missing Contact", tag=new_tag())
        try:
            sound = agree(message.body)
        except NoCommonSound:
            return message.reply(488, "Not Acceptable Here", tag=new_tag())
        call = self._new_call(message, source, to[0], sound)
        self._spawn(self._ring(call))
        return None

    def _new_call(self, message: SipMessage, source: Address, number: str, sound: Sound) -> Call:
        call = Call(message, source, number, sound, Stream(lambda key: None))
        self.calls[call.name] = call
        return call

    # -- a call's way --

    async def _ring(self, call: Call) -> None:
        try:
            if self._mode() is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            hangs = self._mode() is Mode.HANG
            if not hangs:
                self._say(call, 100, "Trying")
            self._people.rings(call)
            if header := call.invite.get(rehearsal.HEADER):
                self._people.told(call, *rehearsal.read_header(header))
            if hangs:
                return
            self._say(call, 180, "Ringing")
            await asyncio.sleep(PICK_UP_SECONDS)
            status = await self._decide(call)
            if status == 200:
                await self._connect(call)
            else:
                self._say(call, status, {487: "Request Terminated", 486: "Busy Here", 603: "Decline"}.get(status, "No"))
                await self._end(call)
        except ValueError:
            self._say(call, 400, "Bad Request")
            await self._end(call)

    async def _decide(self, call: Call) -> int:
        answering = asyncio.ensure_future(self._people.answer(call))
        stopped = asyncio.ensure_future(call.stopped.wait())
        try:
            await asyncio.wait({answering, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return call.verdict or answering.result()
        finally:
            answering.cancel()
            stopped.cancel()

    async def _connect(self, call: Call) -> None:
        port = await call.at_phone.open(LOOPBACK)
        more = [("contact", f"<sip:{call.number}@{LOOPBACK}:{self._here[1]}>"), ("content-type", "application/sdp")]
        call.answered = True
        self._say(call, 200, "OK", more=more, body=offer(LOOPBACK, port, 1))
        call.at_phone.start(call.sound)
        self._people.talks(call)
        for wait in (T1 * 2**n for n in range(_ACK_TRIES)):
            with suppress(TimeoutError):
                await asyncio.wait_for(call.acked.wait(), wait)
                return
            self._say(call, 200, "OK", more=more, body=offer(LOOPBACK, port, 1))
        await self._end(call)

    def _say(
        self, call: Call, status: int, reason: str, more: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> None:
        tag = call.tag if status > 100 else ""
        self._wire.keep(call.invite, call.other, call.invite.reply(status, reason, tag=tag, more=more, body=body))

    async def _end(self, call: Call) -> None:
        if not call.over.is_set():
            call.over.set()
            self.calls.pop(call.name, None)
            self._people.ends(call)
            await call.at_phone.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
