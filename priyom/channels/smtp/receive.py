"""Reads letters that came back: replies, bounces, complaints, answering machines.

They come from the mailbox that `listen.py` watches, or from whoever takes the clinic's incoming mail (an alias of its
server, a small script) and posts each letter here as it came: body RFC 5322, `message/rfc822`, with the account's
secret in `X-Priyom-Secret`. Answering machines after RFC 3834; bounces are read in `bounces.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from priyom.channels.smtp.attachments import PLACE_HEADER, Files
from priyom.channels.smtp.bounces import guessed, is_report, reported
from priyom.channels.smtp.message_id import ours
from priyom.channels.smtp.mime import content, header, moment
from priyom.channels.smtp.page import Page
from priyom.channels.smtp.quotation import own_words
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Said
from priyom.contracts.reading import clean

UNPROVEN = "[отправитель не подтверждён] "
"""Stands before the words of a letter that anybody could have written in this person's name: a reader sees it, and
words with it before them are no answer that the house acts upon."""


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
    except Malformed:
        return whole, ""
    sender = _sender(letter)
    name = header(letter, "Message-ID")
    return ("mail:" + hashlib.sha256(name.encode()).hexdigest() if name else whole), sender


def parse(account: Account, request: Request) -> Parsed:
    """A reply gives Said, a bounce Reported, a complaint Stopped, an answering machine nothing. Raises Malformed."""
    letter = _letter(request)
    sender = _sender(letter)
    try:
        if is_report(letter):
            return Parsed(tuple(reported(letter, account, request.body)))
        if _is_automatic(letter, sender):
            return Parsed(tuple(guessed(letter, account, request.body)) if _is_postmaster(letter, sender) else ())
        if "@" not in sender:
            raise Malformed("в письме нет адреса отправителя")
        return Parsed((_said(letter, sender, account, request),))
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


def _sender(letter: EmailMessage) -> str:
    """The sender's address; a bare name where a mail server speaks («MAILER-DAEMON»); '' for nonsense."""
    address = parseaddr(header(letter, "From"))[1].strip().lower()
    return address if len(address) <= 254 else ""


def _is_automatic(letter: EmailMessage, sender: str) -> bool:
    submitted = header(letter, "Auto-Submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or bool(header(letter, "X-Autoreply") or header(letter, "X-Autorespond"))
        or header(letter, "Precedence").lower() in ("auto_reply", "bulk", "junk", "list")
        or bool(header(letter, "List-Id") or header(letter, "List-Unsubscribe"))
        or _is_postmaster(letter, sender)
    )


def _is_postmaster(letter: EmailMessage, sender: str) -> bool:
    return header(letter, "Return-Path") == "<>" or sender.partition("@")[0] in ("mailer-daemon", "postmaster")


def _said(letter: EmailMessage, sender: str, account: Account, request: Request) -> Said:
    name = header(letter, "Message-ID").strip("<>")
    answered = _answered(letter, account)
    known = bool(answered) or _proven(letter, account.settings.auth_server)
    return Said(
        address=sender,
        text=("" if known else UNPROVEN) + _words(letter),
        provider_id=name if 0 < len(name) <= 200 else hashlib.sha256(request.body).hexdigest(),
        at=moment(letter),
        name=parseaddr(header(letter, "From"))[0],
        reply_to=answered,
        files=Files.of(request.body).incoming(request.headers.get(PLACE_HEADER, "")),
    )


def _proven(letter: EmailMessage, server: str) -> bool:
    """Whether our own server vouches for the sender's domain (RFC 8601); True when nobody is asked. Only the topmost
    of its headers counts: those below came with the letter."""
    if not server:
        return True
    for found in letter.get_all("Authentication-Results", []):
        named, _, results = clean(str(found)).partition(";")
        if named.lower().split()[:1] == [server.lower()]:
            return bool(re.search(r"(^|[\s;])dmarc\s*=\s*pass\b", results, re.IGNORECASE))
    return False


def _answered(letter: EmailMessage, account: Account) -> str:
    for field in ("In-Reply-To", "References"):
        name = ours(header(letter, field), account.hook_secret)
        if name:
            return name
    return ""


def _words(letter: EmailMessage) -> str:
    body = letter.get_body(preferencelist=("plain", "html"))
    text = ""
    if body is not None:
        text = content(body)
        text = own_words(Page(text).text if body.get_content_subtype() == "html" else text)
    return text
