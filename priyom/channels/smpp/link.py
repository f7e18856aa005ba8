"""One SMPP connection, seen from either end: requests with their answers matched by number, a window, a keepalive.

The same class serves the clinic's session and the fake gateway: SMPP is symmetric once a line stands.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from priyom.channels.smpp.pdu import HEADER, LONGEST, RESPONSE, BadPdu, Body, Command, Pdu, decode, encode

_LAST_SEQUENCE = 0x7FFFFFFF
_UNKNOWN_COMMAND = 0x03

Asked = Callable[[Pdu], Awaitable[Pdu | None]]
"""Handles a request of the other end; None answers nothing."""


class NotLeft(Exception):
    """The line was down before anything was written."""


class NoAnswer(Exception):
    """The request was written and no answer came: in time, or before the line broke."""


class Link:
    """A line under way. `run` reads it until it ends; requests can be made meanwhile."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asked: Asked,
        *,
        timeout: float,
        window: int = 1000,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._asked = asked
        self._timeout = timeout
        self._places = asyncio.Semaphore(max(1, window))
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.heard_at = asyncio.get_running_loop().time()
        self.down = False
        """Nothing can be written any more."""

    async def run(self) -> None:
        """Read until the line ends, for whatever reason. Raises nothing but cancellation."""
        try:
            while (raw := await self._frame()) is not None:
                self._take(raw)
        finally:
            self.drop()

    async def request(self, command: Command, body: Body = None, tlvs: Mapping[int, bytes] | None = None) -> Pdu:
        """Ask and wait for the answer, at most the link's time-out. Raises NotLeft, NoAnswer."""
        if self.down:
            raise NotLeft
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        number = self._sequence
        answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(self._timeout):
                self._write(Pdu(command, body, 0, number, tlvs or {}))
                with suppress(OSError):  # the reader notices the end too, and ends the waiting
                    await self._writer.drain()
                return await answer
        except TimeoutError:
            raise NoAnswer from None
        finally:
            del self._waiting[number]

    async def within_window(self, command: Command, body: Body, tlvs: Mapping[int, bytes] | None = None) -> Pdu:
        """The same, when a place in the window is free. Raises NotLeft, NoAnswer."""
        async with self._places:
            return await self.request(command, body, tlvs)

    async def keep_alive(self, every: float, patience: float) -> None:
        """Ask after the other end whenever it has been silent for `every` seconds; a line that stays silent for
        `patience` more is dropped. Ends with the line."""
        loop = asyncio.get_running_loop()
        while not self.down:
            quiet = loop.time() - self.heard_at
            if quiet < every:
                await asyncio.sleep(every - quiet)
                continue
            try:
                async with asyncio.timeout(patience):
                    await self.request(Command.ENQUIRE_LINK)
            except (TimeoutError, NoAnswer, NotLeft):
                self.drop()

    async def close(self) -> None:
        """Say goodbye, wait for the answer (briefly), and end."""
        with suppress(NotLeft, NoAnswer, TimeoutError):
            async with asyncio.timeout(min(2.0, self._timeout)):
                await self.request(Command.UNBIND)
        self._writer.close()
        self.drop()

    def drop(self) -> None:
        """End at once: who waits is told that no answer came, work in hand is cancelled."""
        self.down = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswer())
        for task in self._tasks:
            task.cancel()
        if not self._writer.transport.is_closing():
            self._writer.transport.abort()

    def hang_up(self) -> None:
        """End after what has been written has left."""
        self.down = True
        self._writer.close()

    # -- reading --

    async def _frame(self) -> bytes | None:
        """The next unit's bytes; None at the end of the line, or when what comes is not SMPP."""
        try:
            head = await self._reader.readexactly(4)
            [length] = struct.unpack(">I", head)
            if not HEADER <= length <= LONGEST:
                return None
            return head + await self._reader.readexactly(length - 4)
        except (asyncio.IncompleteReadError, OSError):
            return None

    def _take(self, raw: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        try:
            pdu = decode(raw)
        except BadPdu as error:
            if not raw[4] & 0x80:  # to an answer nothing is answered, however broken it is
                self._write(Pdu(Command.GENERIC_NACK, None, error.status, error.sequence))
            return
        if pdu.is_response:
            answer = self._waiting.get(pdu.sequence)
            if answer is not None and not answer.done():
                answer.set_result(pdu)
            return
        if pdu.command == Command.ENQUIRE_LINK:
            self._write(pdu.answer())
            return
        task = asyncio.create_task(self._handle(pdu))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, pdu: Pdu) -> None:
        if pdu.command not in list(Command):
            answer: Pdu | None = Pdu(Command.GENERIC_NACK, None, _UNKNOWN_COMMAND, pdu.sequence)
        else:
            answer = await self._asked(pdu)
        if answer is not None:
            self._write(answer)
        if answer is not None and answer.command == Command.UNBIND | RESPONSE:
            self.hang_up()

    def _write(self, pdu: Pdu) -> None:
        if not self._writer.transport.is_closing():
            self._writer.write(encode(pdu))
