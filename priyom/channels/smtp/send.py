"""Sends one letter and checks the login. The answer to the letter's final dot is the only moment of doubt.

Everything refused or lost before it has not been taken; lost after it, nobody knows, and SMTP can neither be asked nor
drops doubles: such a letter is `Uncertain`. Source: RFC 5321, 6409.
"""

from __future__ import annotations

from aiosmtplib import SMTPDataError, SMTPException, SMTPResponseException

from priyom.channels.smtp import Settings
from priyom.channels.smtp.letter import BadAddress, ascii_address, letter
from priyom.channels.smtp.message_id import message_id
from priyom.channels.smtp.pool import Line, pool
from priyom.channels.smtp.refusals import Stage, refusal
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Unavailable, Uncertain
from priyom.contracts.message import Outgoing, Receipt
from priyom.foundation.clock import now
from priyom.foundation.http import Http

_PATIENCE = 4
"""Servers look for spam and viruses before they answer the final dot: it may take some time-outs (RFC 5321 4.5.3.2.6
allows ten minutes), and giving up early makes doubt where there is none."""


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once over a kept connection. Raises the errors of `contracts.errors`.

    `provider_id` is the Message-ID without brackets; replies and bounces name it.
    """
    settings: Settings = account.settings
    sender = _sender(settings)
    try:
        recipient = ascii_address(outgoing.address)
    except BadAddress as error:
        raise NotReachable(str(error)) from error
    name = message_id(outgoing.key, account.hook_secret, sender)
    try:
        raw = letter(settings, outgoing, name, now())
    except ValueError as error:
        raise Rejected(f"письмо не составилось: {error}") from error
    for fresh in (False, True):
        async with pool(http, settings).line(fresh=fresh) as line:
            if await _addressed(line, sender, recipient, again=not fresh):
                await _handed_over(line, raw)
                return Receipt(name)
    raise Unavailable("сервер почты обрывает соединения")


async def check(http: Http, account: Account) -> Identity:
    """Log in and ask the server to take a letter from our address, without sending one."""
    settings: Settings = account.settings
    sender = _sender(settings)
    async with pool(http, settings).line(fresh=True) as line:
        try:
            await line.client.mail(sender)
            await line.client.rset()
        except SMTPResponseException as error:
            raise refusal(Stage.MAIL, error.code, error.message) from error
        except (SMTPException, OSError) as error:
            raise Unavailable(f"сервер почты замолчал: {error}") from error
    return Identity(sender, settings.from_name or sender, f"{settings.host}:{settings.port}")


def _sender(settings: Settings) -> str:
    try:
        if settings.reply_to:
            ascii_address(settings.reply_to)
        return ascii_address(settings.from_address)
    except BadAddress as error:
        raise Misconfigured(str(error)) from error


async def _addressed(line: Line, sender: str, recipient: str, *, again: bool) -> bool:
    """MAIL and RCPT. False: a kept connection had died in the meantime, and another shall be tried."""
    used = line.carried > 0
    stage = Stage.MAIL
    try:
        await line.client.mail(sender)
        stage = Stage.RCPT
        await line.client.rcpt(recipient)
    except SMTPResponseException as error:
        if used and again and error.code == 421:
            line.client.close()
            return False
        raise refusal(stage, error.code, error.message) from error
    except (SMTPException, OSError) as error:
        line.client.close()
        if used and again:
            return False
        raise Unavailable(f"сервер почты замолчал: {error}") from error
    return True


async def _handed_over(line: Line, raw: bytes) -> None:
    line.carried += 1
    try:
        await line.client.data(raw, timeout=_PATIENCE * (line.client.timeout or 0))
    except SMTPDataError as error:
        raise refusal(Stage.DATA, error.code, error.message) from error
    except (SMTPException, OSError) as error:
        raise Uncertain(f"сервер почты не подтвердил письмо: {error}") from error
