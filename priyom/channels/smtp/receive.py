"""Reads letters that came back: replies, bounces, answering machines.

SMTP calls nobody, so whoever takes the clinic's incoming mail (an alias of its server, a small script at the mailbox)
posts each letter here as it came: body RFC 5322, `message/rfc822`, with the account's secret in `X-Priyom-Secret`.
Bounces after RFC 3464 and 3463, answering machines after RFC 3834.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime

from priyom.channels.smtp.message_id import ours
from priyom.channels.smtp.page import Page
from priyom.channels.smtp.quotation import own_words
from priyom.channels.smtp.refusals import dead, enhanced
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Signal
from priyom.contracts.reading import clean

_ACTIONS = {
    "failed": Signal.FAILED,
    "delivered": Signal.DELIVERED,
    "relayed": Signal.SENT,
    "expanded": Signal.SENT,
}
_NAMED = re.compile(rb"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the poster knows the account's secret."""
    given = request.headers.get("x-priyom-secret", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), account.hook_secret.encode()):
        raise Forged("нет верного X-Priyom-Secret")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is made of the letter's Message-ID, the chat key is its sender's address."""
    whole = "body:" + hashlib.sha256(request.body).hexdigest()
    try:
        letter = _letter(request)
        sender = _sender(letter)
    except Malformed:
        return whole, ""
    name = _header(letter, "Message-ID")
    return ("mail:" + hashlib.sha256(name.encode()).hexdigest() if name else whole), sender


def parse(account: Account, request: Request) -> Parsed:
    """A reply gives Said, a bounce Reported, an answering machine nothing. Raises Malformed."""
    letter = _letter(request)
    sender = _sender(letter)
    try:
        if _is_report(letter):
            return Parsed(tuple(_reports(letter, account, request.body)))
        if _is_automatic(letter, sender):
            return Parsed()
        return Parsed((_said(letter, sender, account, request.body),))
    except Malformed:
        raise
    except Exception as error:  # the email package raises anything on odd letters; they must stay visible
        raise Malformed(f"письмо не разобралось: {type(error).__name__}") from error


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any success tells the poster that the letter was taken."""
    return 200, "text/plain", b"OK"


def _letter(request: Request) -> EmailMessage:
    try:
        letter = message_from_bytes(request.body, policy=default)
        names = letter.keys()
    except Exception as error:  # see parse
        raise Malformed(f"письмо не читается: {type(error).__name__}") from error
    if not isinstance(letter, EmailMessage) or not names:
        raise Malformed("это не письмо: нет заголовков")
    return letter


def _header(letter: Message, name: str) -> str:
    try:
        return clean(str(letter[name] or "")).strip()
    except Exception:  # a header that the email package cannot read is as good as absent
        return ""


def _sender(letter: EmailMessage) -> str:
    address = parseaddr(_header(letter, "From"))[1].strip().lower()
    if "@" not in address or len(address) > 254:
        raise Malformed("в письме нет адреса отправителя")
    return address


def _is_report(letter: EmailMessage) -> bool:
    return letter.get_content_type() == "multipart/report"


def _is_automatic(letter: EmailMessage, sender: str) -> bool:
    submitted = _header(letter, "Auto-Submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or bool(_header(letter, "X-Autoreply") or _header(letter, "X-Autorespond"))
        or _header(letter, "Precedence").lower() in ("auto_reply", "bulk", "junk", "list")
        or _header(letter, "Return-Path") == "<>"
        or sender.partition("@")[0] in ("mailer-daemon", "postmaster")
    )


def _reports(letter: EmailMessage, account: Account, body: bytes) -> list[Event]:
    """One event per recipient block of a bounce that concerns a letter of ours."""
    named = " ".join(name.decode("ascii", "replace") for name in _NAMED.findall(body))
    name = ours(named, account.hook_secret) or _answered(letter, account)
    if not name:
        return []
    found: list[Event] = []
    for part in letter.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and (event := _report(block, name, _moment(letter))):
                found.append(event)
    return found


def _report(block: Message, name: str, at: datetime | None) -> Reported | None:
    action = _header(block, "Action").lower()
    signal = _ACTIONS.get(action)
    if signal is None:
        return None
    status = enhanced(_header(block, "Status"))
    why = " ".join(_header(block, "Diagnostic-Code").split())
    return Reported(
        provider_id=name,
        signal=signal,
        evidence=f"DSN {action} {status} {why}".strip()[:300],
        at=at,
        code=status,
        gone=signal is Signal.FAILED and dead(status),
    )


def _said(letter: EmailMessage, sender: str, account: Account, body: bytes) -> Said:
    name = _header(letter, "Message-ID").strip("<>")
    return Said(
        address=sender,
        text=clean(_words(letter)),
        provider_id=name if 0 < len(name) <= 200 else hashlib.sha256(body).hexdigest(),
        at=_moment(letter),
        name=parseaddr(_header(letter, "From"))[0],
        reply_to=_answered(letter, account),
    )


def _answered(letter: EmailMessage, account: Account) -> str:
    for header in ("In-Reply-To", "References"):
        name = ours(_header(letter, header), account.hook_secret)
        if name:
            return name
    return ""


def _words(letter: EmailMessage) -> str:
    body = letter.get_body(preferencelist=("plain", "html"))
    text = ""
    if body is not None:
        content = str(body.get_content())
        text = own_words(Page(content).text if body.get_content_subtype() == "html" else content)
    files = [part.get_filename() or "без имени" for part in letter.iter_attachments()]
    return "\n".join([*([text] if text else []), *(f"[вложение: {name}]" for name in files)])


def _moment(letter: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(letter, "Date"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
