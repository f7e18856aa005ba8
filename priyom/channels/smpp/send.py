"""Sends over the session a worker holds: one submit_sm for each part, in order, each answered before the next goes.

So a refusal costs one part and not all of them, and other messages fill the window meanwhile. A message stopped half
way by throttling goes on with its next part when it is tried again under the same key.

What became of a message without an answer cannot be learned: submit_sm has no key by which the gateway would drop a
double (user_message_reference is only echoed), and query_sm asks by the gateway's own number, which is just what the
missing answer would have told. Source: SMPP Protocol Specification v3.4, 4.4 (submit_sm), 4.8 (query_sm).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from priyom.channels.smpp import ids, parts
from priyom.channels.smpp.binding import bind
from priyom.channels.smpp.pdu import Address, Command, Pdu, Query, Sm
from priyom.channels.smpp.session import SmppSession
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.statuses import ALREADY_BOUND, BIND_FAILED, signal, state_word
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Throttled, Unavailable
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt, Signal
from priyom.contracts.reading import clean
from priyom.foundation.clock import now
from priyom.foundation.http import Http

INTERNATIONAL, E164 = 1, 1
_LONGEST_LIFE = timedelta(days=7)
_REPORT = 0x01


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once over the account's session; buttons and files are ignored (the house writes digits into the text).

    Raises the errors of `contracts.errors`; Unavailable where no session is held, Uncertain when a part was handed
    over and no answer came.
    """
    session, settings = _session(account), account.settings
    text = clean(outgoing.message.text)
    cut = parts.cut(text, outgoing.key, settings)
    segments = parts.count(text, settings)
    if segments > settings.max_parts:
        raise Rejected(f"сообщение длиннее {settings.max_parts} SMS", "too_long")
    mould = _mould(outgoing, settings)
    if len(cut) == 1:
        provider_id = await session.submit(*_filled(mould, cut[0]), None)
    else:
        provider_id = await _send_long(session, outgoing.key, mould, cut)
    return Receipt(provider_id, segments=segments)


async def check(http: Http, account: Account) -> Identity:
    """Bind for a moment, and say who we are to the gateway. As a transmitter: over a second transceiver the gateway
    might bring receipts that belong to the session. Raises Misconfigured, Unavailable."""
    settings: Settings = account.settings
    name = settings.sender
    if isinstance(account.session, SmppSession) and account.session.bound:
        return Identity(name, f"SMS от {name}", f"Сеанс открыт: {await account.session.gateway()}")
    try:
        gateway = await _introduce(http, settings, Command.BIND_TRANSMITTER)
    except ChannelError as error:
        if error.code == f"0x{ALREADY_BOUND:02X}":
            return Identity(name, f"SMS от {name}", "Шлюз узнал нас, все разрешённые соединения уже открыты")
        if error.code != f"0x{BIND_FAILED:02X}" and not isinstance(error, Rejected):
            raise _as_check(error) from None
        try:
            gateway = await _introduce(http, settings, Command.BIND_TRANSCEIVER)
        except ChannelError as second:
            raise _as_check(second) from None
    return Identity(name, f"SMS от {name}", f"Шлюз: {gateway}" if gateway else "Шлюз открыл сеанс")


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these, by query_sm for each part. Nothing where the setting forbids it or the gateway does not
    say. Raises Unavailable."""
    if not account.settings.asks:
        return ()
    session = _session(account)
    found = [await _ask_one(session, account.settings, item) for item in asked]
    return [report for report in found if report is not None]


def _session(account: Account) -> SmppSession:
    if not isinstance(account.session, SmppSession):
        raise Unavailable("соединение со шлюзом SMPP ещё не открыто")
    return account.session


async def _send_long(session: SmppSession, key: str, mould: Sm, cut: Sequence[parts.Part]) -> str:
    seen = sha256(repr((mould.source, mould.to, [part.octets for part in cut])).encode()).hexdigest()[:16]
    long = session.memory.begun(key, seen, len(cut))
    try:
        for part in cut[len(long.ids) :]:
            await session.submit(*_filled(mould, part), long)
    finally:
        await session.stopped(long)
    return ids.whole(long.ids)


def _mould(outgoing: Outgoing, settings: Settings) -> Sm:
    """Everything of a submit_sm but the text."""
    number = outgoing.address.lstrip("+")
    if not number.isdecimal() or not number.isascii():
        raise Rejected("адрес - не номер телефона", "address")
    to = Address(INTERNATIONAL, E164, number)
    return Sm(source(settings), to, registered=_REPORT, validity=_validity(outgoing.valid_for, settings))


def _filled(mould: Sm, part: parts.Part) -> tuple[Sm, dict[int, bytes]]:
    sm = Sm(mould.source, mould.to, part.octets, part.data_coding, part.esm_class, mould.registered, mould.validity)
    return sm, part.tlvs


def source(settings: Settings) -> Address:
    """The sender: a name is alphanumeric, a long number international, a short one the network's own."""
    name = settings.sender.strip().lstrip("+")
    ton, npi = (5, 0) if not name.isdecimal() else (INTERNATIONAL, E164) if len(name) > 8 else (3, E164)
    ton = settings.source_ton if settings.source_ton >= 0 else ton
    npi = settings.source_npi if settings.source_npi >= 0 else npi
    if ton > 255 or npi > 255:
        raise Misconfigured("TON и NPI отправителя - числа от 0 до 255")
    return Address(ton, npi, name)


def _validity(seconds: int | None, settings: Settings) -> str:
    """`validity_period` in the form the gateway understands (specification, 7.1.1)."""
    if seconds is None or settings.validity == "none":
        return ""
    life = min(_LONGEST_LIFE, timedelta(seconds=max(60, seconds)))
    if settings.validity == "absolute":
        return (now() + life).strftime("%y%m%d%H%M%S") + "000+"
    hours, rest = divmod(life.seconds, 3600)
    return f"0000{life.days:02}{hours:02}{rest // 60:02}{rest % 60:02}000R"


async def _introduce(http: Http, settings: Settings, command: Command) -> str:
    async def asked(pdu: Pdu) -> Pdu | None:
        return None  # what the gateway brings stays unanswered, and comes again over the session

    bound = await bind(settings, command, asked, timeout=http.timeout, connect_timeout=http.connect_timeout)
    await bound.close()
    return bound.gateway


def _as_check(error: ChannelError) -> ChannelError:
    """Nothing can be «rejected» or «throttled» of a check: the gateway does not let us in now, or not as we are."""
    if isinstance(error, Throttled):
        return Unavailable(error.text, error.code)
    return Misconfigured(error.text, error.code) if isinstance(error, Rejected) else error


async def _ask_one(session: SmppSession, settings: Settings, asked: Asked) -> Reported | None:
    states: list[tuple[Signal, str, int]] = []
    for message_id in ids.parts(asked.provider_id):
        found = await session.query(Query(ids.asked(message_id, settings), source(settings)))
        word = state_word(found.state) if found else ""
        told = signal(word)
        if found is None or told is None:
            return None
        states.append((told, word, found.error))
    if not states:
        return None
    told, word, error = min(states, key=lambda state: state[0].rung)
    return Reported(asked.provider_id, told, f"SMPP query_sm: {word}", code=str(error or ""))
