"""Sends one SMS by the gateway's `send.php`, asks after it by `status.php`, checks the account by `balance.php`.

The gateway has no dedupe key, but it lets us name the message: our number in `id` comes back in every report, and by
phone and `id` it can be asked whether it has the message. Source: the gateway's HTTP API pages (send, status, balance).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from priyom.channels.smsc import Settings, statuses
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt, Signal
from priyom.contracts.vitals import Vitals
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent, Via

_MAX_ID = 2**31 - 1
_HOUR = 3600
_NUMBERED_KEY = re.compile(r"[A-Za-z]+([1-9]\d{0,9})", re.ASCII)


def client_id(key: str) -> int:
    """Our key as the gateway's message number, 1 .. 2^31-1: `d123` -> 123, anything else by hash."""
    if (match := _NUMBERED_KEY.fullmatch(key)) and int(match[1]) <= _MAX_ID:
        return int(match[1])
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % _MAX_ID + 1


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once; buttons and files are ignored (the house has written the digits into the text).

    A refusal as «duplicate» (9) may mean that an earlier, unanswered try of ours stands: the gateway is asked
    before the refusal is believed. Raises the errors of `contracts.errors`.
    """
    answer = await _call(http, account, "send.php", _form(account.settings, outgoing), unknown=Uncertain)
    if "error_code" in answer:
        refused = statuses.refusal(_number(answer["error_code"]), str(answer.get("error", "")))
        if isinstance(refused, Throttled):
            return await _standing(http, account, outgoing, refused)
        raise refused
    if "id" not in answer:
        raise Uncertain("шлюз SMSC ответил непонятно: нет номера сообщения")
    return Receipt(
        provider_id=str(answer["id"]),
        cost=_money(answer.get("cost")),
        currency=account.settings.currency,
        segments=_number(answer.get("cnt")) or None,
    )


async def find(http: Http, account: Account, outgoing: Outgoing) -> Receipt | None:
    """Whether the gateway has this message; None: it never heard of it.

    Raises NotReachable or Rejected when the message stands and has finally failed, Unavailable when nobody answers.
    """
    number = client_id(outgoing.key)
    form = {"phone": outgoing.address.lstrip("+"), "id": str(number)}
    answer = await _call(http, account, "status.php", form, unknown=Unavailable)
    if "error_code" in answer:
        raise statuses.refusal(_number(answer["error_code"]), str(answer.get("error", "")))
    status, cause = _number(answer.get("status"), statuses.NOT_FOUND), _number(answer.get("err"))
    if status == statuses.NOT_FOUND:
        return None
    if statuses.known(status) and (signal := statuses.signal(status)) is not Signal.ACCEPTED:
        if signal is Signal.FAILED:
            kind = NotReachable if statuses.gone(status, cause) else Rejected
            raise kind(f"шлюз SMSC: {statuses.words(status, cause)}", str(cause or status))
        return Receipt(str(number), signal, currency=account.settings.currency)
    return Receipt(str(number), currency=account.settings.currency)


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these, by one call of the list form; those the gateway no longer knows are absent.

    The gateway takes five such questions a minute about the same message. Raises Throttled, Misconfigured, Unavailable.
    """
    if not asked:
        return ()
    form = {
        "phone": "".join(f"{item.address.lstrip('+')}," for item in asked),  # a comma at the end asks for a list
        "id": "".join(f"{item.provider_id}," for item in asked),
    }
    answer = await _call(http, account, "status.php", form, unknown=Unavailable)
    if "error_code" in answer:
        raise statuses.refusal(_number(answer["error_code"]), str(answer.get("error", "")))
    alone = [{"phone": asked[0].address.lstrip("+"), "id": asked[0].provider_id, **answer}]  # no list for one question
    listed = answer.get("list", alone if len(asked) == 1 else ())
    told = {(str(item.get("phone", "")), str(item.get("id", ""))): item for item in listed}
    found = [(item, told.get((item.address.lstrip("+"), item.provider_id))) for item in asked]
    reports = [_told(item.provider_id, said) for item, said in found if said is not None]
    return [report for report in reports if report is not None]


async def vitals(http: Http, account: Account) -> Vitals:
    """The money left. Raises Misconfigured, Unavailable."""
    answer = await _call(http, account, "balance.php", {"cur": "1"}, unknown=Unavailable)
    if "error_code" in answer:
        raise statuses.refusal(_number(answer["error_code"]), str(answer.get("error", "")))
    currency = str(answer.get("currency", "")) or account.settings.currency
    return Vitals(balance=_money(answer.get("balance")), currency={"RUR": "RUB"}.get(currency, currency)[:3])


async def check(http: Http, account: Account) -> Identity:
    """Ask for the balance: proves login and password, and shows the money left."""
    answer = await _call(http, account, "balance.php", {"cur": "1"}, unknown=Unavailable)
    if "error_code" in answer:
        raise statuses.refusal(_number(answer["error_code"]), str(answer.get("error", "")))
    settings: Settings = account.settings
    name = settings.sender or settings.login or "SMSC"
    balance = f"Баланс: {answer.get('balance', '?')} {answer.get('currency', '')}"
    return Identity(name, f"SMS от {name}", balance.strip())


async def _standing(http: Http, account: Account, outgoing: Outgoing, refused: Throttled) -> Receipt:
    try:
        found = await find(http, account, outgoing)
    except (NotReachable, Rejected):
        raise
    except ChannelError as error:
        raise Uncertain(f"{refused.text}; спросить о сообщении не удалось: {error.text}", refused.code) from error
    if found is None:
        raise refused
    return found


def _form(settings: Settings, outgoing: Outgoing) -> dict[str, str]:
    form = {
        "phones": outgoing.address.lstrip("+"),
        "mes": outgoing.message.text.encode("utf-8", "replace").decode(),
        "id": str(client_id(outgoing.key)),
        "cost": "3",
    }
    if settings.sender:
        form["sender"] = settings.sender
    if outgoing.valid_for is not None:
        form["valid"] = str(min(24, max(1, outgoing.valid_for // _HOUR)))
    return form


async def _call(
    http: Http, account: Account, page: str, form: Mapping[str, str], *, unknown: type[ChannelError]
) -> dict[str, Any]:
    """One request. `unknown` is raised where nobody can say whether it was carried out."""
    settings: Settings = account.settings
    whole = {**_login(settings), **form, "fmt": "3", "charset": "utf-8"}
    if not settings.base_url.startswith(("https://", "http://")):
        raise Misconfigured("адрес шлюза должен начинаться с https://")
    try:
        url = f"{settings.base_url.rstrip('/')}/{page}"
        answer = await http.request("POST", url, form=whole, via=Via(proxy=settings.proxy))
    except NotSent as error:
        raise Unavailable(f"шлюз SMSC недоступен: {error}") from error
    except NoAnswer as error:
        raise unknown(f"шлюз SMSC не ответил: {error}") from error
    except ValueError as error:
        raise Misconfigured(f"неверный адрес шлюза или прокси: {error}") from error
    return _read(answer, unknown)


def _read(answer: Answer, unknown: type[ChannelError]) -> dict[str, Any]:
    code = str(answer.status)
    if answer.status in (502, 503):
        raise Unavailable(f"шлюз SMSC не работает: HTTP {code}", code)
    if answer.status == 429:
        raise Throttled("шлюз SMSC: слишком часто", statuses.DUPLICATE_PAUSE, code)
    if answer.status >= 500:
        raise unknown(f"шлюз SMSC сбился: HTTP {code}", code)
    if answer.status != 200:
        raise Misconfigured(f"по адресу шлюза отвечает что-то другое: HTTP {code}", code)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, list):
        return {"list": [item for item in body if isinstance(item, dict)]}
    if not isinstance(body, dict):
        raise unknown("шлюз SMSC ответил непонятно: не JSON")
    return body


def _told(number: str, said: Mapping[str, Any]) -> Reported | None:
    """One item of the list; None for a message the gateway does not know, or a status unknown to us."""
    status, cause = _number(said.get("status"), statuses.NOT_FOUND), _number(said.get("err"))
    if status == statuses.NOT_FOUND or not statuses.known(status):
        return None
    return Reported(
        number,
        statuses.signal(status),
        "SMSC " + statuses.words(status, cause),
        _moment(said.get("last_timestamp")),
        str(cause) if cause else "",
        statuses.gone(status, cause),
    )


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(value)), UTC) if value else None
    except (ValueError, OverflowError, OSError):
        return None


def _login(settings: Settings) -> dict[str, str]:
    if settings.apikey:
        return {"apikey": settings.apikey}
    if settings.login and settings.password:
        return {"login": settings.login, "psw": settings.password}
    raise Misconfigured("укажите логин и пароль или ключ API")


def _number(value: object, default: int = 0) -> int:
    try:
        return int(str(value))
    except ValueError:
        return default


def _money(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
