"""Sends one SMS by `messaging/v1/SendSMS`, asks after many by `GetList`, tells the balance by `finance/v1/GetBalance`.

Beware the vendor's naming: `number` is the sender, `destination` the patient. It knows no key of ours and drops no
double: what was not answered stays uncertain. Source: the vendor's pages on SMS API.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from priyom.channels.exolve import Settings, states
from priyom.channels.exolve.call import call
from priyom.channels.exolve.message import listed
from priyom.channels.exolve.receive import report
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Malformed, Misconfigured, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Http

PAGE = 500
MOST_PAGES = 20
_AROUND = timedelta(minutes=5)


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once; buttons and files are ignored (the house has written the digits into the text).

    Raises the errors of `contracts.errors`; Uncertain where nobody can say whether it went out.
    """
    settings: Settings = account.settings
    body = {
        "number": settings.sender.lstrip("+"),
        "destination": outgoing.address.lstrip("+"),
        "text": outgoing.message.text.encode("utf-8", "replace").decode(),
    }
    said = await call(http, account, "messaging/v1/SendSMS", body, harmless=False)
    if not said.get("message_id"):
        raise Uncertain("Exolve: в ответе нет номера сообщения")
    return Receipt(str(said["message_id"]))


async def check(http: Http, account: Account) -> Identity:
    """Ask for the balance: proves the key. Raises Misconfigured when the table of states cannot be read."""
    settings: Settings = account.settings
    try:
        states.meanings(settings.statuses)
    except states.BadStates as error:
        raise Misconfigured(f"Числовые статусы: {error}") from None
    told = await vitals(http, account)
    note = f"Баланс: {told.balance} RUB" if told.balance is not None else ""
    return Identity(settings.sender, f"SMS от {settings.sender}", note)


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these: the list of the time in which they were sent is read, page by page."""
    if not asked:
        return []
    wanted = {one.provider_id for one in asked}
    moments = [one.sent_at for one in asked]
    found: list[Reported] = []
    for page in range(MOST_PAGES):
        items = await between(http, account, min(moments) - _AROUND, max(moments) + _AROUND, page)
        for item in items:
            try:
                made = report(account, listed(item))
            except Malformed:
                continue
            if made is not None and made.provider_id in wanted:
                found.append(made)
        if len(items) < PAGE or len(found) == len(wanted):
            break
    return found


async def between(http: Http, account: Account, since: datetime, until: datetime, page: int) -> list[dict[str, Any]]:
    """The messages of either direction whose `date` lies between, one page of them."""
    body = {"date_gte": _stamp(since), "date_lte": _stamp(until), "limit": PAGE, "offset": page * PAGE}
    said = (await call(http, account, "messaging/v1/GetList", body)).get("messages")
    return [item for item in said if isinstance(item, dict)] if isinstance(said, list) else []


async def vitals(http: Http, account: Account) -> Vitals:
    """The balance, in rubles."""
    said = await call(http, account, "finance/v1/GetBalance", {})
    try:
        balance = Decimal(str(said.get("balance")))
    except InvalidOperation:
        return Vitals(note="Exolve не назвал баланс")
    return Vitals(balance if balance.is_finite() else None, "RUB")


def _stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
