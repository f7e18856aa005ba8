"""Asks МТС Exolve to call a number and read a text aloud, and what became of earlier calls.

`POST /call/v1/MakeVoiceMessage`, `POST /call/v1/GetInfo`, `POST /voice-message/v1/GetList` with a bearer key. Source:
docs.exolve.ru, «Voice API»; the words of `status` from clients in the open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from priyom.channels.exolve_voice import CARD, Settings
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Outgoing, Receipt, Signal
from priyom.contracts.reading import clean
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent, Via
from priyom.foundation.phone import show

PAUSE = 5.0
"""Seconds to wait after «too many requests»: the vendor names none."""
AT_ONCE = 8
_ENDS = {
    "no_answer": "никто не взял трубку", "busy": "номер занят", "rejected": "звонок отклонен",
    "canceled": "звонок отменен", "failed": "звонок не удался",
}  # fmt: skip


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Call once and read the text. Buttons are left out: nobody can press anything in this call."""
    settings: Settings = account.settings
    text = clean(outgoing.message.text)
    if len(text) > CARD.text_limit:
        raise Rejected(f"голос Exolve читает не больше {CARD.text_limit} знаков", "too-long")
    tts: dict[str, object] = {"text": text, "voice": settings.voice, "lang": settings.lang}
    body = {"source": digits(settings.source), "destination": digits(outgoing.address), "tts": tts}
    said = await _call(http, settings, "/call/v1/MakeVoiceMessage", body, unknown=Uncertain)
    number = said.get("call_id")
    if not isinstance(number, str | int) or isinstance(number, bool) or not str(number):
        raise Uncertain("Exolve ответил непонятно: нет номера звонка")
    return Receipt(clean(str(number))[:100])


async def ask(http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
    """What became of these calls; one the vendor no longer knows, or that still goes on, is absent."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one(item: Asked) -> Reported | None:
        async with at_once:
            try:
                body = {"call_id": item.provider_id}
                said = await _call(http, account.settings, "/call/v1/GetInfo", body, unknown=Unavailable)
            except Rejected:
                return None
            return outcome(item.provider_id, said)

    found = await asyncio.gather(*(one(item) for item in asked))
    return [report for report in found if report is not None]


async def check(http: Http, account: Account) -> Identity:
    """List the voice messages of the application: proves the key, calls nobody and costs nothing."""
    settings: Settings = account.settings
    if len(digits(settings.source)) < 10:
        raise Misconfigured("укажите номер Exolve полностью: 79…")
    await _call(http, settings, "/voice-message/v1/GetList", {}, unknown=Unavailable)
    return Identity(digits(settings.source), f"Звонки с {show('+' + digits(settings.source))}")


def outcome(call: str, said: Mapping[str, Any]) -> Reported | None:
    """The report of a call; None while it goes on, and for words we do not know."""
    status = str(said.get("status", "")).lower()
    if status == "completed":
        return Reported(call, Signal.DELIVERED, "Exolve: разговор состоялся")
    if status in _ENDS:
        return Reported(call, Signal.FAILED, f"Exolve: {_ENDS[status]}", code=status)
    return None


def digits(phone: str) -> str:
    """`+77011234567` as the vendor wants it: digits alone."""
    return "".join(c for c in phone if c.isdigit() and c.isascii())


async def _call(
    http: Http, settings: Settings, path: str, body: Mapping[str, object], *, unknown: type[ChannelError]
) -> dict[str, Any]:
    """One request. `unknown` is raised where nobody can say whether it was carried out."""
    if not settings.base_url.startswith(("https://", "http://")):
        raise Misconfigured("адрес Exolve должен начинаться с https://")
    headers = {"authorization": f"Bearer {settings.key}"}
    try:
        url = settings.base_url.rstrip("/") + path
        answer = await http.request("POST", url, json=body, headers=headers, via=Via(proxy=settings.proxy))
    except NotSent:
        raise Unavailable("нет связи с Exolve") from None
    except NoAnswer:
        raise unknown("Exolve не ответил") from None
    except ValueError:
        raise Misconfigured("неверный адрес Exolve, прокси или ключ") from None
    return _read(answer, unknown)


def _read(answer: Answer, unknown: type[ChannelError]) -> dict[str, Any]:
    code = str(answer.status)
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):  # a proxy's page is not the vendor's word
        refused = 400 <= answer.status < 500 or answer.status in (502, 503)
        raise (Unavailable if refused else unknown)(f"вместо Exolve отвечает что-то другое: HTTP {code}", code)
    why = _why(said)
    match answer.status:
        case 200:
            return said
        case 401 | 403:
            raise Misconfigured("Exolve не принял ключ приложения" + why, code)
        case 402:
            raise Misconfigured("у Exolve кончились деньги на счете" + why, code)
        case 429:
            raise Throttled("Exolve просит реже" + why, PAUSE, code)
        case 502 | 503:
            raise Unavailable("Exolve сейчас не работает" + why, code)
        case status if status >= 500:
            raise unknown("Exolve сбился" + why, code)
    raise Rejected("Exolve отказал" + why, code)


def _why(said: Mapping[str, Any]) -> str:
    error = said.get("error")
    words = error.get("message") if isinstance(error, dict) else error
    return f": {clean(words)[:150]}" if isinstance(words, str) and words else ""
