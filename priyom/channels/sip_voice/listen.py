"""The line to the trunk, held open by the worker: registered there, calls placed over it, their outcomes handed to the
house as updates of our own (`receive.py` reads them)."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress

from priyom.channels.sip_voice import Settings, outcomes, rehearsal
from priyom.channels.sip_voice.conversation import Conversation, Item
from priyom.channels.sip_voice.habits import check_rehearsal, first_of, manners_of, ports_of, voice_of
from priyom.channels.sip_voice.leg import Leg
from priyom.channels.sip_voice.outbox import Outbox, Reports
from priyom.channels.sip_voice.register import (
    EXPIRES,
    Registration,
    address_towards,
    lifetime,
    trunk_of,
)
from priyom.channels.sip_voice.rtp import NoPort, Stream
from priyom.channels.sip_voice.sdp import offer
from priyom.channels.sip_voice.sip import SipMessage
from priyom.channels.sip_voice.speech import Mute
from priyom.channels.sip_voice.wire import Address, NoReply, Wire
from priyom.channels.sip_voice.words import speech
from priyom.contracts.channel import Account, Post, Session
from priyom.contracts.errors import ChannelError, Misconfigured, Throttled, Unavailable, Uncertain
from priyom.contracts.message import Outgoing, Receipt
from priyom.foundation.http import Http

log = logging.getLogger(__name__)

LONGEST_WAIT = 8.0
"""Seconds a send may wait: for the line, for a free channel, for the trunk's word."""
RINGING_WAIT = 4.0
"""Seconds after «100 Trying» in which a refusal of the number still comes back from `send`."""
KEEP_ALIVE = 25.0
BUSY_PAUSE = 10.0
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)


def open(http: Http, account: Account, post: Post) -> Session | None:
    """The line of this account, not yet running."""
    return Line(account.settings, post, min(http.timeout, LONGEST_WAIT))


class Line:
    """One account's line. `place` puts a call on it; `run` holds it."""

    def __init__(self, settings: Settings, post: Post, patience: float) -> None:
        self._settings, self._patience = settings, patience
        self._outbox = Outbox(post)
        self._wire = Wire(self._serve)
        self._voice = voice_of(settings)
        self._registration: Registration | None = None
        self._up, self._wanted, self._tried = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._trouble: ChannelError | None = None
        self._calls: dict[str, Conversation] = {}
        self._holding: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._offers: dict[str, bytes] = {}

    @property
    def talking(self) -> frozenset[str]:
        """The numbers on the line now, as the trunk spells them."""
        return frozenset(self._calls)

    # -- held by the worker --

    async def run(self) -> None:
        """Hold the line until cancelled. Raises Misconfigured when the trunk does not know us."""
        posting = asyncio.get_running_loop().create_task(self._outbox.run())
        try:
            await self._hold()
        finally:
            await self._shut(posting)

    async def _hold(self) -> None:
        tries = 0
        while True:
            self._wanted.clear()
            try:
                wait = await self._stand()
                tries = 0
                self._trouble = None
                self._up.set()
            except Unavailable as error:
                self._up.clear()
                self._trouble = error
                wait, tries = PAUSES[min(tries, len(PAUSES) - 1)], tries + 1
            except Misconfigured as error:
                self._trouble = error
                self._up.set()  # whoever waits shall hear it
                raise
            finally:
                self._tried.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rest(), wait)

    async def _rest(self) -> None:
        """Keep the way through routers open while the line is up; end when a call waits for one that is down."""
        while self._up.is_set():
            await asyncio.sleep(KEEP_ALIVE)
            if self._registration is not None:
                self._wire.send_raw(b"\r\n\r\n", self._registration.trunk.server)
        await self._wanted.wait()

    async def _stand(self) -> float:
        """Make sure that the trunk knows us; seconds until this must be repeated."""
        registration = self._registration or await self._open()
        try:
            if self._settings.register:
                said = await registration.register(EXPIRES, self._patience)
            else:
                said = await registration.options(self._patience)
        except NoReply:
            raise Unavailable("оператор не отвечает") from None
        if self._settings.register and said.status >= 300:
            error = outcomes.refusal(said)
            raise (
                error if isinstance(error, Misconfigured) else Unavailable(f"оператор не регистрирует ({said.status})")
            )
        if said.status in (500, 502, 503, 504):
            raise Unavailable(f"оператор сейчас не работает ({said.status})", str(said.status))
        return max(15.0, lifetime(said) / 2) if self._settings.register else 2 * KEEP_ALIVE

    async def _open(self) -> Registration:
        trunk = await trunk_of(self._settings)
        check_rehearsal(self._settings, trunk)
        mine = address_towards(trunk.server)
        try:
            here = await self._wire.open(mine, self._settings.local_port)
        except OSError:
            raise Unavailable("порт SIP на этой машине занят") from None
        public = self._settings.public_address
        self._registration = Registration(self._wire, trunk, (public or here[0], here[1]), secrets.token_hex(12))
        return self._registration

    async def _shut(self, posting: asyncio.Task[None]) -> None:
        self._trouble = self._trouble or Unavailable("линия закрывается")
        await asyncio.sleep(0)  # a task that has not begun could not clean up
        for task in self._holding:
            task.cancel()
        if self._holding:
            await asyncio.wait(set(self._holding), timeout=6.0)
        if self._registration and self._settings.register and self._up.is_set():
            with suppress(NoReply):
                await self._registration.register(0, 1.0)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._outbox.empty(), 3.0)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        self._wire.close()

    # -- called by `send` --

    async def place(self, outgoing: Outgoing, number: str) -> Receipt:
        """Call `number` and say this; or say it to whoever is on the line already. Raises `contracts.errors`."""
        item = Item(secrets.token_hex(10), speech(outgoing, opt_out=self._settings.opt_out))
        try:
            await self._voice.samples((*item.speech.matter, *item.speech.menu))
        except Mute as error:
            raise Misconfigured(str(error)) from None
        registration = await self._ready()
        if (talking := self._calls.get(number)) is not None:
            if talking.join(item):
                return Receipt(item.name)
            with suppress(TimeoutError):
                await asyncio.wait_for(talking.ended.wait(), self._patience)
        await self._free_line(number)
        call = await self._prepare(registration, number, item, outgoing.address)
        self._calls[number] = call
        dialled = asyncio.get_running_loop().create_task(call.leg.dial(2 * LONGEST_WAIT))
        try:
            await self._placed(call, dialled)
        except BaseException:
            call.leg.give_up()
            self._spawn(number, call, self._bury(call, dialled))
            raise
        self._spawn(number, call, call.hold(dialled))
        return Receipt(item.name)

    async def _ready(self) -> Registration:
        if not self._up.is_set():
            self._tried.clear()
            self._wanted.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._tried.wait(), self._patience)
        if isinstance(self._trouble, Misconfigured):
            raise Misconfigured(self._trouble.text, self._trouble.code)
        if self._trouble is not None or self._registration is None or not self._up.is_set():
            raise Unavailable(self._trouble.text if self._trouble else "линия к оператору еще не открыта")
        return self._registration

    async def _free_line(self, number: str) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while number in self._calls or len(self._calls) >= self._settings.lines:
            self._freed.clear()
            try:
                await asyncio.wait_for(self._freed.wait(), until - loop.time())
            except TimeoutError:
                raise Throttled("все линии заняты", BUSY_PAUSE) from None

    async def _prepare(self, registration: Registration, number: str, item: Item, address: str) -> Conversation:
        settings, trunk = self._settings, registration.trunk
        stream = Stream(lambda key: None)
        try:
            port = await stream.open(address_towards(trunk.server), ports_of(settings))
        except NoPort:
            raise Throttled("заняты все порты для звука", BUSY_PAUSE) from None
        except OSError:
            raise Unavailable("на этой машине не открывается порт для звука") from None
        sound = offer(settings.public_address or registration.here[0], port, secrets.randbelow(1 << 31))
        leg = Leg(self._wire, trunk, registration.here, number, f"{item.name}@priyom", sound)
        leg.more = [("p-asserted-identity", f"<sip:{settings.caller_id}@{trunk.domain}>")] if settings.assert_id else []
        if settings.rehearsal:
            leg.more.append((rehearsal.HEADER, rehearsal.header(item.speech)))
        call = Conversation(
            leg, stream, self._voice, manners_of(settings), Reports(self._outbox, address), trunk.server[0], item
        )
        stream.pressed = call.pressed
        leg.pressed = lambda key: call.pressed(key, "info")
        self._offers[leg.call] = sound
        return call

    async def _placed(self, call: Conversation, dialled: asyncio.Task[SipMessage]) -> None:
        """Wait until the trunk has the call. Raises what it refuses us with."""
        leg = call.leg
        await first_of(dialled, leg.trying, self._patience)
        if not dialled.done() and leg.trying.is_set():
            await first_of(dialled, leg.decided, min(RINGING_WAIT, self._patience))
        if dialled.done():
            try:
                error = outcomes.refusal(dialled.result())
            except NoReply:
                raise Uncertain("оператор не ответил: неизвестно, звонит ли телефон") from None
            if error is not None:
                raise error
        elif not leg.trying.is_set():
            raise Uncertain("оператор не ответил: неизвестно, звонит ли телефон")

    async def _bury(self, call: Conversation, dialled: asyncio.Task[SipMessage]) -> None:
        """A call given up: see it to its end, whatever still comes."""
        try:
            await asyncio.wait({dialled})
        finally:
            await call.put_away(dialled)

    def _spawn(self, number: str, call: Conversation, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._holding.add(task)

        def over(done: asyncio.Task[None]) -> None:
            self._holding.discard(done)
            self._offers.pop(call.leg.call, None)
            if self._calls.get(number) is call:
                del self._calls[number]
            self._freed.set()
            call.ended.set()
            call.stream.drop()
            if not done.cancelled() and done.exception() is not None:
                log.error("a call broke off: %s", type(done.exception()).__name__)

        task.add_done_callback(over)

    # -- what comes from the trunk --

    def _serve(self, message: SipMessage, source: Address) -> SipMessage | None:
        call = next((c for c in self._calls.values() if c.leg.is_ours(message)), None)
        if call is not None:
            return None if message.method == "ACK" else call.leg.serve(message, self._offers.get(call.leg.call, b""))
        match message.method:
            case "ACK":
                return None
            case "OPTIONS":
                return message.reply(200, "OK")
            case "INVITE":
                return message.reply(480, "Temporarily Unavailable", tag="priyom")
            case "BYE" | "INFO" | "CANCEL" | "UPDATE":
                return message.reply(481, "Call/Transaction Does Not Exist")
            case "NOTIFY":
                return message.reply(200, "OK")
        return message.reply(405, "Method Not Allowed")
