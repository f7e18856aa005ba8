"""Sends one SMS by `sms/send`, asks after it by `sms/status`, tells the account by `auth`, `balance` and `sign/list`.

The gateway knows no key of ours and drops no double: what was not answered stays uncertain. Where no connection to the
usual host can be made, the vendor's spare ones are tried, as its own SDK does. Source: the vendor's Python SDK.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from priyom.channels.smsaero import Settings, states
from priyom.contracts import vendor_call
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt
from priyom.contracts.vendor_call import Vendor
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Http

USUAL = "https://gate.smsaero.ru/v2"
SPARE = ("https://gate.smsaero.org/v2", "https://gate.smsaero.net/v2")
_APPROVED = 1


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once; buttons and files are ignored (the house has written the digits into the text).

    Raises the errors of `contracts.errors`; Uncertain where nobody can say whether it went out.
    """
    settings: Settings = account.settings
    body = {
        "number": outgoing.address.lstrip("+"),
        "text": outgoing.message.text.encode("utf-8", "replace").decode(),
        "sign": settings.sender,
    }
    if settings.callback_url:
        joint = "&" if "?" in settings.callback_url else "?"
        body["callbackUrl"] = f"{settings.callback_url}{joint}secret={account.hook_secret}"
        body["callbackFormat"] = "JSON"
    said = await _call(http, account, "sms/send", body, harmless=False)
    item = said[0] if isinstance(said, list) and said else said
    number = item.get("id") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not number:
        raise Uncertain("SMS Aero: в ответе нет номера сообщения")
    cost = _money(item.get("cost"))
    return Receipt(str(number), cost=cost, currency="RUB" if cost is not None else "")


async def check(http: Http, account: Account) -> Identity:
    """Prove the key, ask for the balance and whether the sender's name is approved."""
    settings: Settings = account.settings
    await _call(http, account, "auth", {})
    note = f"Баланс: {(await vitals(http, account)).balance} RUB"
    signs = await _call(http, account, "sign/list", {})
    items = [item for item in signs.values() if isinstance(item, dict)] if isinstance(signs, dict) else []
    states_of = {str(item.get("name")): item for item in items}
    if settings.sender not in states_of and settings.sender != "SMS Aero":
        note += f". Имени «{settings.sender}» нет среди первых в кабинете"
    elif _number(states_of.get(settings.sender, {}).get("status", _APPROVED)) != _APPROVED:
        note += f". Имя «{settings.sender}» еще не согласовано"
    if not settings.callback_url:
        note += ". Адрес для отчетов не задан: Приём спрашивает сам"
    return Identity(settings.sender, f"SMS от {settings.sender}", note, settings.callback_url)


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these, one by one. Absent: those the gateway does not know, and the rest once it said «slower»."""
    found: list[Reported] = []
    for one in asked:
        if not one.provider_id.isdecimal():
            continue
        try:
            item = await _call(http, account, "sms/status", {"id": int(one.provider_id)})
        except Rejected:
            continue
        except (Throttled, Unavailable):
            if not found:
                raise
            break
        if isinstance(item, dict):
            state, words = _number(item.get("status")), str(item.get("extendStatus") or "")
            found += filter(None, [states.report(one.provider_id, state, words)])
    return found


async def vitals(http: Http, account: Account) -> Vitals:
    """The balance, in rubles."""
    said = await _call(http, account, "balance", {})
    balance = _money(said.get("balance")) if isinstance(said, dict) else None
    return Vitals(balance, "RUB", note="" if balance is not None else "SMS Aero не назвал баланс")


async def _call(http: Http, account: Account, page: str, body: object, *, harmless: bool = True) -> Any:
    """The `data` of a successful answer. `harmless`: asking again loses nothing."""
    settings: Settings = account.settings
    pair = base64.b64encode(f"{settings.email}:{settings.api_key}".encode()).decode()
    usual = settings.base_url.rstrip("/")
    hosts = (usual, *(SPARE if usual == USUAL else ()))
    for at, host in enumerate(hosts):
        vendor = Vendor("SMS Aero", host, settings.proxy)
        headers = {"authorization": f"Basic {pair}"}
        try:
            answer = await vendor_call.ask(http, vendor, page, json=body, headers=headers, harmless=harmless)
        except Unavailable:  # it was surely not taken, so another host may take it
            if at == len(hosts) - 1:
                raise
            continue
        said = vendor_call.told(answer, vendor, harmless=harmless)
        if answer.status < 300 and said.get("success") is True:
            return said.get("data")
        raise states.refusal(answer.status, said)
    raise AssertionError("there is always a host")


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -1


def _money(value: object) -> Decimal | None:
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() else None
