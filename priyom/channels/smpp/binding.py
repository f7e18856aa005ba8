"""Opens a line to the gateway and says who we are: for the session, and for the live check of the set-up page."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from priyom.channels.smpp.link import Asked, Link, NoAnswer, NotLeft
from priyom.channels.smpp.pdu import Bind, Command, Named
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.statuses import refusal
from priyom.contracts.errors import Misconfigured, Unavailable


@dataclass(frozen=True, slots=True)
class Bound:
    """A line that stands, the task that reads it, and what the gateway calls itself."""

    link: Link
    reading: asyncio.Task[None]
    gateway: str

    async def close(self) -> None:
        """Unbind and end."""
        await self.link.close()
        await asyncio.wait([self.reading])


async def bind(settings: Settings, command: Command, asked: Asked, *, timeout: float, connect_timeout: float) -> Bound:
    """Connect and bind. Raises Unavailable, Throttled, Misconfigured or Rejected (all before anything was sent)."""
    link = await _connect(settings, asked, timeout, connect_timeout)
    bound = Bound(link, asyncio.create_task(link.run()), "")
    try:
        answer = await link.request(command, Bind(settings.system_id, settings.password, settings.system_type))
        if answer.status:
            raise refusal(answer.status, settings)
        gateway = answer.body.name if isinstance(answer.body, Named) else ""
        return Bound(link, bound.reading, gateway)
    except (NoAnswer, NotLeft):
        await _abandon(bound)
        raise Unavailable("шлюз SMPP не ответил на вход") from None
    except BaseException:
        await _abandon(bound)
        raise


async def _connect(settings: Settings, asked: Asked, timeout: float, connect_timeout: float) -> Link:
    where = f"{settings.host}:{settings.port}"
    if not 0 < settings.port < 65536:
        raise Misconfigured("порт шлюза - число от 1 до 65535")
    try:
        async with asyncio.timeout(connect_timeout):
            reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=_protection(settings))
    except ssl.SSLError as error:
        raise Misconfigured(f"шлюз SMPP {where}: защищённое соединение не получилось ({error.reason})") from None
    except TimeoutError:
        raise Unavailable(f"шлюз SMPP {where} не отвечает") from None
    except (OSError, UnicodeError):
        raise Unavailable(f"шлюз SMPP {where} недоступен") from None
    return Link(reader, writer, asked, timeout=timeout, window=settings.window)


def _protection(settings: Settings) -> ssl.SSLContext | None:
    if settings.security != "tls":
        return None
    try:
        return ssl.create_default_context(cadata=settings.ca_pem or None)
    except ssl.SSLError:
        raise Misconfigured("корневой сертификат не читается: нужен PEM") from None


async def _abandon(bound: Bound) -> None:
    bound.link.drop()
    await asyncio.wait([bound.reading])
