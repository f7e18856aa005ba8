"""Sends one letter and checks the login. The answer to the letter's final dot is the only moment of doubt.

Everything refused or lost before it has not been taken; lost after it, nobody knows, and SMTP can neither be asked nor
drops doubles (Postfix delivers one Message-ID twice, a test shows it): such a letter is `Uncertain`. Source: RFC 5321,
6409.
"""

from __future__ import annotations

from aiosmtplib import SMTPDataError, SMTPException, SMTPResponseException

from priyom.channels.smtp import Settings
from priyom.channels.smtp.attachments import Files, kept_here, place_of
from priyom.channels.smtp.envelope import Envelope, bounces_to, envelope
from priyom.channels.smtp.letter import BadAddress, ascii_address, letter
from priyom.channels.smtp.mailbox import mailbox
from priyom.channels.smtp.message_id import mark, message_id
from priyom.channels.smtp.pool import Line, pool
from priyom.channels.smtp.refusals import Stage, refusal
from priyom.channels.smtp.signature import BadKey, record, signed
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Unavailable, Uncertain
from priyom.contracts.message import Outgoing, Receipt
from priyom.foundation.clock import now
from priyom.foundation.http import Http


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
    raw = _letter(settings, outgoing, name)
    wrapped = envelope(settings, recipient, mark(outgoing.key, account.hook_secret))
    for fresh in (False, True):
        async with pool(http, settings).line(fresh=fresh) as line:
            if await _addressed(line, wrapped, again=not fresh):
                await _handed_over(line, raw, settings.patience)
                return Receipt(name)
    raise Unavailable("сервер почты обрывает соединения")


async def check(http: Http, account: Account) -> Identity:
    """Log in and ask the server to take a letter from our address, without sending one; log in to the mailbox, too.

    The note tells the DNS record that publishes the DKIM key. Raises the errors of `contracts.errors`.
    """
    settings: Settings = account.settings
    sender = _sender(settings)
    try:
        where, text = record(settings)
    except BadKey as error:
        raise Misconfigured(str(error)) from error
    async with pool(http, settings).line(fresh=True) as line:
        try:
            await line.client.mail(bounces_to(settings, mark("check", account.hook_secret)))
            await line.client.rset()
        except SMTPResponseException as error:
            raise refusal(Stage.MAIL, error.code, error.message) from error
        except (SMTPException, OSError) as error:
            raise Unavailable(f"сервер почты замолчал: {error}") from error
    if settings.imap_host:
        async with mailbox(settings, http.timeout):
            pass
    published = f"; в DNS: {where} TXT {text}" if where else ""
    return Identity(sender, settings.from_name or sender, f"{settings.host}:{settings.port}{published}")


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content of a file that came with a letter: out of the reference itself, or out of the mailbox.

    Raises Rejected when the letter is no longer in the mailbox, and the errors of logging in.
    """
    if (content := kept_here(ref)) is not None:
        return content
    place = place_of(ref)
    if place is None:
        raise Rejected("ссылка на файл не читается")
    async with mailbox(account.settings, http.timeout) as box:
        raw = await box.letter(place.uid) if box.validity == place.validity else None
    files = Files.of(raw) if raw is not None else None
    if files is None or place.number >= len(files.all):
        raise Rejected("письма с этим файлом больше нет в ящике")
    return files.all[place.number].content


def _sender(settings: Settings) -> str:
    try:
        for address in (settings.reply_to, settings.bounce_address):
            if address:
                ascii_address(address)
        return ascii_address(settings.from_address)
    except BadAddress as error:
        raise Misconfigured(str(error)) from error


def _letter(settings: Settings, outgoing: Outgoing, name: str) -> bytes:
    at = now()
    try:
        return signed(settings, letter(settings, outgoing, name, at), at)
    except BadKey as error:
        raise Misconfigured(str(error)) from error
    except ValueError as error:
        raise Rejected(f"письмо не составилось: {error}") from error


async def _addressed(line: Line, wrapped: Envelope, *, again: bool) -> bool:
    """MAIL and RCPT. False: a kept connection had died in the meantime, and another shall be tried."""
    used = line.carried > 0
    reports = line.client.supports_extension("dsn")
    stage = Stage.MAIL
    try:
        await line.client.mail(wrapped.sender, options=wrapped.sender_options if reports else ())
        stage = Stage.RCPT
        await line.client.rcpt(wrapped.recipient, options=wrapped.recipient_options if reports else ())
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


async def _handed_over(line: Line, raw: bytes, patience: int) -> None:
    """The letter itself. Servers look for spam before they answer the final dot, so the wait is a setting: RFC 5321
    4.5.3.2.6 allows ten minutes, which would hold up whatever else waits for a connection."""
    line.carried += 1
    try:
        await line.client.data(raw, timeout=float(max(1, patience)))
    except SMTPDataError as error:
        raise refusal(Stage.DATA, error.code, error.message) from error
    except (SMTPException, OSError) as error:
        raise Uncertain(f"сервер почты не подтвердил письмо: {error}") from error
