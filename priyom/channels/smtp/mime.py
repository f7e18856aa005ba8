"""Reads parts of strangers' letters: whatever cannot be read is as good as absent, nothing is raised."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from priyom.contracts.reading import clean


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


def content(part: Message) -> str:
    """The words of a text part, also where its charset is unknown or wrong."""
    raw = part.get_payload(decode=True)
    plain = raw if isinstance(raw, bytes) else b""
    try:
        text = plain.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = plain.decode("utf-8", "replace")
    return clean(text).replace("\r\n", "\n")


def inside(part: Message) -> list[Message]:
    """The parts of a part; none of one that has none."""
    found = part.get_payload() if part.is_multipart() else []
    return [inner for inner in found if isinstance(inner, Message)] if isinstance(found, list) else []
