"""A fake Mobizon: sending, states, lists of messages and campaigns, the balance, and the signed webhook.

Strict where the vendor is: the key, the format and the version in the query, real numbers, registered names, a life of
60 to 1440 minutes. Modules and methods are named in any case. A number that has died takes the money and ends in
UNDELIV. One account exists, the demo one, in tenge.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from priyom.channels.mobizon import CARD
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import Parcel
from priyom.contracts.sms_emulator import Sms, SmsEmulator
from priyom.foundation.phone import BadPhone, normalize
from priyom.foundation.sms import segments

API_KEY = "kz" + "0" * 30 + "mobizondemo"
NAMES = ("PRIYOM",)
SHARED = "Mobizon"
PRICE = Decimal("18.00")
MOST_PARTS, MOST_ASKED = 10, 100

Form = Mapping[str, str]


class Refused(Exception):
    """A code with its words, and what is wrong with which field."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.answer = {"code": code, "data": data, "message": message}


class MobizonEmulator(SmsEmulator):
    """The gateway and its one client. Nobody can answer: the sender is a name."""

    channel = CARD.key

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._hook, self._word = "", ""
        self._methods: dict[str, Callable[[Form], object]] = {
            "message/sendsmsmessage": self._send,
            "message/getsmsstatus": self._status,
            "message/list": self._messages,
            "campaign/list": self._campaigns,
            "user/getownbalance": lambda form: {"balance": f"{self.balance:.4f}", "currency": "KZT"},
        }

    def routes(self) -> list[web.AbstractRouteDef]:
        """One address for all methods, by POST and by GET; sending stands apart, as it alone may hang."""
        sending = self.page(self._answer, sends=True)
        asking = self.page(self._answer)

        async def handle(request: web.Request) -> web.StreamResponse:
            sends = _method(request) == "message/sendsmsmessage"
            return await (sending if sends else asking)(request)

        path = "/mobizon/service/{module}/{method}"
        return [web.post(path, handle), web.get(path, handle)]

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one account here."""
        return {"api_key": API_KEY, "sender": NAMES[0], "base_url": f"{base_url.rstrip('/')}/mobizon"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Make the webhook «SMS statuses» in the cabinet, in JSON, with its secret word."""
        self._hook, self._word = hook_url, account_settings.get("webhook_secret") or hook_secret

    def throttled(self) -> web.Response:
        """The vendor says it with a code."""
        return web.json_response(Refused(30, "Too many requests").answer)

    def settle(self, sms: Sms) -> None:
        """The final state, told once for the whole message."""
        sms.state = "DELIVRD" if sms.seen else "UNDELIV"
        if not self._hook:
            return
        event, attempt, stamp = self.number(), 1, _stamp(sms.changed_at)
        signed = f"{event}|{attempt}|{stamp}|{self._word}".encode()
        data = {
            "campaignId": int(sms.id) + 1,
            "messageId": int(sms.id),
            "segNum": sms.parts,
            "statusUpdateTs": stamp,
            "status": sms.state,
            "to": sms.phone.lstrip("+"),
        }
        body = {
            "eventId": event,
            "eventType": "sms-delivery-report",
            "eventCreateTs": stamp,
            "webhookId": 1,
            "attempt": attempt,
            "data": data,
            "sign": hashlib.sha1(signed, usedforsecurity=False).hexdigest(),
        }
        self.post.put(sms.phone, Parcel(Hook(self._hook, {}, json.dumps(body).encode())))

    def dump(self) -> dict[str, Any]:
        """The client's webhook besides."""
        return {**super().dump(), "hook": [self._hook, self._word]}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        super().load(state)
        self._hook, self._word = state["hook"]

    # -- the methods --

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            form = await _fields(request)
            if request.query.get("apiKey") != API_KEY:
                raise Refused(8, "Login error")
            if request.query.get("output") != "json" or request.query.get("api") != "v1":
                raise Refused(6, "Incorrect format")
            work = self._methods.get(_method(request))
            if work is None:
                raise Refused(5, "Incorrect method")
            return web.json_response({"code": 0, "data": work({**request.query, **form}), "message": ""})
        except Refused as refused:
            return web.json_response(refused.answer)

    def _send(self, form: Form) -> object:
        wrong: dict[str, str] = {}
        phone, text = _phone(form.get("recipient", "")), form.get("text", "")
        life = form.get("params[validity]", "1440")
        if not phone:
            wrong["recipient"] = "Incorrect phone number"
        if not text or segments(text) > MOST_PARTS:
            wrong["text"] = "Incorrect message text"
        if form.get("from", "") not in ("", *NAMES):
            wrong["from"] = "Sender ID is not registered"
        if not life.isdecimal() or not 60 <= int(life) <= 1440:
            wrong["params[validity]"] = "From 60 to 1440"
        if wrong:
            raise Refused(1, "Validation error", wrong)
        cost = PRICE * segments(text)
        if cost > self.balance:
            raise Refused(15, "Insufficient funds")
        number, at = 2 * self.number(), self.world.now().timestamp()
        self.take(
            Sms(
                str(number), at, "in", text, phone=phone, sender=form.get("from") or SHARED, state="NEW",
                cost=str(cost), parts=segments(text), key=form.get("params[name]", ""),
            )
        )  # fmt: skip
        return {"campaignId": number + 1, "messageId": number, "status": 2}

    def _status(self, form: Form) -> object:
        listed = [value for name, value in form.items() if name == "ids" or name.startswith("ids[")]
        numbers = [number.strip() for value in listed for number in value.split(",") if number.strip()]
        if not numbers:
            raise Refused(2, "Record not found")
        if len(numbers) > MOST_ASKED:
            raise Refused(12, "Incorrect param")
        found = [sms for number in numbers if (sms := self.sms(number)) is not None]
        return [
            {
                "id": int(sms.id),
                "status": sms.state,
                "segNum": sms.parts,
                "startSendTs": _stamp(sms.at),
                "statusUpdateTs": _stamp(sms.changed_at),
            }
            for sms in found
        ]

    def _messages(self, form: Form) -> object:
        campaigns = form.get("criteria[campaignIds]", "")
        wanted = {int(number) for number in campaigns.split(",") if number.strip().isdecimal()}
        found = [
            {
                "id": int(sms.id),
                "campaignId": int(sms.id) + 1,
                "segNum": sms.parts,
                "segUserBuy": float(PRICE),
                "from": sms.sender,
                "to": sms.phone.lstrip("+"),
                "text": sms.text,
                "status": sms.state,
            }
            for sms in self._matching(form, "to")
            if not campaigns or int(sms.id) + 1 in wanted
        ]
        return _page(found, form)

    def _campaigns(self, form: Form) -> object:
        if form.get("criteria[type]", "2") != "1":
            return _page([], form)
        found = [
            {
                "id": int(sms.id) + 1,
                "name": sms.key,
                "type": 1,
                "from": sms.sender,
                "text": sms.text,
                "commonStatus": "DONE",
                "moderationStatus": "AUTO_READY_FOR_SEND",
                "createTs": _stamp(sms.at),
            }
            for sms in self._matching(form, "recipient")
        ]
        return _page(found, form)

    def _matching(self, form: Form, number: str) -> list[Sms]:
        """Newest first; a number matches by any part of it, a text only whole."""
        part, text = form.get(f"criteria[{number}]", ""), form.get("criteria[text]")
        return [sms for sms in reversed(self.all_sms()) if part in sms.phone and text in (None, sms.text)]


def make(world: World) -> MobizonEmulator:
    """The gateway in this world."""
    return MobizonEmulator(world)


async def _fields(request: web.Request) -> dict[str, str]:
    """A form, or the same fields as JSON, which clients in the open send too; lists are joined, nulls are absent."""
    if request.content_type != "application/json":
        return dict(parse_qsl(await request.text(), keep_blank_values=True))
    try:
        said = await request.json()
    except ValueError:
        raise Refused(6, "Incorrect format") from None
    if not isinstance(said, dict):
        raise Refused(6, "Incorrect format")
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in said.items()
        if value is not None
    }


def _method(request: web.Request) -> str:
    return f"{request.match_info['module']}/{request.match_info['method']}".lower()


def _phone(text: str) -> str:
    try:
        return normalize("+" + text) if text.isdecimal() else ""
    except BadPhone:
        return ""


def _page(items: list[dict[str, Any]], form: Form) -> object:
    size, at = int(form.get("pagination[pageSize]", "25")), int(form.get("pagination[currentPage]", "0"))
    if size not in (25, 50, 100):
        raise Refused(12, "Incorrect param")
    return {"items": items[at * size : (at + 1) * size], "totalItemCount": len(items)}


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
