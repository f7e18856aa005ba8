"""Sends one SMS by `/sms/send`, asks after it by `/sms/status`, tells the account by `/my/*`, registers the handler.

The gateway knows no key of ours and drops no double (but for the same text within a minute): what was not answered
stays uncertain. Source: the gateway's pages api/send, api/status, api/balance, api/limit, api/senders, api/callback.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from priyom.channels.smsru import Settings, codes
from priyom.contracts import vendor_call
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Unavailable, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt
from priyom.contracts.vendor_call import Vendor
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Http

MOST_ASKED = 100
_LONGEST_LIFE = 1440
_MINUTE = 60


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once; buttons and files are ignored (the house has written the digits into the text).

    Raises the errors of `contracts.errors`; Uncertain where nobody can say whether it went out.
    """
    settings: Settings = account.settings
    form = {
        "to": outgoing.address.lstrip("+"),
        "msg": outgoing.message.text.encode("utf-8", "replace").decode(),
    }
    if settings.sender:
        form["from"] = settings.sender
    if outgoing.valid_for is not None:
        form["ttl"] = str(min(_LONGEST_LIFE, max(1, outgoing.valid_for // _MINUTE)))
    said = await _call(http, account, "sms/send", form, harmless=False)
    each = said.get("sms")
    mine = next(iter(each.values()), None) if isinstance(each, dict) else None
    if not isinstance(mine, dict):
        raise Uncertain("SMS.ru: в ответе нет сообщения")
    if _number(mine.get("status_code")) != codes.DONE:
        raise codes.refusal(_number(mine.get("status_code")), str(mine.get("status_text", "")), account=False)
    if not mine.get("sms_id"):
        raise Uncertain("SMS.ru: в ответе нет номера сообщения")
    cost = _money(mine.get("cost"))
    return Receipt(str(mine["sms_id"]), cost=cost, currency="RUB" if cost is not None else "")


async def check(http: Http, account: Account) -> Identity:
    """Ask for the balance (proves the key), the names that may be used, and the handler on record."""
    settings: Settings = account.settings
    balance = await _call(http, account, "my/balance", {})
    senders = (await _call(http, account, "my/senders", {})).get("senders")
    handlers = (await _call(http, account, "callback/get", {})).get("callback")
    note = f"Баланс: {balance.get('balance', '?')} RUB"
    known = [str(name) for name in senders] if isinstance(senders, list) else []
    if settings.sender and settings.sender not in known:
        note += f". Имени «{settings.sender}» нет среди согласованных: {', '.join(known) or 'их пока нет'}"
    name = settings.sender or "SMS.ru"
    ours = [str(url) for url in handlers if str(url).endswith(f"/{account.key}")] if isinstance(handlers, list) else []
    return Identity(name, f"SMS от {name}", note, ours[0] if ours else "")


async def connect(http: Http, account: Account, url: str) -> None:
    """Register our address among the account's handlers; others that stand there stay."""
    await _call(http, account, "callback/add", {"url": url})


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these (at most 100). Those the gateway does not know, or says an unknown word of, are absent."""
    form = {"sms_id": ",".join(one.provider_id for one in asked[:MOST_ASKED])}
    said = (await _call(http, account, "sms/status", form)).get("sms")
    found = []
    for number, each in (said if isinstance(said, dict) else {}).items():
        state = _number(each.get("status_code")) if isinstance(each, dict) else 0
        if codes.known(state):
            found.append(codes.report(str(number), state, None))
    return found


async def vitals(http: Http, account: Account) -> Vitals:
    """Balance, and how many messages a day the account may send."""
    balance = await _call(http, account, "my/balance", {})
    limit = await _call(http, account, "my/limit", {})
    most, used = _number(limit.get("total_limit")), _number(limit.get("used_today"))
    return Vitals(_money(balance.get("balance")), "RUB", daily_limit=most or None, note=f"Сегодня ушло: {used}")


async def _call(
    http: Http, account: Account, page: str, form: Mapping[str, str], *, harmless: bool = True
) -> dict[str, Any]:
    """The answer to a request that was taken as a whole. `harmless`: asking again loses nothing."""
    settings: Settings = account.settings
    vendor = Vendor("SMS.ru", settings.base_url, settings.proxy)
    whole = {"api_id": settings.api_id, "json": "1", **form}
    answer = await vendor_call.ask(http, vendor, page, form=whole, harmless=harmless)
    said = vendor_call.told(answer, vendor, harmless=harmless)
    if "status_code" not in said:
        raise (Unavailable if harmless else Uncertain)("SMS.ru: ответ без кода")
    if (code := _number(said["status_code"])) != codes.DONE:
        raise codes.refusal(code, str(said.get("status_text", "")), account=True)
    return said


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _money(value: object) -> Decimal | None:
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() else None
