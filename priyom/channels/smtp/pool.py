"""Connections to mail servers, kept open between letters: greeting, TLS and login cost more than the letter itself.

A pool belongs to one way out (server and login) of one `Http` door and closes with it; idle connections close by
themselves before the server loses patience.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from priyom.channels.smtp import CARD, Settings
from priyom.channels.smtp.message_id import domain
from priyom.channels.smtp.refusals import Stage, refusal
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable
from priyom.foundation.http import Http

IDLE_SECONDS = 20.0
LETTERS_PER_CONNECTION = 100


@dataclass(slots=True, eq=False)
class Line:
    """One open connection, and how many letters it has carried."""

    client: aiosmtplib.SMTP
    carried: int = 0
    since: float = 0.0


class Pool:
    """At most `CARD.parallel` connections at once."""

    def __init__(self, settings: Settings, timeout: float, connect_timeout: float) -> None:
        self._settings = settings
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._places = asyncio.Semaphore(CARD.parallel)
        self._idle: list[Line] = []
        self._sweep: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def line(self, *, fresh: bool = False) -> AsyncIterator[Line]:
        """A connection that has logged in; kept for the next letter when the block ends well or with a refusal.

        Raises Unavailable, Throttled or Misconfigured when none can be had.
        """
        async with self._places:
            line = (None if fresh else self._waiting()) or await self._open()
            keep = False
            try:
                yield line
                keep = True
            except ChannelError as error:
                keep = await _reset(line, error.__cause__)
                raise
            finally:
                if keep and line.client.is_connected and line.carried < LETTERS_PER_CONNECTION:
                    self._put_back(line)
                else:
                    line.client.close()

    async def close(self) -> None:
        """Close every idle connection."""
        if self._sweep:
            self._sweep.cancel()
        idle, self._idle = self._idle, []
        for line in idle:
            line.client.close()
        if idle:
            await asyncio.sleep(0)  # the transports close in the loop's next turn

    def _waiting(self) -> Line | None:
        self._close_old()
        while self._idle:
            line = self._idle.pop()
            if line.client.is_connected:
                return line
            line.client.close()
        return None

    def _put_back(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        line.since = loop.time()
        self._idle.append(line)
        if self._sweep:
            self._sweep.cancel()
        self._sweep = loop.call_later(IDLE_SECONDS, self._close_old)

    def _close_old(self) -> None:
        limit = asyncio.get_running_loop().time() - IDLE_SECONDS
        for line in [line for line in self._idle if line.since <= limit]:
            self._idle.remove(line)
            line.client.close()

    async def _open(self) -> Line:
        settings = self._settings
        try:
            client = aiosmtplib.SMTP(
                hostname=settings.host,
                port=settings.port,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                local_hostname=domain(settings.from_address),
                timeout=self._timeout,
            )
            await client.connect(timeout=self._connect_timeout)
        except (SMTPException, OSError, ValueError) as error:
            raise _unopened(error, settings) from error
        try:
            if settings.user:
                await client.login(settings.user, settings.password)
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise _not_let_in(error) from error
        except BaseException:
            client.close()
            raise
        return Line(client)


_pools: WeakKeyDictionary[Http, dict[Settings, Pool]] = WeakKeyDictionary()


def pool(http: Http, settings: Settings) -> Pool:
    """The pool of this way out, made at first use."""
    pools = _pools.setdefault(http, {})
    found = pools.get(settings)
    if found is None:
        found = pools[settings] = Pool(settings, http.timeout, http.connect_timeout)
        http.also_close(found.close)
    return found


async def _reset(line: Line, cause: BaseException | None) -> bool:
    """Whether the connection serves another letter: after a refusal in words it does."""
    if not isinstance(cause, SMTPResponseException) or cause.code == 421:
        return False
    try:
        await line.client.rset()
    except (SMTPException, OSError):
        return False
    return True


def _unopened(error: Exception, settings: Settings) -> ChannelError:
    where = f"{settings.host}:{settings.port}"
    if isinstance(error, SMTPResponseException):
        return refusal(Stage.GREETING, error.code, error.message)
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLError):
        return Misconfigured(f"сервер почты {where}: защищенное соединение не получилось ({cause})")
    if isinstance(error, OSError):
        return Unavailable(f"сервер почты {where} недоступен: {error}")
    return Misconfigured(f"сервер почты {where}: {error}")


def _not_let_in(error: Exception) -> ChannelError:
    if isinstance(error, SMTPResponseException):
        return refusal(Stage.LOGIN, error.code, error.message)
    if isinstance(error, OSError):
        return Unavailable(f"сервер почты замолчал при входе: {error}")
    return Misconfigured(f"сервер почты не принял вход: {error}")
