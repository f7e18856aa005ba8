"""Reads what mail servers say of our letters: delivery reports (RFC 3464, 3463), complaints (ARF, RFC 5965), and the
plain-text bounces of servers that know neither.

Each is believed only when it names a letter of ours with its right tag: in the letter it carries, in the envelope's id,
or in the address to which it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime

from priyom.channels.smtp.message_id import marked, ours
from priyom.channels.smtp.refusals import dead, enhanced
from priyom.contracts.channel import Account
from priyom.contracts.events import Event, Reported, Stopped
from priyom.contracts.message import Signal
from priyom.contracts.reading import clean

_ACTIONS = {
    "failed": Signal.FAILED,
    "delivered": Signal.DELIVERED,
    "relayed": Signal.SENT,
    "expanded": Signal.SENT,
}
_NAMED = re.compile(rb"^[>\s]*message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")


def is_report(letter: EmailMessage) -> bool:
    """Whether this is a report in a form made for machines."""
    return letter.get_content_type() == "multipart/report"


def reported(letter: EmailMessage, account: Account, body: bytes) -> Iterator[Event]:
    """One event per recipient block of a delivery report; Stopped for a complaint. Nothing when it is not about us."""
    name = _about(letter, account, body)
    for part in letter.walk():
        kind, payload = part.get_content_type(), part.get_payload()
        blocks = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
        if kind == "message/delivery-status" and blocks:
            named = name or marked(header(blocks[0], "Original-Envelope-Id"), account.hook_secret, _from(account))
            yield from (event for block in blocks if (event := _report(block, named, moment(letter))))
        elif kind == "message/feedback-report" and name:
            yield from _complaint(letter, part)


def guessed(letter: EmailMessage, account: Account, body: bytes) -> Iterator[Event]:
    """A plain-text bounce: which letter it names and which code it gives; nothing where either is missing."""
    name = _about(letter, account, body)
    words = letter.get_body(preferencelist=("plain",))
    text = clean(str(words.get_content())) if words is not None else ""
    status = enhanced(text)
    if name and status.startswith("5."):
        why = next((line.strip() for line in text.split("\n") if status in line), status)
        yield Reported(name, Signal.FAILED, f"bounce {why}"[:300], moment(letter), status, dead(status))


def header(letter: Message, name: str) -> str:
    """The header's text, '' when absent or unreadable."""
    try:
        return clean(str(letter[name] or "")).strip()
    except Exception:  # a header that the email package cannot read is as good as absent
        return ""


def moment(letter: Message) -> datetime | None:
    """The letter's date in UTC."""
    try:
        at = parsedate_to_datetime(header(letter, "Date"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _about(letter: EmailMessage, account: Account, body: bytes) -> str:
    """The name of our letter that this one is about, or ''."""
    secret = account.hook_secret
    named = " ".join(found.decode("ascii", "replace") for found in _NAMED.findall(body))
    for text in (named, header(letter, "In-Reply-To"), header(letter, "References")):
        if name := ours(text, secret):
            return name
    came_to = " ".join(header(letter, name) for name in _CAME_TO)
    return marked(came_to.replace("+", " "), secret, _from(account))


def _from(account: Account) -> str:
    return str(account.settings.from_address)


def _report(block: Message, name: str, at: datetime | None) -> Reported | None:
    action = header(block, "Action").lower()
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
    payload = part.get_payload()
    fields = payload[0] if isinstance(payload, list) and payload and isinstance(payload[0], Message) else part
    kind = header(fields, "Feedback-Type").lower()
    for inner in letter.walk():
        if kind == "abuse" and inner is not letter and inner["To"]:
            address = parseaddr(header(inner, "To"))[1].strip().lower()
            if "@" in address and len(address) <= 254:
                yield Stopped(address, "ARF abuse", moment(letter))
                return
