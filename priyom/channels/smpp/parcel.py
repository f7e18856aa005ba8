"""What the session hands over of its catch: the PDUs as they came, and the little that they do not tell themselves.

It travels as the body of a `Request`, so that it is kept, replayed and read like any webhook.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from priyom.channels.smpp.pdu import HEADER, BadPdu, Pdu, decode, encode
from priyom.contracts.channel import Request
from priyom.contracts.errors import Malformed
from priyom.contracts.reading import Tree


@dataclass(frozen=True, slots=True)
class Parcel:
    """`key` is equal for repeats of the same. `whole`: the provider id of the message of ours that a receipt speaks of,
    '' when it speaks of a message of one part. `total`: how many parts a person's message should have."""

    key: str
    pdus: tuple[Pdu, ...]
    at: datetime | None
    whole: str = ""
    total: int = 1

    def request(self) -> Request:
        """As `Post.take` wants it."""
        body = {
            "key": self.key,
            "pdus": [to_hex(pdu) for pdu in self.pdus],
            "at": int(self.at.timestamp()) if self.at else None,
            "whole": self.whole,
            "total": self.total,
        }
        return Request({"content-type": "application/json"}, {}, json.dumps(body).encode())

    @classmethod
    def of(cls, request: Request) -> Parcel:
        """Out of the request. Raises Malformed."""
        tree = Tree.of(request.body)
        listed = tree.value.get("pdus")
        if not isinstance(listed, list) or not listed or not all(isinstance(item, str) for item in listed):
            raise Malformed("pdus is not a list of texts")
        try:
            pdus = tuple(decode(bytes.fromhex(item)) for item in listed)
        except BadPdu as error:
            raise Malformed(f"pdus: {error}") from None
        except ValueError:
            raise Malformed("pdus is not hexadecimal") from None
        total = tree.number("total") if tree.has("total") else 1
        return cls(tree.words("key"), pdus, tree.moment("at"), tree.words("whole", ""), total)


def to_hex(pdu: Pdu) -> str:
    """The PDU's bytes as text."""
    return encode(pdu).hex()


def from_hex(raw: str) -> Pdu:
    """The PDU of such a text. Raises BadPdu, ValueError."""
    return decode(bytes.fromhex(raw))


def print_of(pdus: Sequence[Pdu]) -> str:
    """Equal for equal bodies: a PDU that is brought again has another number in its header."""
    return sha256(b"".join(encode(pdu)[HEADER:] for pdu in pdus)).hexdigest()[:32]
