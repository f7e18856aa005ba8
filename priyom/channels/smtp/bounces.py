"""Reads what mail servers say of our letters: delivery reports (RFC 3464, 3463), complaints (ARF, RFC 5965), and the
plain-text bounces of servers that know neither.

Each is believed only when it names a letter of ours with its right tag: in the letter it carries, in the envelope's id,
or in the address to which it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage, Message
from email.utils import parseaddr

from priyom.channels.smtp.message_id import marked, ours
from priyom.channels.smtp.mime import content, header, inside, moment
from priyom.channels.smtp.refusals import dead, enhanced, unknown_in
from priyom.contracts.channel import Account
from priyom.contracts.events import Event, Reported, Stopped
from priyom.contracts.message import Signal

_ACTIONS = {
    "failed": Signal.FAILED,
    "failure": Signal.FAILED,
    "delivered": Signal.DELIVERED,
    "relayed": Signal.SENT,
    "expanded": Signal.SENT,
}
_NAMED = re.compile(rb"^[>\s]*message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_COPY = re.compile(r"^[>\s]*(?:received|message-id):\s", re.IGNORECASE | re.MULTILINE)
"""Where the copy of our letter begins: its words are ours, not the server's."""
_LATE = re.compile(r"\bdelayed\b|\bwarning\b|still (?:trying|being)|will (?:be )?(?:retr|keep|continue)", re.IGNORECASE)
_PLAIN_CODE = re.compile(r"(?<![\d.])([45]\d\d)[ -](?!\d)")
_UNDELIVERED = re.compile(
    r"undeliver|not (?:be(?:en)? )?deliver|n't (?:be )?deliver|n't able to deliver|not able to deliver|"
    r"deliver[a-z]* (?:has )?(?:permanently )?fail|returned to (?:the )?sender|не (?:был\w* |мо\w+ быть )?доставлен",
    re.IGNORECASE,
)
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")


def is_report(letter: EmailMessage) -> bool:
    """Whether this is a report in a form made for machines."""
    return letter.get_content_type() == "multipart/report"


def reported(letter: EmailMessage, account: Account, body: bytes) -> Iterator[Event]:
    """One event per recipient block of a delivery report; Stopped for a complaint. Nothing when it is not about us."""
    name = _about(letter, account, body)
    for part in letter.walk():
        kind, blocks = part.get_content_type(), inside(part)
        if kind == "message/delivery-status" and blocks:
            named = name or marked(header(blocks[0], "Original-Envelope-Id"), account.hook_secret, _from(account))
            yield from (event for block in blocks if (event := _report(block, named, moment(letter))))
        elif kind == "message/feedback-report" and name:
            yield from _complaint(letter, part)


def guessed(letter: EmailMessage, account: Account, body: bytes) -> Iterator[Event]:
    """A plain-text bounce: which letter it names, and which code it gives or in which words it refuses; nothing where
    either is missing, or where it only says that the letter is late."""
    name = _about(letter, account, body)
    words = letter.get_body(preferencelist=("plain", "html"))
    text = content(words) if words is not None else ""
    text = _COPY.split(text, maxsplit=1)[0]
    if not name or _LATE.search(text):
        return
    status = enhanced(text)
    plain = _PLAIN_CODE.search(text)
    code = status or (plain[1] if plain else "")
    unknown = unknown_in(text)
    if code.startswith("5") or (not code and (unknown or _UNDELIVERED.search(text))):
        why = next((line for line in text.split("\n") if code and code in line), "") or _telling(text)
        gone = dead(status) if status else unknown
        yield Reported(name, Signal.FAILED, f"bounce {' '.join(why.split())}"[:300], moment(letter), code, gone)


def _about(letter: EmailMessage, account: Account, body: bytes) -> str:
    """The name of our letter that this one is about, or ''."""
    secret = account.hook_secret
    named = " ".join(found.decode("ascii", "replace") for found in _NAMED.findall(body))
    for text in (named, header(letter, "In-Reply-To"), header(letter, "References")):
        if name := ours(text, secret):
            return name
    came_to = " ".join(header(letter, name) for name in _CAME_TO)
    return marked(came_to.replace("+", " "), secret, _from(account))


def _telling(text: str) -> str:
    return next((line for line in text.split("\n") if unknown_in(line) or _UNDELIVERED.search(line)), "")


def _from(account: Account) -> str:
    return str(account.settings.from_address)


def _report(block: Message, name: str, at: datetime | None) -> Reported | None:
    action = (header(block, "Action").lower().split() or [""])[0]
    signal = _ACTIONS.get(action)
    if signal is None or not name:
        return None
    status = enhanced(header(block, "Status"))
    why = " ".join(header(block, "Diagnostic-Code").split())
    return Reported(
        provider_id=name,
        signal=signal,
        evidence=f"DSN {action} {status} {why}".strip()[:300],
        at=at,
        code=status,
        gone=signal is Signal.FAILED and dead(status),
    )


def _complaint(letter: EmailMessage, part: Message) -> Iterator[Event]:
    """The person pressed «spam». Who it was stands in the letter complained of; many providers black out the rest."""
    fields = next(iter(inside(part)), part)
    kind = header(fields, "Feedback-Type").lower()
    for inner in letter.walk():
        if kind == "abuse" and inner is not letter and inner["To"]:
            address = parseaddr(header(inner, "To"))[1].strip().lower()
            if "@" in address and len(address) <= 254:
                yield Stopped(address, "ARF abuse", moment(letter))
                return
