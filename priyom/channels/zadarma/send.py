"""Lets Zadarma's telephone exchange call a person and connect them with the clinic's recorded menu.

`GET /v1/request/callback/` calls the person, then the robot's own number, whose calls our webhook answers
(`receive.py`). The vendor gives the call no number, so a message is named by phone and moment, and its outcome is
looked for in the exchange's statistics. Source: the vendor's OpenAPI (2026) and its PHP library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from priyom.channels.zadarma import CARD, Settings, signature
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt, Signal
from priyom.contracts.reading import clean
from priyom.contracts.vitals import Vitals
from priyom.foundation.clock import now
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent, Via
from priyom.foundation.phone import show

PAUSE, STATISTICS_PAUSE = 15.0, 30.0
"""Seconds after «too many requests»: 100 a minute are allowed, 3 for statistics."""
EARLY, LATE = timedelta(minutes=2), timedelta(minutes=20)
"""So far a call's row may stand from the moment it was asked for."""
_STAMP = "%Y-%m-%d %H:%M:%S"
_ENDS = {
    "busy": "номер занят", "cancel": "звонок отменен", "no answer": "никто не взял трубку",
    "call failed": "звонок не удался", "failed": "звонок не удался", "unallocated number": "такого номера нет",
    "no money": "на счете нет денег", "no limit": "исчерпан лимит", "no day limit": "исчерпан дневной лимит",
    "line limit": "заняты все линии", "no money, no limit": "на счете нет денег",
}  # fmt: skip


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Ask for one call. The words of the message are not spoken: the menu is the clinic's recording."""
    if len(outgoing.message.text) > CARD.text_limit:
        raise Rejected(f"не больше {CARD.text_limit} знаков", "too-long")
    settings: Settings = account.settings
    person = digits(outgoing.address)
    params = {"from": person, "to": digits(settings.robot_number)}
    said = await _call(http, settings, "GET", "/v1/request/callback/", params, unknown=Uncertain)
    try:
        moment = int(str(said.get("time")))
    except ValueError:
        raise Uncertain("Zadarma ответила непонятно: нет времени звонка") from None
    return Receipt(f"{person}:{moment}")


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """Look for these calls in the exchange's statistics; those not there yet are absent."""
    wanted = [(item, moment) for item in asked if (moment := _moment(item.provider_id)) is not None]
    if not wanted:
        return []
    settings: Settings = account.settings
    shift = timedelta(hours=settings.utc_offset)
    start = min(moment for _, moment in wanted) - EARLY + shift
    params = {"start": start.strftime(_STAMP), "end": (now() + shift + EARLY).strftime(_STAMP), "version": "2"}
    said = await _call(http, settings, "GET", "/v1/statistics/pbx/", params, unknown=Unavailable)
    listed = said.get("stats")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    found = (_outcome(item.provider_id, moment, rows, shift) for item, moment in wanted)
    return [report for report in found if report is not None]


async def check(http: Http, account: Account) -> Identity:
    """Ask for the balance: proves key and secret."""
    settings: Settings = account.settings
    if len(digits(settings.robot_number)) < 7:
        raise Misconfigured("укажите номер робота полностью: 7495…")
    standing = await vitals(http, account)
    number = digits(settings.robot_number)
    return Identity(number, f"Звонки с {show('+' + number)}", f"Баланс: {standing.balance} {standing.currency}".strip())


async def vitals(http: Http, account: Account) -> Vitals:
    """The balance."""
    said = await _call(http, account.settings, "GET", "/v1/info/balance/", {}, unknown=Unavailable)
    try:
        balance = Decimal(str(said.get("balance")))
    except InvalidOperation:
        raise Unavailable("Zadarma ответила непонятно: нет баланса") from None
    return Vitals(balance, clean(str(said.get("currency", "")))[:3])


async def connect(http: Http, account: Account, url: str) -> None:
    """Tell the exchange where to call us, and about what: beginnings and ends of calls."""
    await _call(http, account.settings, "POST", "/v1/pbx/callinfo/url/", {"url": url}, unknown=Unavailable)
    wanted = {"notify_start": "true", "notify_end": "true"}
    await _call(http, account.settings, "POST", "/v1/pbx/callinfo/notifications/", wanted, unknown=Unavailable)


def digits(phone: str) -> str:
    """`+77011234567` as the vendor wants it: digits alone."""
    return "".join(c for c in phone if c.isdigit() and c.isascii())


def _moment(name: str) -> datetime | None:
    number = name.rpartition(":")[2]
    return datetime.fromtimestamp(int(number), UTC) if number.isdecimal() and len(number) < 12 else None


def _outcome(name: str, moment: datetime, rows: Sequence[Mapping[str, Any]], shift: timedelta) -> Reported | None:
    """The report of a call: of the rows with this phone the one nearest in time that may be it."""
    person = name.partition(":")[0]
    fitting = []
    for row in rows:
        at = _row_moment(row, shift)
        known = {str(row.get(field, "")) for field in ("destination", "clid", "sip")}
        if at is not None and person in known and -EARLY <= at - moment <= LATE:
            fitting.append((abs(at - moment), at, str(row.get("disposition", ""))))
    if not fitting:
        return None
    _, at, disposition = min(fitting)
    if disposition == "answered":
        return Reported(name, Signal.DELIVERED, "Zadarma: разговор состоялся", at)
    if disposition not in _ENDS:
        return None
    gone = disposition == "unallocated number"
    return Reported(name, Signal.FAILED, f"Zadarma: {_ENDS[disposition]}", at, disposition, gone)


def _row_moment(row: Mapping[str, Any], shift: timedelta) -> datetime | None:
    try:
        return datetime.strptime(str(row.get("callstart", "")), _STAMP).replace(tzinfo=UTC) - shift
    except (ValueError, OverflowError):
        return None


async def _call(
    http: Http, settings: Settings, verb: str, path: str, params: Mapping[str, str], *, unknown: type[ChannelError]
) -> dict[str, Any]:
    """One signed request. `unknown` is raised where nobody can say whether it was carried out."""
    if not settings.base_url.startswith(("https://", "http://")):
        raise Misconfigured("адрес Zadarma должен начинаться с https://")
    headers = {"authorization": f"{settings.key}:{signature.of_request(settings.secret, path, params)}"}
    text, url = signature.query(params), settings.base_url.rstrip("/") + path
    body = None
    if verb == "GET":
        url += f"?{text}" if text else ""
    else:
        body, headers["content-type"] = text.encode(), "application/x-www-form-urlencoded"
    try:
        answer = await http.request(verb, url, body=body, headers=headers, via=Via(proxy=settings.proxy))
    except NotSent:
        raise Unavailable("нет связи с Zadarma") from None
    except NoAnswer:
        raise unknown("Zadarma не ответила") from None
    except ValueError:
        raise Misconfigured("неверный адрес Zadarma, прокси или ключ") from None
    return _read(answer, unknown, STATISTICS_PAUSE if "/statistics/" in path else PAUSE)


def _read(answer: Answer, unknown: type[ChannelError], pause: float) -> dict[str, Any]:
    code = str(answer.status)
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):  # a proxy's page is not the vendor's word
        refused = 400 <= answer.status < 500 or answer.status in (502, 503)
        raise (Unavailable if refused else unknown)(f"вместо Zadarma отвечает что-то другое: HTTP {code}", code)
    words = said.get("message")
    why = f": {clean(words)[:150]}" if isinstance(words, str) and words else ""
    match answer.status:
        case 200 if said.get("status") == "success":
            return said
        case 401 | 403:
            raise Misconfigured("Zadarma не приняла ключ или подпись" + why, code)
        case 429:
            raise Throttled("Zadarma просит реже" + why, pause, code)
        case 502 | 503:
            raise Unavailable("Zadarma сейчас не работает" + why, code)
        case status if status >= 500:
            raise unknown("Zadarma сбилась" + why, code)
    raise Rejected("Zadarma отказала" + why, code)
