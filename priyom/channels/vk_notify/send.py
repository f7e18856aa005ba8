"""Sends one notice by `POST /vk/messages` of Devino's interface, the one partner whose request is published; asks for
the balance, which also proves the key (https://docs.devino.online/en/http/vk_ok/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from priyom.channels.vk_notify import approved, words
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Unavailable, Uncertain
from priyom.contracts.message import Outgoing, Receipt
from priyom.contracts.vendor_call import Vendor, ask, told
from priyom.contracts.vitals import Draft, Registered, Vitals
from priyom.foundation.http import Answer, Http, HttpError, Via

NO_PAGE = "-"
SHORTEST, LONGEST = 15, 86400
"""Seconds a notice may wait for its reader."""


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """One notice to a phone number. Raises Rejected without an approved template; Uncertain when no answer came."""
    settings = account.settings
    wanted = outgoing.template
    template = approved.named(settings.templates, wanted, settings.place) if wanted else None
    if template is None:
        raise Rejected("VK Notify берет только одобренные шаблоны, а для этого текста одобренного нет", "no_template")
    message = {
        "phone": _digits(outgoing.address),
        "service": settings.service,
        "routes": settings.routes.split(","),
        "delivery_policy": settings.delivery_policy,
        "callbackData": {"key": outgoing.key},
        **template,
        **_lifetime(settings.lifetime_field, outgoing.valid_for),
        **_callback(account),
    }
    vendor, headers = _vendor(account), _key(account)
    answer = await ask(http, vendor, "vk/messages", json={"messages": [message]}, headers=headers)
    _admitted(answer)
    said = told(answer, vendor)
    return Receipt(_number(said, answer.status))


async def check(http: Http, account: Account) -> Identity:
    """The balance: an answer proves the key. Raises Misconfigured for statuses that mean nothing to us."""
    settings = account.settings
    if wrong := words.wrong(settings.statuses):
        raise Misconfigured(f"В словах отчетов непонятно: {', '.join(wrong)}. Можно: {', '.join(words.TOLD)}")
    vitals = await vitals_of(http, account)
    known = f"Одобренных шаблонов записано: {len(approved.read(settings.templates))}"
    return Identity(settings.service, f"VK Notify: {settings.service}", "; ".join(filter(None, (vitals.note, known))))


async def vitals(http: Http, account: Account) -> Vitals:
    """The balance of the contract."""
    return await vitals_of(http, account)


async def vitals_of(http: Http, account: Account) -> Vitals:
    """The same, from `balance_page`; with «-» for a page nothing is asked and only a note comes back."""
    if account.settings.balance_page == NO_PAGE:
        return Vitals(note="Баланс этого партнёра не узнать: страницы нет")
    said = _object(await _get(http, account, account.settings.balance_page))
    found = said.get("result", said)
    found = found.get("account", found) if isinstance(found, dict) else {}
    balance = found.get("balance") if isinstance(found, dict) else None
    if not isinstance(balance, int | float):
        raise Misconfigured("По адресу баланса отвечает что-то другое: проверьте адрес или поставьте «-»")
    return Vitals(Decimal(str(balance)), note="Договор заблокирован партнёром" if found.get("isBlocked") else "")


async def submit(http: Http, account: Account, draft: Draft) -> Registered:
    """No partner publishes a way to hand a template in: it is approved when the clinic has written it down as such."""
    return approved.handed_in(account.settings.templates, draft)


async def templates(http: Http, account: Account) -> Sequence[Registered]:
    """Those the clinic has written down."""
    return approved.listed(account.settings.templates)


def _vendor(account: Account) -> Vendor:
    return Vendor("VK Notify", account.settings.base_url, account.settings.proxy)


def _key(account: Account) -> dict[str, str]:
    return {"authorization": f"Key {account.settings.key}"}


def _digits(address: str) -> str:
    digits = address.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        raise NotReachable(f"«{address[:40]}» - не номер телефона")
    return digits


def _lifetime(field: str, valid_for: int | None) -> dict[str, object]:
    """The life time, where the partner has told the clinic the field's name: today's page names none."""
    return {field: min(max(valid_for, SHORTEST), LONGEST)} if field and valid_for else {}


def _callback(account: Account) -> dict[str, str]:
    """Where to report to. The partner signs nothing, so the address carries our secret."""
    url = account.settings.callback_url
    if not url:
        return {}
    return {"status_url": f"{url}{'&' if '?' in url else '?'}{urlencode({'secret': account.hook_secret})}"}


def _admitted(answer: Answer) -> None:
    if answer.status in (401, 403):
        raise Misconfigured("VK Notify: партнёр не узнал ключ", str(answer.status))
    if answer.status == 402:
        raise Misconfigured("VK Notify: кончились деньги", "402")
    if answer.status == 404:
        raise Misconfigured("VK Notify: по этому адресу такой службы нет", "404")


def _number(said: Mapping[str, Any], status: int) -> str:
    """The message's number. Raises Rejected with the reasons, Uncertain for an answer that cannot be read."""
    items = said.get("result")
    item = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else None
    if item is not None and str(item.get("code", "")).upper() == "OK" and item.get("messageId"):
        return str(item["messageId"])
    refused = item is not None and bool(item.get("code")) and str(item["code"]).upper() != "OK"
    if refused or status >= 400:
        why = _reasons(said if item is None else item)
        raise Rejected(f"VK Notify: партнёр отказал: {why or 'без объяснений'}", why[:60])
    raise Uncertain("VK Notify: ответ не читается, неизвестно, ушло ли уведомление")


def _reasons(item: Mapping[str, Any]) -> str:
    """Codes of what was wrong. They are not published; the shape is that of the partner's SMS page."""
    reasons = item.get("reasons") or item.get("description") or item.get("message") or item.get("code") or ""
    listed = reasons if isinstance(reasons, list) else [reasons]
    keys = [str(one.get("key", "")) if isinstance(one, dict) else str(one) for one in listed]
    return ", ".join(key for key in keys if key)[:200]


async def _get(http: Http, account: Account, page: str) -> Answer:
    url = f"{account.settings.base_url.rstrip('/')}/{page.lstrip('/')}"
    try:
        answer = await http.request("GET", url, headers=_key(account), via=Via(proxy=account.settings.proxy))
    except HttpError:
        raise Unavailable("VK Notify: нет связи") from None
    except ValueError:
        raise Misconfigured("VK Notify: неверный адрес сервиса или прокси") from None
    _admitted(answer)
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable(f"VK Notify: временно не работает ({answer.status})", str(answer.status))
    return answer


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        said: Any = answer.json()
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {}
