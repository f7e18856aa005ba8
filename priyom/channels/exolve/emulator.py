"""A fake MTS Exolve: sending, the list of messages and its count, the balance, and events to the client's address.

Strict where the vendor is: a bearer's key, JSON by POST, only the client's own senders, numbers of eleven digits, at
most ten parts. States are numbers made up here (1 queued, 2 sent, 3 delivered, 4 failed), as the vendor publishes none:
the demo account's setting names them. A number that has died takes the money and ends in 4.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from priyom.channels.exolve import CARD
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import Parcel
from priyom.contracts.sms_emulator import Handler, Sms, SmsEmulator
from priyom.foundation.phone import BadPhone, normalize
from priyom.foundation.sms import segments

API_KEY = "exolve-demo-key-0000000000000001"
NUMBER, NAME = "79000000002", "PRIYOM"
PRICE = Decimal("5.00")
MOST_PARTS = 10
QUEUED, SENT, DELIVERED, FAILED = 1, 2, 3, 4
APPLICATION = str(uuid5(NAMESPACE_URL, "priyom-demo"))

Body = Mapping[str, Any]


class Refused(Exception):
    """An HTTP status with the vendor's words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class ExolveEmulator(SmsEmulator):
    """The interface and its one client, who has a number and a name."""

    channel = CARD.key
    clinic_number = NUMBER

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._hook = ""

    def routes(self) -> list[web.AbstractRouteDef]:
        """Everything is a POST with JSON."""
        pages: dict[str, Callable[[Body], Body]] = {
            "messaging/v1/SendSMS": self._send,
            "messaging/v1/GetList": self._list,
            "messaging/v1/GetCount": lambda body: {"count": str(len(self._matching(body)))},
            "messaging/v1/GetAlphaNames": lambda body: {"names": [{"name": NAME}]},
            "finance/v1/GetBalance": lambda body: {"balance": float(self.balance), "credit_limit": 0},
        }
        return [
            web.post(f"/exolve/{name}", self.page(_written(work), sends=name.endswith("SendSMS")))
            for name, work in pages.items()
        ]

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one account here; its sender is a number, so that people can answer."""
        return {
            "api_key": API_KEY,
            "sender": NUMBER,
            "statuses": "1=accepted,2=sent,3=delivered,4=failed",
            "poll_seconds": "0",
            "base_url": f"{base_url.rstrip('/')}/exolve",
        }

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Set the application's address in the cabinet, with our secret in it."""
        self._hook = f"{hook_url}{'&' if '?' in hook_url else '?'}secret={hook_secret}"

    def throttled(self) -> web.Response:
        """Too many requests."""
        return web.json_response({"error": {"message": "rate limit exceeded"}}, status=429)

    def settle(self, sms: Sms) -> None:
        """Delivered or lost: one event."""
        sms.state = str(DELIVERED if sms.seen else FAILED)
        self._call(sms)

    def hand_over(self, sms: Sms) -> None:
        """An SMS to the client's number is an event too."""
        self._call(sms)

    def dump(self) -> dict[str, Any]:
        """The client's address besides."""
        return {**super().dump(), "hook": self._hook}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        super().load(state)
        self._hook = state["hook"]

    def _call(self, sms: Sms) -> None:
        if self._hook:
            self.post.put(sms.phone, Parcel(Hook(self._hook, {}, json.dumps(_item(sms)).encode())))

    # -- the pages --

    def _send(self, body: Body) -> Body:
        sender, to, text = (body.get(name) for name in ("number", "destination", "text"))
        if sender not in (NUMBER, NAME):
            raise Refused(400, "number is not available for this application")
        if not isinstance(to, str) or not to.isdecimal() or len(to) != 11 or to[0] != "7":
            raise Refused(400, "incorrect destination number")
        try:
            phone = normalize("+" + to)
        except BadPhone:
            raise Refused(400, "incorrect destination number") from None
        if not isinstance(text, str) or not text:
            raise Refused(400, "text is empty")
        parts = segments(text)
        if parts > MOST_PARTS:
            raise Refused(400, "text is too long")
        if PRICE * parts > self.balance:
            raise Refused(402, "insufficient funds on balance")
        number = str(439_000_000 + self.number())
        at = self.world.now().timestamp()
        self.take(
            Sms(
                number,
                at,
                "in",
                text,
                phone=phone,
                sender=sender,
                state=str(QUEUED),
                cost=str(PRICE * parts),
                parts=parts,
            )
        )
        return {"message_id": number}

    def _list(self, body: Body) -> Body:
        limit, offset = body.get("limit", 100), body.get("offset", 0)
        if not isinstance(limit, int) or not 1 <= limit <= 2000 or not isinstance(offset, int) or offset < 0:
            raise Refused(400, "limit is out of range")
        return {"messages": [_item(sms) for sms in self._matching(body)[offset : offset + limit]]}

    def _matching(self, body: Body) -> list[Sms]:
        """Newest first."""
        since, until = _bound(body, "date_gte", 0.0), _bound(body, "date_lte", inf)
        found = [sms for sms in reversed(self.all_sms()) if since <= sms.at <= until]
        for name in ("message_id", "number", "sender", "receiver", "direction", "delivery_status"):
            if name in body:
                wanted = body[name] if isinstance(body[name], list) else [body[name]]
                found = [sms for sms in found if str(_item(sms)[name]) in map(str, wanted)]
        return found


def make(world: World) -> ExolveEmulator:
    """The vendor in this world."""
    return ExolveEmulator(world)


def _item(sms: Sms) -> dict[str, Any]:
    ours = sms.sender if sms.direction == "in" else NUMBER
    person = sms.phone.lstrip("+")
    return {
        "message_id": sms.id,
        "application_uuid": APPLICATION,
        "date": datetime.fromtimestamp(sms.at, UTC).isoformat(),
        "number": ours,
        "sender": ours if sms.direction == "in" else person,
        "receiver": person if sms.direction == "in" else ours,
        "text": sms.text,
        "direction": 2 if sms.direction == "in" else 1,
        "segments_count": sms.parts,
        "billing_status": 3,
        "delivery_status": int(sms.state or DELIVERED),
        "channel": "SMS",
    }


def _bound(body: Body, name: str, default: float) -> float:
    try:
        return datetime.fromisoformat(body[name]).timestamp() if name in body else default
    except (TypeError, ValueError):
        raise Refused(400, f"{name} is not in RFC 3339") from None


def _written(work: Callable[[Body], Body]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return web.json_response({"error": {"message": "unauthorized"}}, status=401)
        try:
            body = await request.json()
            if not isinstance(body, dict):
                raise ValueError
            return web.json_response(work(body))
        except ValueError:
            return web.json_response({"error": "request body is not JSON"}, status=400)
        except Refused as refused:
            return web.json_response({"error": {"message": refused.words}}, status=refused.status)

    return handle
