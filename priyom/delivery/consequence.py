"""What follows from one attempt: pure decisions. Each error of a channel has exactly one consequence for the delivery
and at most one for its account; `settle` writes the first down, `pump` obeys the second.

When may the provider be asked whether it has a message of unknown fate? When nothing of it can be on its way any more,
else «no» means nothing. Our own request is at its end when we ask: it was answered, broken off or timed out, and
`ASK_AFTER` is for what the network and the provider still have in hand. Another process's request is at its end too
when the accounts were taken from it in order: it died, or it was silent for longer than its fence stands open and what
was under way may go on (6 + 1.5 s; a dead network is noticed after 9 s, a silent worker after 12: `fence.py`). Only the
end of the database itself frees the locks of somebody who has not fallen silent yet; then `TAKEN_OVER` covers those 7.5
seconds beside `ASK_AFTER`. What is left is a process that stops between its look at the fence and the request's leaving
(microseconds of its own time) and goes on after its successor has asked: its late answer belongs to an older claim,
and `settle.sql` lists that message as a doubt of the kind `twice`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from priyom.contracts.card import AfterCrash
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
)
from priyom.contracts.message import Receipt, Signal

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
ASK_AFTER = 6.0
"""Seconds before the provider is asked after a message of unknown fate: what is still on the wire arrives by then."""
TAKEN_OVER = 14.0
"""The same, when the locks went down with the database: whoever was cut off from it goes on until his fence shuts."""
NEVER = -1
"""The try that was not made, for the end of what nobody had claimed. (0 belongs to a gateway's word, which is believed
whoever has the message in hand by the time it is written down; such an end must not be.)"""
MOST_UNKNOWN = 10
"""So many tries of one delivery may end without an answer; then it is told as uncertain."""


class Strain(StrEnum):
    """What an attempt has shown about the account."""

    NONE = ""
    DOWN = "down"
    SLOW = "slow"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Settled:
    """The attempt's end. `of_try`: of which claim (0: a gateway's later word; or NEVER). `lost` is '' | gone | blocked:
    what it says of the contact point. `once`: had the message left twice, the vendor would have dropped the second by
    our key."""

    delivery_id: int
    of_try: int
    signal: Signal
    evidence: str = ""
    code: str = ""
    provider_id: str = ""
    cost: Decimal | None = None
    currency: str = ""
    segments: int | None = None
    lost: str = ""
    state: str = "settled"
    of_edit: bool = False
    once: bool = False
    strain: Strain = Strain.NONE


@dataclass(frozen=True, slots=True)
class Again:
    """Back to waiting for `after` seconds. `tried` is False for what was claimed and never left."""

    delivery_id: int
    of_try: int
    after: float
    evidence: str = ""
    maybe_sent: bool = False
    tried: bool = True
    strain: Strain = Strain.NONE


Outcome = Settled | Again


def pause(tries: int) -> float:
    """Seconds before the next try after `tries` failed ones (1, 2, 4 ... 60)."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 10)))


def taken(delivery_id: int, of_try: int, receipt: Receipt, *, once: bool = False) -> Settled:
    """The gateway took it."""
    return Settled(
        delivery_id, of_try, receipt.signal, "", "", storable(receipt.provider_id, 200), receipt.cost,
        receipt.currency[:3], receipt.segments, once=once,
    )  # fmt: skip


def failed(
    delivery_id: int, of_try: int, after_crash: AfterCrash, op: str, error: BaseException, *, untried: int = 0
) -> Outcome:  # fmt: skip
    """What an error means. Anything unexpected counts as an unknown outcome: the request may have left.

    Of the unexpected only the kind is told: its words may quote an address, and in an address may stand a token.
    """
    text = storable(error.text if isinstance(error, ChannelError) else type(error).__name__, 300)
    code = storable(error.code if isinstance(error, ChannelError) else "", 60)
    match error:
        case Unavailable():
            return Again(delivery_id, of_try, pause(of_try - untried), text, strain=Strain.DOWN)
        case Throttled():
            return Again(delivery_id, of_try, max(0.0, error.after), text, strain=Strain.SLOW)
        case Misconfigured():
            return Again(delivery_id, of_try, 0.0, text, strain=Strain.BROKEN)
        case Rejected():
            return Settled(delivery_id, of_try, Signal.FAILED, text, code)
        case NotReachable():
            return Settled(delivery_id, of_try, Signal.FAILED, text, code, lost="gone")
        case OptedOut():
            return Settled(delivery_id, of_try, Signal.FAILED, text, code, lost="blocked")
    return unknown(delivery_id, of_try, after_crash, op, text, untried=untried)


def unknown(
    delivery_id: int,
    of_try: int,
    after_crash: AfterCrash,
    op: str,
    evidence: str,
    *,
    untried: int = 0,
    young: bool = False,
) -> Outcome:
    """The request left, or may have left, and no answer came. `young`: it was another's, and the database has just
    begun."""
    tries = of_try - untried
    if op != "send":
        return Again(delivery_id, of_try, pause(tries), evidence, strain=Strain.DOWN)
    if after_crash is AfterCrash.UNKNOWN or tries >= MOST_UNKNOWN:
        return Settled(delivery_id, of_try, Signal.UNCERTAIN, evidence, strain=Strain.DOWN)
    wait = max(TAKEN_OVER if young else ASK_AFTER, pause(tries)) if after_crash is AfterCrash.ASK else pause(tries)
    return Again(delivery_id, of_try, wait, evidence, maybe_sent=True, strain=Strain.DOWN)


def storable(text: str, most: int) -> str:
    """A stranger's text as the database can hold it, cut to `most` characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:most]
