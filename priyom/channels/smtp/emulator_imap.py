"""The clinic's own mailbox at the fake provider, over IMAP: one folder that is looked at, never changed.

It understands what a reader needs (CAPABILITY, LOGIN, SELECT, EXAMINE, UID SEARCH, UID FETCH, IDLE, NOOP, LOGOUT) and
answers everything else with BAD, as a server does that lacks the extension.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_FETCH = re.compile(rb"(\d+) \(?UID BODY(?:\.PEEK)?\[\](?:<0\.(\d+)>)?\)?", re.IGNORECASE)
_SINCE = re.compile(r"SINCE (\d{1,2}-[A-Z][a-z]{2}-\d{4})")


@dataclass(slots=True)
class Box:
    """What came for the clinic: (number, moment, letter). `validity` changes when the numbers begin anew."""

    validity: int = 1
    next: int = 1
    letters: list[tuple[int, datetime, bytes]] = field(default_factory=list)
    waiting: set[asyncio.Event] = field(default_factory=set)

    def put(self, at: datetime, raw: bytes) -> None:
        """A letter comes; whoever waits is told."""
        self.letters.append((self.next, at, raw))
        self.next += 1
        for event in self.waiting:
            event.set()

    def renumber(self) -> None:
        """The provider restores the mailbox from a copy: every number is new."""
        self.validity += 1
        self.letters = [(at + 1, moment, raw) for at, (_, moment, raw) in enumerate(self.letters)]
        self.next = len(self.letters) + 1

    def dump(self) -> dict[str, Any]:
        """As JSON can carry it."""
        letters = [[uid, at.isoformat(), raw.decode("latin-1")] for uid, at, raw in self.letters]
        return {"validity": self.validity, "next": self.next, "letters": letters}

    def load(self, state: dict[str, Any]) -> None:
        """Take up what `dump` gave."""
        self.validity, self.next = state["validity"], state["next"]
        self.letters = [(uid, datetime.fromisoformat(at), raw.encode("latin-1")) for uid, at, raw in state["letters"]]


class ImapServer:
    """Serves `box` to the one login. `refuses()` breaks every connection while it is true."""

    def __init__(self, box: Box, user: str, password: str, refuses: Callable[[], bool]) -> None:
        self.port = 0
        self.idles = True
        self._box = box
        self._login = (user.encode(), password.encode())
        self._refuses = refuses
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.StreamWriter, asyncio.Task[Any]] = {}

    async def start(self) -> None:
        """Listen on `port`, or on a free one, which `port` then tells."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._lines.values())
        self.drop()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self) -> None:
        """Break every connection without a word."""
        for writer, task in list(self._lines.items()):
            writer.transport.abort()
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines[writer] = task
        try:
            if not self._refuses():
                await Talk(self._box, self._login, self.idles, reader, writer).run()
        except (OSError, EOFError, ValueError, asyncio.CancelledError):
            pass  # the other side hung up, or we did
        finally:
            del self._lines[writer]
            writer.close()


class Talk:
    """One connection."""

    def __init__(
        self,
        box: Box,
        login: tuple[bytes, bytes],
        idles: bool,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._box, self._login, self._idles = box, login, idles
        self._reader, self._writer = reader, writer
        self._inside = self._looking = False
        self._seen = 0

    async def run(self) -> None:
        """Until LOGOUT or the connection's end."""
        self._say(b"* OK IMAP4rev1 ready")
        while line := (await self._reader.readline()).rstrip(b"\r\n"):
            tag, _, rest = line.partition(b" ")
            name, _, words = rest.partition(b" ")
            if name.upper() == b"UID":
                second, _, words = words.partition(b" ")
                name += b" " + second
            verdict = await self._obey(name.upper(), words)
            if self._looking and len(self._box.letters) != self._seen:
                self._tell()
            self._say(tag + b" " + verdict)
            if name.upper() == b"LOGOUT":
                return

    async def _obey(self, name: bytes, words: bytes) -> bytes:
        if name == b"CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1" + (b" IDLE" if self._idles else b""))
        elif name == b"LOGIN":
            given = tuple(re.sub(rb"\\(.)", rb"\1", quoted) or plain for quoted, plain in _WORD.findall(words))
            self._inside = given == self._login
            if not self._inside:
                return b"NO [AUTHENTICATIONFAILED] Invalid credentials"
        elif name == b"LOGOUT":
            self._say(b"* BYE")
        elif name == b"NOOP":
            pass
        elif not self._inside:
            return b"BAD Not authenticated"
        elif name in (b"EXAMINE", b"SELECT"):
            return self._examine(words)
        elif not self._looking:
            return b"BAD No mailbox selected"
        elif name == b"UID SEARCH":
            return self._search(words.decode("ascii", "replace"))
        elif name == b"UID FETCH":
            return self._fetch(words)
        elif name == b"IDLE" and self._idles:
            return await self._idle()
        else:
            return b"BAD Unknown command"
        return b"OK done"

    def _examine(self, words: bytes) -> bytes:
        if words.strip(b'"').upper() != b"INBOX":
            return b"NO [NONEXISTENT] Mailbox doesn't exist"
        self._looking = True
        self._tell()
        self._say(b"* OK [UIDVALIDITY %d] UIDs valid" % self._box.validity)
        self._say(b"* OK [UIDNEXT %d] Predicted next UID" % self._box.next)
        return b"OK [READ-ONLY] done"

    def _search(self, what: str) -> bytes:
        found: list[int] = []
        numbers = re.fullmatch(r"UID (\d+):\*", what)
        if numbers:
            first, last = int(numbers[1]), self._box.next - 1
            found = [uid for uid, _, _ in self._box.letters if min(first, last) <= uid]
        elif since := _SINCE.fullmatch(what):
            day = datetime.strptime(since[1], "%d-%b-%Y").date()  # noqa: DTZ007 - a day alone
            found = [uid for uid, at, _ in self._box.letters if at.date() >= day]
        else:
            return b"BAD Unknown search"
        self._say(b"* SEARCH" + b"".join(b" %d" % uid for uid in found))
        return b"OK done"

    def _fetch(self, words: bytes) -> bytes:
        asked = _FETCH.fullmatch(words)
        if asked is None:
            return b"BAD Unknown fetch"
        for seq, (uid, _, raw) in enumerate(self._box.letters, 1):
            if uid == int(asked[1]):
                part = raw[: int(asked[2])] if asked[2] else raw
                section = b"BODY[]<0>" if asked[2] else b"BODY[]"
                self._say(b"* %d FETCH (UID %d %s {%d}" % (seq, uid, section, len(part)))
                self._writer.write(part + b")\r\n")
        return b"OK done"

    async def _idle(self) -> bytes:
        self._say(b"+ idling")
        news = asyncio.Event()
        self._box.waiting.add(news)
        done = asyncio.ensure_future(self._reader.readline())
        try:
            while not done.done():
                if len(self._box.letters) != self._seen:
                    self._tell()
                news.clear()
                came = asyncio.ensure_future(news.wait())
                await asyncio.wait({done, came}, return_when=asyncio.FIRST_COMPLETED)
                came.cancel()
        finally:
            self._box.waiting.discard(news)
            if not done.done():
                done.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await done
        return b"OK done" if done.result().strip().upper() == b"DONE" else b"BAD DONE expected"

    def _tell(self) -> None:
        self._seen = len(self._box.letters)
        self._say(b"* %d EXISTS" % self._seen)

    def _say(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")
