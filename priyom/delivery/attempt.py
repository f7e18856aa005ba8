"""One attempt: make the message of a claimed delivery and hand it to the channel's sender. Knows no database."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Account, Channel, Sender
from priyom.contracts.errors import ChannelError, NotReachable, OptedOut, Rejected, Uncertain
from priyom.contracts.message import Button, Edit, File, Message, Outgoing, Receipt, Template, Wording
from priyom.delivery.consequence import Again, Outcome, failed, taken
from priyom.foundation.clock import now
from priyom.foundation.http import Http, HttpError

log = logging.getLogger(__name__)

DONE = Receipt("")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in our hands. `of_try` counts its claims, of which `untried` ended before anything had left."""

    id: int
    op: str
    address: str
    body: dict[str, Any]
    quiet: bool
    expires_at: datetime | None
    of_try: int
    maybe_sent: bool
    rank: int = 3
    untried: int = 0
    files: tuple[File, ...] = ()


class _Shut(Exception):
    """The vendor does not have it, and we may not send any more."""


async def attempt(
    http: Http, channel: Channel, account: Account, claimed: Claimed, fence: Callable[[], bool] = lambda: True
) -> Outcome:
    """Try once and say what follows. `fence` is looked at once more when time has passed before the message itself
    leaves. Raises nothing but cancellation."""
    try:
        receipt = await _perform(http, channel, account, claimed, fence)
    except _Shut:
        return Again(claimed.id, claimed.of_try, 0.0)
    except (ChannelError, HttpError) as error:
        if isinstance(error, Uncertain):
            log.warning("delivery %s over %s: no answer: %s", claimed.id, account.key, error.text)
        return failed(claimed.id, claimed.of_try, channel.card.after_crash, claimed.op, error, untried=claimed.untried)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.error("delivery %s over %s failed unexpectedly: %s", claimed.id, account.key, whence(error))
        return failed(claimed.id, claimed.of_try, channel.card.after_crash, claimed.op, error, untried=claimed.untried)
    done = taken(claimed.id, claimed.of_try, receipt, once=channel.card.after_crash is AfterCrash.SAME_KEY)
    return replace(done, of_edit=True) if claimed.op == "edit" else done


def whence(error: BaseException) -> str:
    """The kind of an unexpected error and the lines it came through. Not its words: they may quote a token."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return " ".join([type(error).__name__, *(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)])


async def _perform(
    http: Http, channel: Channel, account: Account, claimed: Claimed, fence: Callable[[], bool]
) -> Receipt:
    sender, body = channel.sender, claimed.body
    if claimed.op == "press" and body.get("typing"):
        await sender.typing(http, account, claimed.address)
        return DONE
    if claimed.op == "press":
        if not hasattr(sender, "answer_press"):  # digits of a call, links: nothing spins there
            return DONE
        await sender.answer_press(http, account, str(body.get("press_id", "")), str(body.get("text", "")))
        return DONE
    if claimed.op == "edit":
        if not channel.card.edits:
            raise Rejected("этот канал не правит отправленное")
        await sender.edit(http, account, Edit(claimed.address, str(body["target"]), message(claimed)))
        return DONE
    letter = outgoing(claimed)
    if claimed.maybe_sent and channel.card.after_crash is AfterCrash.ASK:
        found = await _asked(sender, http, account, letter)
        if found is not None:
            return found
        if not fence():
            raise _Shut
    return await sender.send(http, account, letter)


async def _asked(sender: Sender, http: Http, account: Account, letter: Outgoing) -> Receipt | None:
    """Whether the vendor has it. That it refuses the question says nothing of the message: that stays unknown."""
    try:
        return await sender.find(http, account, letter)
    except (Rejected, NotReachable, OptedOut) as error:
        raise Uncertain(error.text, error.code) from error


def outgoing(claimed: Claimed) -> Outgoing:
    """The message as the contract wants it; the key is the same on every retry."""
    left = None
    if claimed.expires_at is not None:
        left = max(1, int((claimed.expires_at - now()).total_seconds()))
    body = claimed.body
    template, wording, window = body.get("template"), body.get("wording"), body.get("window_until")
    return Outgoing(
        f"d{claimed.id}", claimed.address, message(claimed), claimed.quiet, left,
        unsubscribe_url=str(body.get("unsubscribe_url", "")),
        reply_to=str(body.get("reply_to", "")),
        wording=wording and Wording(wording["kind"], wording["language"], wording["values"]),
        template=template and Template(template["name"], template["language"], tuple(template["values"])),
        window_until=window and datetime.fromisoformat(window),
    )  # fmt: skip


def message(claimed: Claimed) -> Message:
    """Text and buttons; a button's payload names the delivery it hangs on (at most 64 bytes)."""
    body = claimed.body
    rows = tuple(
        tuple(
            Button(item["label"], url=item["url"])
            if item.get("url")
            else Button(item["label"], f"{claimed.id}:{item['id']}"[:64])
            for item in row
        )
        for row in body.get("rows", ())
    )
    return Message(body["text"], body.get("subject", ""), rows, claimed.files, body.get("ask_contact") or "")
