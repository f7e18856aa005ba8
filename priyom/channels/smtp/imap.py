"""The few words of IMAP (RFC 3501, 2177) that reading a mailbox needs, over asyncio: log in, look at a folder without
changing it, list numbers, take a letter, wait for news. One connection, one command at a time.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from dataclasses import dataclass
from datetime import date

LONGEST_LINE = 4 * 1024 * 1024
LARGEST_LETTER = 40 * 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LITERAL = re.compile(rb"\{(\d{1,10})\}$")
_PLAIN = re.compile(r"[ -~]*")
_NEWS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)


class ImapLost(Exception):
    """The connection broke, or the server went silent or spoke nonsense."""


class ImapRefused(Exception):
    """The server said NO or BAD. `code` is the code in brackets (RFC 5530), upper case, '' without one."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        found = re.match(r"\[([A-Za-z-]+)", text)
        self.code = found[1].upper() if found else ""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: its text (with `{n}` where literals stood) and the literals."""

    text: bytes
    literals: tuple[bytes, ...] = ()


class Imap:
    """An open connection. `validity` and `next` are the folder's UIDVALIDITY and UIDNEXT after `examine` (0: not told);
    `news` is True when the server has told of new letters since it was last set to False."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float) -> None:
        self.validity = 0
        self.next = 0
        self.news = False
        self._reader = reader
        self._writer = writer
        self._timeout = timeout
        self._count = 0
        self._abilities: frozenset[bytes] = frozenset()

    @classmethod
    async def open(cls, host: str, port: int, security: str, timeout: float) -> Imap:
        """Connect, with TLS as `security` says (tls | starttls | none). Raises OSError, ssl.SSLError, ImapLost,
        ImapRefused."""
        context = ssl.create_default_context() if security != "none" else None
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(
                host, port, limit=LONGEST_LINE, ssl=context if security == "tls" else None
            )
        made = cls(reader, writer, timeout)
        try:
            greeting = await made._heard(timeout)
            if not greeting.text.upper().startswith((b"* OK", b"* PREAUTH")):
                raise ImapRefused(_words(greeting.text.partition(b" ")[2]))
            if context and security == "starttls":
                await made._protect(context, host)
        except BaseException:
            made.close()
            raise
        return made

    async def _protect(self, context: ssl.SSLContext, host: str) -> None:
        await self._run("STARTTLS")
        if getattr(self._reader, "_buffer", b""):  # whoever sits between us may speak first, and not be heard later
            raise ImapLost("сервер ящика заговорил до шифрования")
        async with asyncio.timeout(self._timeout):
            await self._writer.start_tls(context, server_hostname=host)

    async def login(self, user: str, password: str) -> None:
        """Raises ImapRefused, ImapLost."""
        await self._run("LOGIN", user, password)
        for response in await self._run("CAPABILITY"):
            if response.text.upper().startswith(b"* CAPABILITY"):
                self._abilities = frozenset(response.text.upper().split()[2:])

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new letters by itself."""
        return b"IDLE" in self._abilities

    async def examine(self, folder: str) -> None:
        """Look at a folder, read-only. Raises ImapRefused, ImapLost."""
        for response in await self._run("EXAMINE", utf7(folder)):
            for name, value in re.findall(rb"\[(UIDVALIDITY|UIDNEXT) (\d+)", response.text, re.IGNORECASE):
                if name.upper() == b"UIDNEXT":
                    self.next = int(value)
                else:
                    self.validity = int(value)

    async def after(self, uid: int) -> list[int]:
        """Numbers of the letters behind `uid`, ascending."""
        return sorted(number for number in await self._search(f"UID {uid + 1}:*") if number > uid)

    async def since(self, day: date) -> list[int]:
        """Numbers of the letters that came on `day` or later, ascending."""
        return sorted(await self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"))

    async def letter(self, uid: int) -> bytes | None:
        """The letter (its first 40 MiB) without marking it as read; None when it is gone."""
        for response in await self._run(f"UID FETCH {uid} (UID BODY.PEEK[]<0.{LARGEST_LETTER}>)"):
            if response.literals and re.search(rb"\bUID %d\b" % uid, response.text):
                return response.literals[-1]
        return None

    async def ask(self) -> None:
        """Let the server tell what is new."""
        await self._run("NOOP")

    async def idle(self, seconds: float) -> None:
        """Wait until the server tells of new letters, at most `seconds`. Raises ImapLost, ImapRefused."""
        tag = await self._say("IDLE")
        try:
            async with asyncio.timeout(seconds):
                while not self.news:
                    said = await self._heard(None)
                    if said.text.startswith(tag):
                        raise ImapRefused(_words(said.text.partition(b" ")[2]))
        except TimeoutError:
            pass
        self._writer.write(b"DONE\r\n")
        await self._until(tag)

    async def leave(self) -> None:
        """Say good-bye and close."""
        try:
            await self._run("LOGOUT")
        except (ImapLost, ImapRefused):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close without a word."""
        self._writer.close()

    async def _search(self, what: str) -> list[int]:
        found: list[int] = []
        for response in await self._run(f"UID SEARCH {what}"):
            if response.text.upper().startswith(b"* SEARCH"):
                found += [int(word) for word in response.text.split()[2:] if word.isdigit()]
        return found

    async def _run(self, command: str, *words: str) -> list[Response]:
        return await self._until(await self._say(command, *words))

    async def _say(self, command: str, *words: str) -> bytes:
        """Send a command; words beyond printable ASCII go as literals, each when the server asks for it."""
        self._count += 1
        tag = f"p{self._count}".encode()
        line = tag + b" " + command.encode()
        for word in words:
            line += b" "
            if _PLAIN.fullmatch(word):
                line += b'"' + word.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
                continue
            literal = word.encode()
            self._writer.write(line + b"{%d}\r\n" % len(literal))
            answer = await self._heard(self._timeout)
            while answer.text.startswith(b"* "):
                answer = await self._heard(self._timeout)
            if not answer.text.startswith(b"+"):
                raise ImapRefused(_words(answer.text.partition(b" ")[2].partition(b" ")[2]))
            line = literal
        self._writer.write(line + b"\r\n")
        return tag

    async def _until(self, tag: bytes) -> list[Response]:
        """Everything said until the command ends. Raises ImapRefused when it did not end well."""
        heard: list[Response] = []
        while True:
            said = await self._heard(self._timeout)
            if not said.text.startswith(tag + b" "):
                heard.append(said)
                continue
            verdict, _, words = said.text.partition(b" ")[2].partition(b" ")
            if verdict.upper() != b"OK":
                raise ImapRefused(_words(words))
            return heard

    async def _heard(self, timeout: float | None) -> Response:
        text, literals = b"", []
        try:
            async with asyncio.timeout(timeout):
                await self._writer.drain()
                while True:
                    line = await self._reader.readuntil(b"\n")
                    text += line.rstrip(b"\r\n")
                    size = _LITERAL.search(text)
                    if size is None or not line.rstrip(b"\r\n").endswith(b"}"):
                        break
                    if int(size[1]) > LARGEST_LETTER:
                        raise ImapLost("сервер шлёт слишком много")
                    literals.append(await self._reader.readexactly(int(size[1])))
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise ImapLost(f"связь с ящиком прервалась ({type(error).__name__})") from None
        self.news = self.news or bool(_NEWS.match(text))
        if text.upper().startswith(b"* BYE"):
            raise ImapLost("сервер ящика закрыл связь")
        return Response(text, tuple(literals))


def utf7(folder: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501 5.1.3)."""

    def shifted(match: re.Match[str]) -> str:
        packed = base64.b64encode(match[0].encode("utf-16-be", "replace")).rstrip(b"=").replace(b"/", b",")
        return f"&{packed.decode()}-"

    return re.sub(r"[^ -~]+", shifted, folder.replace("&", "&-"))


def _words(text: bytes) -> str:
    return text.decode("utf-8", "replace")[:200]
