"""Reads what the session handed over: receipts and people's messages. The gateway never calls by HTTP."""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby

from priyom.channels.smpp import receipts
from priyom.channels.smpp.parcel import Parcel
from priyom.channels.smpp.parts import place
from priyom.channels.smpp.pdu import Sm
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.text import decoded
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Signal
from priyom.contracts.reading import clean
from priyom.foundation.phone import BadPhone, normalize

GAP = "[…]"
"""Stands where a part of a message has not come."""


def verify(account: Account, request: Request) -> None:
    """Raises Forged always: whatever comes to the webhook's address is not the gateway's."""
    raise Forged("шлюз SMPP не присылает вебхуков")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(the session's key for it, the person's number)."""
    try:
        parcel = Parcel.of(request)
        return parcel.key or _print(request), _phone(parcel) or ""
    except Malformed:
        return _print(request), ""


def parse(account: Account, request: Request) -> Parsed:
    """A report or a person's words. Words from a name (an operator's own notices) and receipts with a state unknown to
    us give no events. Raises Malformed."""
    parcel, settings = Parcel.of(request), account.settings
    first = parcel.pdus[0]
    event: Event | None = None
    if receipts.is_receipt(first):
        event = _report(parcel, settings)
    elif receipts.is_message(first):
        phone = _phone(parcel)
        event = Said(phone, _words(parcel, settings), parcel.key, parcel.at) if phone else None
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """Nobody asks; any 200."""
    return 200, "text/plain", b"ok"


def _report(parcel: Parcel, settings: Settings) -> Reported | None:
    word = receipts.read(parcel.pdus[0], settings)
    if word is None or word.signal is None:
        return None
    gone_errors = {item.strip().lstrip("0") for item in settings.gone_errors.split(",")} - {""}
    error = f", err {word.error}" if word.error else ""
    return Reported(
        provider_id=clean(parcel.whole or word.message_id),
        signal=word.signal,
        evidence=f"SMPP: {word.state}{error}",
        at=parcel.at,
        code=clean(word.error),
        gone=word.signal is Signal.FAILED and word.error in gone_errors,
    )


def _words(parcel: Parcel, settings: Settings) -> str:
    """The parts in their order. They are joined before they are decoded: some handsets cut a character in two."""
    if parcel.total <= 1:
        _, octets = place(parcel.pdus[0])
        return _decoded(octets, parcel, settings)
    pieces: list[bytes | None] = [None] * min(parcel.total, 255)
    for pdu in parcel.pdus:
        where, octets = place(pdu) if isinstance(pdu.body, Sm) else (None, b"")
        if where is None or where.number > len(pieces):
            raise Malformed("a part without its place")
        pieces[where.number - 1] = octets
    text = ""
    for gap, run in groupby(pieces, key=lambda piece: piece is None):
        text += GAP if gap else _decoded(b"".join(piece for piece in run if piece is not None), parcel, settings)
    return text


def _decoded(octets: bytes, parcel: Parcel, settings: Settings) -> str:
    body = parcel.pdus[0].body
    assert isinstance(body, Sm)
    return clean(decoded(octets, body.data_coding, latin=settings.alphabet == "latin1"))


def _phone(parcel: Parcel) -> str | None:
    body = parcel.pdus[0].body
    number = body.source.number.strip().lstrip("+") if isinstance(body, Sm) else ""
    try:
        return normalize("+" + number) if number.isascii() and number.isdecimal() else None
    except BadPhone:
        return None


def _print(request: Request) -> str:
    return "sha256:" + sha256(request.body).hexdigest()
