"""Sends one SMS by `Message/SendSmsMessage`, finds it again by the campaign's name, asks after many by
`Message/GetSMSStatus`, tells the balance by `User/GetOwnBalance`.

Each single message is a campaign at Mobizon and may have a name: ours is made of our key, so after a silence the vendor
can be asked whether it has the message. Source: the vendor's documentation repository.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from priyom.channels.mobizon import Settings, codes
from priyom.channels.mobizon.call import call
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Rejected, Unavailable, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt, Signal
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Http

MOST_ASKED = 100
_SHORTEST_LIFE, _LONGEST_LIFE, _MINUTE = 60, 1440, 60
_SINGLE = "1"
_DECLINED = "DECLINED"


def name_of(key: str) -> str:
    """What a message is called at the vendor."""
    return f"priyom {key}"


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once; buttons and files are ignored (the house has written the digits into the text).

    Raises the errors of `contracts.errors`; Uncertain where nobody can say whether it went out.
    """
    settings: Settings = account.settings
    form = {**_who(outgoing), "params[name]": name_of(outgoing.key)}
    if settings.sender:
        form["from"] = settings.sender
    if outgoing.valid_for is not None:
        minutes = min(_LONGEST_LIFE, max(_SHORTEST_LIFE, outgoing.valid_for // _MINUTE))
        form["params[validity]"] = str(minutes)
    said = await call(http, account, "Message/SendSmsMessage", form, harmless=False)
    number = said.get("messageId") if isinstance(said, dict) else None
    if not number:
        raise Uncertain("Mobizon: в ответе нет номера сообщения")
    return Receipt(str(number))


async def find(http: Http, account: Account, outgoing: Outgoing) -> Receipt | None:
    """Whether the vendor has this message; None: it never heard of it.

    Raises Rejected when it stands and has finally failed (or a moderator declined it), Unavailable when nobody answers.
    """
    who = _who(outgoing)
    criteria = {
        "criteria[recipient]": who["recipient"],
        "criteria[text]": who["text"],
        "criteria[type]": _SINGLE,
        "pagination[pageSize]": "100",
        "sort[id]": "DESC",
    }
    campaigns = _items(await call(http, account, "Campaign/List", criteria))
    ours = next((item for item in campaigns if item.get("name") == name_of(outgoing.key)), None)
    if ours is None:
        return None
    if _DECLINED in (ours.get("commonStatus"), ours.get("moderationStatus")):
        raise Rejected(
            f"Mobizon: модератор отклонил сообщение: {ours.get('globalComment') or 'без причины'}", _DECLINED
        )
    messages = _items(await call(http, account, "Message/List", {"criteria[campaignIds]": str(ours.get("id"))}))
    if not messages or not messages[0].get("id"):
        raise Unavailable("Mobizon: рассылка есть, сообщения в ней еще нет")
    number = str(messages[0]["id"])
    told = codes.report(number, str(messages[0].get("status")))
    if told is not None and told.signal is Signal.FAILED:
        raise Rejected(told.evidence, told.code)
    return Receipt(number, told.signal if told else Signal.ACCEPTED, segments=_whole(messages[0].get("segNum")))


async def check(http: Http, account: Account) -> Identity:
    """Ask for the balance: proves the key and the address."""
    settings: Settings = account.settings
    told = await vitals(http, account)
    name = settings.sender or "Mobizon"
    return Identity(name, f"SMS от {name}", f"Баланс: {told.balance} {told.currency}".strip())


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these (at most 100). Those the vendor does not know, or says an unknown word of, are absent."""
    numbers = [one.provider_id for one in asked if one.provider_id.isdecimal()][:MOST_ASKED]
    if not numbers:
        return []
    said = await call(http, account, "Message/GetSMSStatus", {"ids": ",".join(numbers)})
    items = [item for item in said if isinstance(item, dict)] if isinstance(said, list) else []
    told = [codes.report(str(item.get("id")), str(item.get("status"))) for item in items]
    return [report for report in told if report is not None and report.provider_id in numbers]


async def vitals(http: Http, account: Account) -> Vitals:
    """The balance, in the account's own currency."""
    said = await call(http, account, "User/GetOwnBalance", {})
    try:
        balance = Decimal(str(said["balance"]))
    except (InvalidOperation, KeyError, TypeError):
        return Vitals(note="Mobizon не назвал баланс")
    return Vitals(balance if balance.is_finite() else None, str(said.get("currency") or "")[:3])


def _who(outgoing: Outgoing) -> dict[str, str]:
    text = outgoing.message.text.encode("utf-8", "replace").decode()
    return {"recipient": outgoing.address.lstrip("+"), "text": text}


def _items(said: Any) -> list[dict[str, Any]]:
    found = said.get("items") if isinstance(said, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() else None
