"""A fake SMS Aero: sending and its test twin, states and the list, balance, tariffs, names, the blacklist, and calls to
the address a message names.

Strict where the gateway is: an e-mail and a key by Basic, two to 640 characters, real numbers, names of the account. A
number that has died takes the money and ends in state 2. One account exists, the demo one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from priyom.channels.smsaero import CARD
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import Parcel
from priyom.contracts.sms_emulator import Handler, Sms, SmsEmulator
from priyom.foundation.phone import BadPhone, normalize
from priyom.foundation.sms import segments

EMAIL, API_KEY = "demo@priyom.test", "smsaero-demo-key-000000000000001"
SIGNS = ("PRIYOM", "SMS Aero")
PRICE = Decimal("5.49")
SHORTEST, LONGEST, A_PAGE = 2, 640, 50
WORDS = {0: "queue", 1: "delivery", 2: "not delivery", 3: "delivery smsc", 8: "moderation"}

Body = Mapping[str, Any]


class Refused(Exception):
    """An HTTP status with the vendor's words and the fields at fault."""

    def __init__(self, status: int, message: str, data: Body | None = None) -> None:
        super().__init__(message)
        self.status, self.answer = status, {"success": False, "data": data, "message": message}


class SmsAeroEmulator(SmsEmulator):
    """The gateway and its one client. Nobody can answer: the sender is a name."""

    channel = CARD.key

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._hook = ""
        self._blacklist: dict[str, str] = {}

    def routes(self) -> list[web.AbstractRouteDef]:
        """Everything is a POST with JSON."""
        pages: dict[str, Callable[[Body], object]] = {
            "auth": lambda body: None,
            "balance": lambda body: {"balance": float(self.balance)},
            "tariffs": lambda body: {"DIRECT": {name: str(PRICE) for name in ("MEGAFON", "MTS", "BEELINE", "OTHER")}},
            "sign/list": lambda body: _signs(),
            "sms/send": self._send,
            "sms/testsend": lambda body: self._send(body, test=True),
            "sms/status": self._status,
            "sms/list": self._list,
            "blacklist/add": self._ban,
            "blacklist/list": self._banned,
            "blacklist/delete": self._unban,
        }
        return [
            web.post(f"/smsaero/v2/{name}", self.page(_written(work), sends=name == "sms/send"))
            for name, work in pages.items()
        ]

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one account here."""
        return {
            "email": EMAIL,
            "api_key": API_KEY,
            "sender": "PRIYOM",
            "base_url": f"{base_url.rstrip('/')}/smsaero/v2",
        }

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Where to report messages that name no address: here every account is taken to have named this one."""
        self._hook = f"{hook_url}{'&' if '?' in hook_url else '?'}secret={hook_secret}"

    def throttled(self) -> web.Response:
        """Too many requests."""
        return web.json_response({"success": False, "data": None, "message": "Rate limit exceeded."}, status=429)

    def settle(self, sms: Sms) -> None:
        """Delivered or lost: one call, to the address the message named."""
        sms.state = "1" if sms.seen else "2"
        if url := sms.key or self._hook:
            body = {"id": int(sms.id), "status": int(sms.state), "extendStatus": WORDS[int(sms.state)]}
            self.post.put(sms.id, Parcel(Hook(url, {}, json.dumps(body).encode())))

    def dump(self) -> dict[str, Any]:
        """The client's address and blacklist besides."""
        return {**super().dump(), "hook": self._hook, "blacklist": self._blacklist}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        super().load(state)
        self._hook, self._blacklist = state["hook"], dict(state["blacklist"])

    # -- the pages --

    def _send(self, body: Body, *, test: bool = False) -> object:
        text, sign, url = body.get("text"), body.get("sign"), body.get("callbackUrl")
        phones = _numbers(body)
        if not isinstance(text, str) or not SHORTEST <= len(text) <= LONGEST:
            raise Refused(400, "Validation error.", {"text": ["incorrect length"]})
        if sign not in SIGNS:
            raise Refused(400, "Validation error.", {"sign": ["not found"]})
        if url and not str(url).startswith(("http://", "https://")):
            raise Refused(400, "Validation error.", {"callbackUrl": ["incorrect"]})
        if any(phone in self._blacklist.values() for phone in phones):
            raise Refused(400, "Validation error.", {"number": ["in blacklist"]})
        cost = PRICE * segments(text)
        if cost * len(phones) > self.balance:
            raise Refused(402, "Not enough money.")
        made = [self._one(phone, text, str(sign), str(url or ""), cost, test=test) for phone in phones]
        return made if "numbers" in body else made[0]

    def _one(self, phone: str, text: str, sign: str, url: str, cost: Decimal, *, test: bool) -> Body:
        number, at = str(self.number()), self.world.now().timestamp()
        sms = Sms(number, at, "in", text, phone=phone, sender=sign, state="0", cost=str(cost), key=url)
        if not test:
            self.take(sms)
        return {**_item(sms), "cost": float(cost)}

    def _status(self, body: Body) -> object:
        if (sms := self.sms(str(body.get("id")))) is None:
            raise Refused(400, "Validation error.", {"id": ["not found"]})
        return {**_item(sms), "dateAnswer": int(sms.changed_at)}

    def _list(self, body: Body) -> object:
        phones = _numbers(body) if "number" in body or "numbers" in body else None
        found = [
            sms
            for sms in reversed(self.all_sms())
            if (phones is None or sms.phone in phones) and body.get("text", sms.text) == sms.text
        ]
        items: dict[str, Any] = {str(at): _item(sms) for at, sms in enumerate(found[:A_PAGE])}
        return {**items, "links": {"self": "/v2/sms/list?page=1"}, "totalCount": str(len(found))}

    def _ban(self, body: Body) -> object:
        for phone in _numbers(body):
            key = str(self.number())
            self._blacklist[key] = phone
        return {"id": int(key), "number": phone.lstrip("+")}

    def _banned(self, body: Body) -> object:
        items = [{"id": key, "number": phone.lstrip("+")} for key, phone in self._blacklist.items()]
        return {**{str(at): item for at, item in enumerate(items)}, "totalCount": str(len(items))}

    def _unban(self, body: Body) -> object:
        if self._blacklist.pop(str(body.get("id")), None) is None:
            raise Refused(400, "Validation error.", {"id": ["not found"]})
        return None


def make(world: World) -> SmsAeroEmulator:
    """The gateway in this world."""
    return SmsAeroEmulator(world)


def _numbers(body: Body) -> list[str]:
    name = "numbers" if "numbers" in body else "number"
    given = body.get(name) if name == "numbers" else [body.get(name)]
    try:
        if not isinstance(given, list) or not given:
            raise BadPhone
        return [normalize("+" + str(number)) for number in given]
    except BadPhone:
        raise Refused(400, "Validation error.", {name: ["incorrect"]}) from None


def _item(sms: Sms) -> dict[str, Any]:
    return {
        "id": int(sms.id),
        "from": sms.sender,
        "number": sms.phone.lstrip("+"),
        "text": sms.text,
        "status": int(sms.state),
        "extendStatus": WORDS[int(sms.state)],
        "channel": "DIRECT",
        "cost": sms.cost,
        "dateCreate": int(sms.at),
        "dateSend": int(sms.at),
    }


def _signs() -> Body:
    items = [{"id": at + 1, "name": name, "status": 1, "extendStatus": "approve"} for at, name in enumerate(SIGNS)]
    return {**{str(at): item for at, item in enumerate(items)}, "totalCount": str(len(items))}


def _written(work: Callable[[Body], object]) -> Handler:
    right = "Basic " + base64.b64encode(f"{EMAIL}:{API_KEY}".encode()).decode()
    ok = {"success": True, "message": None}

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.get("authorization") != right:
            words = "Your request was made with invalid credentials."
            return web.json_response({"success": False, "data": None, "message": words}, status=401)
        try:
            body = await request.json()
            if not isinstance(body, dict):
                raise ValueError
            return web.json_response({**ok, "data": work(body)})
        except ValueError:
            return web.json_response({"success": False, "data": None, "message": "Bad request."}, status=400)
        except Refused as refused:
            return web.json_response(refused.answer, status=refused.status)

    return handle
