"""Files of a letter that came in, and how they are found again.

A letter posted to our hook is kept whole, so a file's reference carries the file itself. A letter read from a mailbox
stays there: before it is kept its files are emptied (`slim`), and a reference names the mailbox's epoch (UIDVALIDITY),
the letter's number in it (UID) and the file's place in the letter.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.message import Message
from io import BytesIO

from priyom.channels.smtp.mime import inside
from priyom.contracts.events import IncomingFile
from priyom.contracts.reading import clean

PLACE_HEADER = "x-priyom-place"
"""Where the letter stands in the mailbox: `<UIDVALIDITY>:<UID>`; our listening session adds it, nobody else."""
SIZE_HEADER = "X-Priyom-Size"
_HERE = "data:"
_PLACE = re.compile(r"(?:mail:)?(\d{1,10}):(\d{1,10})(?::(\d{1,4}))?", re.ASCII)
_SEALS = frozenset({"pkcs7-signature", "x-pkcs7-signature", "pgp-signature"})
_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A file in the mailbox."""

    validity: int
    uid: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a letter; `size` is known even when the content was left in the mailbox."""

    name: str
    mime: str
    content: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a letter in its own order."""

    all: tuple[Kept, ...]

    @classmethod
    def of(cls, raw: bytes) -> Files:
        """Those of this letter. Raises nothing a letter can cause but what the email package raises."""
        return cls(tuple(_kept(part) for part in _parts(message_from_bytes(raw))))

    def incoming(self, place: str) -> tuple[IncomingFile, ...]:
        """As the house is told; `place` is the mailbox's header, '' for a posted letter."""
        stands = _PLACE.fullmatch(place)
        return tuple(
            IncomingFile(
                file.name,
                file.mime,
                f"mail:{stands[1]}:{stands[2]}:{number}" if stands else _HERE + base64.b64encode(file.content).decode(),
                file.size,
            )
            for number, file in enumerate(self.all)
        )


def slim(raw: bytes) -> bytes:
    """The letter with its files emptied, each with its size noted; as it is when it cannot be taken apart."""
    try:
        letter = message_from_bytes(raw)
        if letter.get_content_type() == "multipart/report":
            return raw  # bounces name our letter inside the letters they carry
        parts = [part for part in _parts(letter) if part.get_content_maintype() != "message"]
        for part in parts:
            size = len(_content(part))
            del part[SIZE_HEADER], part["Content-Transfer-Encoding"]
            part[SIZE_HEADER] = str(size)
            part.set_payload("")
        if not parts:
            return raw
        out = BytesIO()
        BytesGenerator(out, mangle_from_=False, maxheaderlen=0).flatten(letter, linesep="\r\n")
        return out.getvalue()
    except Exception:  # the email package raises anything on odd letters; those are kept whole
        return raw


def kept_here(ref: str) -> bytes | None:
    """The content that the reference carries; None when it stands in the mailbox."""
    if not ref.startswith(_HERE):
        return None
    try:
        return base64.b64decode(ref.removeprefix(_HERE), validate=True)
    except binascii.Error:
        return None


def place_of(ref: str) -> Place | None:
    """Where in the mailbox the file stands."""
    found = _PLACE.fullmatch(ref)
    return Place(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def _parts(letter: Message) -> Iterator[Message]:
    """Every part that is a file: not the words, not the letter's seal. A letter inside a letter is one file."""
    if letter.get_content_maintype() == "multipart":
        for part in inside(letter):
            yield from _parts(part)
    elif letter.get_content_subtype() not in _SEALS and (
        letter.get_content_maintype() != "text" or letter.get_content_disposition() == "attachment"
    ):
        yield letter


def _kept(part: Message) -> Kept:
    content = _content(part)
    noted = str(part.get(SIZE_HEADER, ""))
    size = int(noted) if noted.isascii() and noted.isdecimal() and len(noted) < 12 else len(content)
    return Kept(_name(part), clean(part.get_content_type()), content, size)


def _content(part: Message) -> bytes:
    if part.is_multipart():
        return b"".join(inner.as_bytes() for inner in inside(part))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _name(part: Message) -> str:
    """The file's name alone: whatever path a stranger wrote is cut off."""
    try:
        name = str(make_header(decode_header(part.get_filename() or "")))
    except Exception:  # an unreadable name is as good as none
        name = ""
    return clean(_UNSAFE.sub("_", name)).strip(" ._")[:200] or "без имени"
