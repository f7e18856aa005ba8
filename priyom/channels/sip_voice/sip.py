"""SIP messages as they go over the wire (RFC 3261): reading, writing, and the few headers a caller must understand.

Only what an outgoing call needs. Strangers send these bytes, so reading names what is wrong (`BadSip`) and bounds what
it takes.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

MOST_BYTES = 65_535
_COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type",
    "k": "supported", "s": "subject", "e": "content-encoding",
}  # fmt: skip
_LISTS = frozenset({"via", "route", "record-route", "contact"})
_STATUS = re.compile(r"SIP/2\.0 ([1-6]\d\d) ?(.*)")
_REQUEST = re.compile(r"([A-Z]{1,20}) (\S{1,500}) SIP/2\.0")
_URI = re.compile(r"sips?:(?:([^@;?>\s]*)@)?(\[[0-9a-fA-F:.]+\]|[^;:?>\s]+)(?::(\d{1,5}))?", re.IGNORECASE)

Headers = list[tuple[str, str]]


class BadSip(ValueError):
    """These bytes are not a SIP message; the words say why."""


@dataclass(slots=True)
class SipMessage:
    """A request (`method` and `uri`) or a response (`status` and `reason`). Header names are in lower case."""

    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> str:
        """The first header of that name, '' when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of that header, lists taken apart."""
        found = [value for key, value in self.headers if key == name]
        return [part for value in found for part in split_list(value)] if name in _LISTS else found

    @property
    def branch(self) -> str:
        """What names the transaction: the branch of the topmost Via."""
        vias = self.all("via")
        return parameters(vias[0]).get("branch", "") if vias else ""

    @property
    def cseq(self) -> tuple[int, str]:
        """(number, method); (0, '') when it cannot be read."""
        number, _, method = self.get("cseq").partition(" ")
        return (int(number), method.strip()) if number.isdecimal() and len(number) < 11 else (0, "")

    def tag(self, name: str) -> str:
        """The tag of `from` or `to`."""
        return parameters(self.get(name)).get("tag", "")

    def write(self) -> bytes:
        """The bytes for the wire; Content-Length is counted here."""
        start = f"{self.method} {self.uri} SIP/2.0" if self.method else f"SIP/2.0 {self.status} {self.reason}"
        lines = [start, *(f"{_spell(name)}: {value}" for name, value in self.headers if name != "content-length")]
        lines.append(f"Content-Length: {len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace") + self.body

    def reply(
        self, status: int, reason: str, *, tag: str = "", more: Headers | None = None, body: bytes = b""
    ) -> SipMessage:
        """A response to this request, with what a response must repeat."""
        kept = [(n, v) for n, v in self.headers if n in ("via", "from", "call-id", "cseq", "record-route")]
        to = self.get("to")
        kept.append(("to", to if not tag or self.tag("to") else f"{to};tag={tag}"))
        return SipMessage(status=status, reason=reason, headers=kept + (more or []), body=body)


def read(data: bytes) -> SipMessage:
    """One datagram. Raises BadSip."""
    if len(data) > MOST_BYTES:
        raise BadSip("too long")
    head, gap, body = data.partition(b"\r\n\r\n")
    if not gap:
        raise BadSip("no end of headers")
    lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
    message = _start(lines[0])
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise BadSip("a line that is no header")
        key = name.strip().lower()
        message.headers.append((_COMPACT.get(key, key), value.strip()))
    if not all(message.get(name) for name in ("via", "from", "to", "call-id", "cseq")):
        raise BadSip("a header that must be there is missing")
    length = message.get("content-length")
    message.body = body[: int(length)] if length.isdecimal() and len(length) < 9 else body
    return message


def split_list(value: str) -> list[str]:
    """Values of one header line, divided by commas that stand outside quotes and angle brackets."""
    parts, depth, quoted, begin = [], 0, False, 0
    for at, char in enumerate(value):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "<") - (char == ">")
            if char == "," and depth <= 0:
                parts.append(value[begin:at].strip())
                begin = at + 1
    return [part for part in (*parts, value[begin:].strip()) if part]


def address_uri(value: str) -> str:
    """The URI of a From, To, Contact or Route: what stands in angle brackets, else all before the parameters."""
    inside = re.search(r"<([^>]*)>", value)
    return inside[1] if inside else value.partition(";")[0].strip()


def parameters(value: str) -> dict[str, str]:
    """The parameters of a header's value (not those inside its angle brackets)."""
    outside = value.rpartition(">")[2]
    found = {}
    for part in outside.split(";")[1:]:
        name, _, content = part.partition("=")
        found[name.strip().lower()] = content.strip().strip('"')
    return found


def uri_parts(uri: str) -> tuple[str, str, int] | None:
    """(user, host, port; 5060 when none is given) of a SIP URI, None when it is something else."""
    match = _URI.match(uri)
    if not match or int(match[3] or 1) > 65_535:
        return None
    return match[1] or "", match[2].strip("[]"), int(match[3] or 5060)


def new_branch() -> str:
    """A transaction's name; the prefix is the magic cookie of RFC 3261."""
    return "z9hG4bK" + secrets.token_hex(10)


def new_tag() -> str:
    """A tag nobody can guess."""
    return secrets.token_hex(8)


def _start(line: str) -> SipMessage:
    if match := _STATUS.fullmatch(line):
        return SipMessage(status=int(match[1]), reason=match[2])
    if match := _REQUEST.fullmatch(line):
        return SipMessage(method=match[1], uri=match[2])
    raise BadSip("the first line is neither a request nor a response")


def _spell(name: str) -> str:
    odd = {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}
    return odd.get(name) or "-".join(part.capitalize() for part in name.split("-"))
