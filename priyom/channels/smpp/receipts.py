"""Delivery receipts: a deliver_sm that says in a text, in optional parameters or in both what became of a message.

The text's form is the specification's appendix B, which calls itself vendor specific: case, spaces, order and the
length of dates vary. Where optional parameters are given they are believed before the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from priyom.channels.smpp import ids
from priyom.channels.smpp.pdu import Pdu, Sm, Tag
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.statuses import signal, state_word
from priyom.channels.smpp.text import decoded
from priyom.contracts.message import Signal

_RECEIPT, _INTERMEDIATE, _KIND = 0x04, 0x20, 0x3C
_ID = re.compile(r"\bid:\s*(\S+)", re.IGNORECASE)
_STAT = re.compile(r"\bstat:\s*([a-z]+)", re.IGNORECASE)
_ERR = re.compile(r"\berr:\s*(\w+)", re.IGNORECASE | re.ASCII)
_TEXT = re.compile(r"\btext:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """What a receipt says: of which message (by our spelling of ids), the state, its signal, the network's error."""

    message_id: str
    state: str
    signal: Signal | None
    error: str


def is_receipt(pdu: Pdu) -> bool:
    """Whether a deliver_sm or data_sm is a receipt and not a person's message."""
    if not isinstance(pdu.body, Sm):
        return False
    kind = pdu.body.esm_class & _KIND
    return kind in (_RECEIPT, _INTERMEDIATE) or (
        kind == 0 and Tag.RECEIPTED_MESSAGE_ID in pdu.tlvs and Tag.MESSAGE_STATE in pdu.tlvs
    )


def is_message(pdu: Pdu) -> bool:
    """Whether a person wrote it: neither a receipt nor one of the acknowledgements nobody uses."""
    return isinstance(pdu.body, Sm) and pdu.body.esm_class & _KIND == 0 and not is_receipt(pdu)


def read(pdu: Pdu, settings: Settings) -> Word | None:
    """What a receipt says; None when it names no message or no state."""
    text = content(pdu, settings)
    cut = _TEXT.search(text)
    head = text[: cut.start()] if cut else text  # behind it stand the message's own words, which may say anything
    state = ""
    if len(raw := pdu.tlvs.get(Tag.MESSAGE_STATE, b"")) == 1:
        state = state_word(raw[0])
    elif match := _STAT.search(head):
        state = match[1].upper()
    message_id = ""
    if raw := pdu.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b""):
        message_id = ids.answered(raw.rstrip(b"\0").decode("latin-1"), settings)
    elif match := _ID.search(head):
        message_id = ids.receipted(match[1], settings)
    if not message_id or not state:
        return None
    return Word(message_id, state, signal(state), _error(pdu, head))


def content(pdu: Pdu, settings: Settings) -> str:
    """The text of a message without its headers; see `parts` for those."""
    assert isinstance(pdu.body, Sm)
    octets = pdu.body.message or pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")
    return decoded(octets, pdu.body.data_coding, latin=settings.alphabet == "latin1")


def _error(pdu: Pdu, head: str) -> str:
    if match := _ERR.search(head):
        return match[1].lstrip("0")
    raw = pdu.tlvs.get(Tag.NETWORK_ERROR_CODE, b"")
    return str(int.from_bytes(raw[1:])).lstrip("0") if len(raw) == 3 else ""
