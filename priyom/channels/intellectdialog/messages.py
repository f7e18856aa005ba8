"""A message as IntellectDialog has it: whose it is, when it was written, delivered and seen."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from priyom.contracts.errors import Malformed
from priyom.contracts.events import Event, IncomingFile, Reported, Said
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree

FORMAT = "%Y-%m-%d %H:%M:%S"
INCOMING = ("входящее", "incoming", "from_client")


def moment(told: str, zone: str) -> datetime | None:
    """A date in the organisation's zone as UTC; None for '' or a zone that does not exist. Raises Malformed."""
    if not told:
        return None
    try:
        plain = datetime.strptime(told, FORMAT)  # noqa: DTZ007 - the zone is put on below
    except ValueError:
        raise Malformed("a date is not written as YYYY-mm-dd HH:ii:ss") from None
    try:
        return plain.replace(tzinfo=ZoneInfo(zone.strip())).astimezone(UTC)
    except (KeyError, ValueError, OSError, OverflowError):
        return None


def number_of(message: Tree, name: str = "id") -> str:
    """An id, which may be text or a number. Raises Malformed."""
    found = message.value.get(name)
    return str(message.number(name)) if isinstance(found, int) else message.words(name)


def is_incoming(message: Tree) -> bool:
    """Whether a person wrote it."""
    return message.words("type_name", "").strip().lower() in INCOMING


def address_of(message: Tree) -> str:
    """`+77011234567`; '' when the number is not told."""
    told = message.value.get("person_phone") or message.value.get("phone")
    digits = "".join(c for c in str(told or "") if c in "0123456789")[:15]
    if len(digits) == 11 and digits.startswith("8"):
        digits = "7" + digits[1:]
    return f"+{digits}" if digits else ""


def report_of(message: Tree, zone: str) -> Event | None:
    """What became of a message of ours; None while nothing is known."""
    number = number_of(message)
    if seen := message.words("viewed_at", ""):
        return Reported(number, Signal.READ, "IntellectDialog: viewed_at", moment(seen, zone))
    if came := message.words("delivered_at", ""):
        return Reported(number, Signal.DELIVERED, "IntellectDialog: delivered_at", moment(came, zone))
    return None


def said_of(message: Tree, zone: str) -> Event | None:
    """What a person wrote."""
    address, text = address_of(message), message.words("text", "")
    files = tuple(
        IncomingFile(item.words("name", "") or "file", _mime(item.words("name", "")), item.words("link"))
        for item in message.branches("attachments")
        if item.words("link", "")
    )
    if not address or not (text or files):
        return None
    names = (message.words("person_name", ""), message.words("person_surname", ""))
    at = moment(message.words("created_at", ""), zone)
    return Said(address, text, number_of(message), at, " ".join(n for n in names if n), files=files)


def _mime(name: str) -> str:
    kinds = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp",
             "pdf": "application/pdf", "mp3": "audio/mpeg", "ogg": "audio/ogg", "mp4": "video/mp4"}  # fmt: skip
    return kinds.get(name.rpartition(".")[2].lower(), "application/octet-stream")
