"""The clinic's mailbox, opened as the settings say, with its troubles told in the contract's words."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from priyom.channels.smtp import Settings
from priyom.channels.smtp.imap import Imap, ImapLost, ImapRefused
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable

_LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "ALERT"})
"""Codes (RFC 5530) of refusals that pass by themselves."""


@asynccontextmanager
async def mailbox(settings: Settings, timeout: float) -> AsyncIterator[Imap]:
    """Logged in and looking at the folder. Raises Misconfigured or Unavailable, also for what breaks inside."""
    if not settings.imap_host:
        raise Misconfigured("ящик для ответов не указан")
    box: Imap | None = None
    try:
        try:
            box = await Imap.open(settings.imap_host, settings.imap_port, settings.imap_security, timeout)
            await box.login(settings.imap_user or settings.user, settings.imap_password or settings.password)
            await box.examine(settings.imap_folder)
        except (OSError, ValueError) as error:
            raise trouble(settings, error) from None
        yield box
        await box.leave()
    except (ImapLost, ImapRefused) as error:
        raise trouble(settings, error) from None
    finally:
        if box is not None:
            box.close()


def trouble(settings: Settings, error: Exception) -> ChannelError:
    """What an error of the connection means."""
    where = f"ящик {settings.imap_host}:{settings.imap_port}"
    match error:
        case ssl.SSLError():
            return Misconfigured(f"{where}: защищённое соединение не получилось ({error.reason or 'TLS'})")
        case ImapRefused() if error.code not in _LATER:
            return Misconfigured(f"{where} отказал: {_without(settings, str(error))}", error.code)
        case ImapRefused():
            return Unavailable(f"{where} пока отказывает: {_without(settings, str(error))}", error.code)
        case ImapLost():
            return Unavailable(f"{where}: {error}")
        case OSError():
            return Unavailable(f"{where} недоступен ({type(error).__name__})")
    return Misconfigured(f"{where}: настройки не подходят")


def _without(settings: Settings, text: str) -> str:
    """A server may quote what it was told."""
    secret = settings.imap_password or settings.password
    return text.replace(secret, "***") if secret else text
