"""A UDP socket that speaks SIP: requests are repeated until somebody answers, answers are matched to them, and what
comes twice is answered once (the transactions of RFC 3261, section 17, as far as a caller needs them)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from priyom.channels.sip_voice.sip import BadSip, SipMessage, read

log = logging.getLogger(__name__)

Address = tuple[str, int]
T1, T2 = 0.5, 4.0
"""Seconds: the first wait before a repetition, and the longest."""
LIFE = 32.0
"""64 x T1: so long a transaction may still see what belongs to it."""
_MOST_KEPT = 4096


class NoReply(Exception):
    """Nobody answered in time; the request may have arrived all the same."""


@dataclass(slots=True)
class _Asked:
    request: SipMessage
    to: Address
    heard: Callable[[SipMessage], None] | None
    final: asyncio.Future[SipMessage]
    first: asyncio.Event = field(default_factory=asyncio.Event)
    thanks: bytes = b""
    """The ACK of a final answer, sent again whenever that answer comes again."""


class Wire(asyncio.DatagramProtocol):
    """`serve` answers requests from outside: it gets the request and its source, and returns the response or None."""

    def __init__(self, serve: Callable[[SipMessage, Address], SipMessage | None]) -> None:
        self._serve = serve
        self._line: asyncio.DatagramTransport | None = None
        self._asked: dict[tuple[str, str], _Asked] = {}
        self._served: dict[tuple[str, str, Address], bytes] = {}

    async def open(self, host: str, port: int = 0) -> Address:
        """Listen; the address taken. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._line, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        name = self._line.get_extra_info("sockname")
        return str(name[0]), int(name[1])

    def close(self) -> None:
        """Hang up; whoever waits gets NoReply."""
        if self._line is not None:
            self._line.close()
            self._line = None
        for asked in self._asked.values():
            if not asked.final.done():
                asked.final.cancel()

    def send(self, message: SipMessage, to: Address) -> bytes:
        """One datagram; the bytes of it."""
        data = message.write()
        self.send_raw(data, to)
        return data

    def send_raw(self, data: bytes, to: Address) -> None:
        """The same datagram again."""
        if self._line is not None and not self._line.is_closing():
            self._line.sendto(data, to)

    def keep(self, request: SipMessage, source: Address, response: SipMessage) -> None:
        """Send a response, and send it again whenever the same request comes again."""
        while len(self._served) >= _MOST_KEPT:
            self._served.pop(next(iter(self._served)))
        self._served[_named(request, source)] = self.send(response, source)

    def thank(self, request: SipMessage, ack: SipMessage, to: Address) -> None:
        """Acknowledge a 2xx to this INVITE, and again whenever it comes again."""
        data = self.send(ack, to)
        if asked := self._asked.get((request.branch, request.method)):
            asked.thanks, asked.to = data, to

    async def ask(
        self,
        request: SipMessage,
        to: Address,
        *,
        within: float = LIFE,
        heard: Callable[[SipMessage], None] | None = None,
    ) -> SipMessage:
        """Send a request and wait for its final answer; `heard` is told of provisional ones. An INVITE may ring as long
        as it likes once anybody has answered. Raises NoReply."""
        loop = asyncio.get_running_loop()
        key = (request.branch, request.method)
        asked = self._asked[key] = _Asked(request, to, heard, loop.create_future())
        repeat = loop.create_task(self._repeat(asked))
        try:
            if request.method == "INVITE":
                await asyncio.wait_for(asked.first.wait(), within)
                return await asked.final
            return await asyncio.wait_for(asyncio.shield(asked.final), within)
        except TimeoutError:
            raise NoReply(request.method) from None
        except asyncio.CancelledError:
            if asked.final.cancelled() and self._line is None:
                raise NoReply(request.method) from None
            raise
        finally:
            repeat.cancel()
            loop.call_later(LIFE, self._asked.pop, key, None)

    async def _repeat(self, asked: _Asked) -> None:
        wait = T1
        data = asked.request.write()
        while not asked.final.done() and not (asked.request.method == "INVITE" and asked.first.is_set()):
            self.send_raw(data, asked.to)
            await asyncio.sleep(wait)
            wait = wait * 2 if asked.request.method == "INVITE" else min(wait * 2, T2)

    def datagram_received(self, data: bytes, source: Address) -> None:
        """Something came. What is no SIP is dropped; keep-alives are empty lines."""
        if not data.strip(b"\r\n\0 "):
            return
        try:
            message = read(data)
        except BadSip as error:
            log.debug("a datagram that is no SIP: %s", error)
            return
        place = (str(source[0]), int(source[1]))
        if message.method:
            self._request(message, place)
        else:
            self._response(message)

    def error_received(self, error: Exception) -> None:
        """The other machine refuses datagrams: the same as no answer."""

    def _request(self, message: SipMessage, source: Address) -> None:
        if (kept := self._served.get(_named(message, source))) and message.method != "ACK":
            self.send_raw(kept, source)
            return
        response = self._serve(message, source)
        if response is not None and message.method != "ACK":
            self.keep(message, source, response)

    def _response(self, message: SipMessage) -> None:
        asked = self._asked.get((message.branch, message.cseq[1]))
        if asked is None:
            return
        asked.first.set()
        if message.status < 200:
            if asked.heard is not None and not asked.final.done():
                asked.heard(message)
            return
        if asked.request.method == "INVITE" and message.status >= 300 and not asked.thanks:
            asked.thanks = acknowledge(asked.request, message).write()
            self.send_raw(asked.thanks, asked.to)
        elif asked.thanks:
            self.send_raw(asked.thanks, asked.to)
        if not asked.final.done():
            asked.final.set_result(message)


def acknowledge(invite: SipMessage, final: SipMessage) -> SipMessage:
    """The ACK of a refusal: the same transaction as its INVITE (RFC 3261, section 17.1.1.3)."""
    kept = [(n, v) for n, v in invite.headers if n in ("from", "call-id", "route", "max-forwards")]
    headers = [
        ("via", invite.all("via")[0]), *kept, ("to", final.get("to")), ("cseq", f"{invite.cseq[0]} ACK"),
    ]  # fmt: skip
    return SipMessage(method="ACK", uri=invite.uri, headers=headers)


def _named(message: SipMessage, source: Address) -> tuple[str, str, Address]:
    return message.branch, message.method, source
