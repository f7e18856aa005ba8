"""A fake partner of VK Notify with one contract, and the phones its notices reach.

Strict in what is known: the key, 50 notices a second for a community and 5 a day for a person, approved templates with
all their values, 2048 characters, fields of the published request only. The rest is made up here: the reasons'
codes, the words of reports. A number without VK takes the notice and ends in UNDELIVERED.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from priyom.channels.vk_notify import CARD
from priyom.contracts.emulator import Hook, Impossible, World
from priyom.contracts.hook_post import Parcel
from priyom.contracts.message import File
from priyom.contracts.sms_emulator import Sms, SmsEmulator

KEY = "vk-notify-demo-key-0000000000000001"
SERVICE = "clinic_demo"
PRICE = Decimal("2.00")
RATE, A_DAY, TEXT_LIMIT, MOST = 50, 5, 2048, 1000
DAY = 86400.0
FIELDS = {
    "phone", "service", "routes", "delivery_policy", "callbackData", "status_url", "tmpl", "templateId", "tmpl_data",
    "validity",
}  # fmt: skip
ROUTES = ({"VK"}, {"OK"}, {"VK", "OK"})
POLICIES = ("any", "mobile_device_required", "verified_phone_number")


class Refused(Exception):
    """One message the partner refuses; the code is its reason."""


class VkNotifyEmulator(SmsEmulator):
    """The partner. Any template is approved here; its text shows the name and the values."""

    channel = CARD.key

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._sent_at: deque[float] = deque(maxlen=RATE)
        self._hook = ""

    # -- the partner's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """Sending and the balance."""
        return [
            web.post("/vk_notify/vk/messages", self.page(self._messages, sends=True)),
            web.get("/vk_notify/billing-api/companies/current/account", self.page(self._account)),
        ]

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one contract."""
        return {
            "key": KEY,
            "service": SERVICE,
            "templates": "*",
            "base_url": f"{base_url.rstrip('/')}/vk_notify",
        }

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the partner's manager had been told the address, with our secret in it."""
        self._hook = f"{hook_url}?secret={hook_secret}"

    def throttled(self) -> web.Response:
        """Too many at once."""
        return web.json_response({"code": "TOO_MANY_REQUESTS"}, status=429)

    async def _account(self, request: web.Request) -> web.Response:
        if refusal := _stranger(request):
            return refusal
        account = {"balance": float(self.balance), "currencyId": 1, "isBlocked": False, "notifyThreshold": 0}
        return web.json_response({"result": {"account": account}})

    async def _messages(self, request: web.Request) -> web.Response:
        if refusal := _stranger(request):
            return refusal
        try:
            messages = (await request.json())["messages"]
        except (ValueError, KeyError, TypeError):
            return web.json_response({"code": "BAD_REQUEST", "description": "messages is required"}, status=400)
        if not isinstance(messages, list) or not 0 < len(messages) <= MOST:
            return web.json_response({"code": "BAD_REQUEST", "description": "1 to 1000 messages"}, status=400)
        now = self.world.now().timestamp()
        if len(self._sent_at) == RATE and now - self._sent_at[0] < 1:
            return self.throttled()
        self._sent_at.append(now)
        return web.json_response({"result": [self._one(message) for message in messages]})

    def _one(self, message: Any) -> dict[str, Any]:
        try:
            return {"code": "OK", "messageId": self._accept(message)}
        except Refused as refused:
            return {"code": "REJECTED", "reasons": [{"key": str(refused)}]}

    def _accept(self, message: Any) -> str:
        _check(message)
        phone, now = "+" + message["phone"], self.world.now().timestamp()
        today = [one for one in self.all_sms() if one.phone == phone and one.at > now - DAY]
        if len(today) >= A_DAY:
            raise Refused("DAILY_LIMIT_EXCEEDED")
        text = _text(message)
        if len(text) > TEXT_LIMIT:
            raise Refused("TEXT_TOO_LONG")
        number = str(uuid5(NAMESPACE_URL, f"vk-notify-{self.number()}"))
        url = str(message.get("status_url") or self._hook)
        notice = Sms(number, now, "in", text, phone=phone, sender=SERVICE, state="ENQUEUED", cost=str(PRICE), key=url)
        self.take(notice)
        return number

    def settle(self, sms: Sms) -> None:
        """VK has taken it, or has nobody under this number."""
        self._report(sms, "DELIVERED" if sms.seen else "UNDELIVERED")
        if not sms.seen:
            self.balance += PRICE  # only what was delivered is paid for

    def _report(self, sms: Sms, state: str) -> None:
        sms.state = state
        if sms.key:
            body = json.dumps({"messageId": sms.id, "status": state}).encode()
            self.post.put(sms.id, Parcel(Hook(sms.key, {}, body)))

    # -- the person's side --

    async def read(self, address: str) -> None:
        """Open the notices: each one that came is reported as read. Raises NoSuchPhone."""
        for sms in self._book.chat(address).letters:
            if sms.state == "DELIVERED":
                self._report(sms, "READ")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """An answer goes to the community's own dialog, not here."""
        self.messages(address)
        raise Impossible("на уведомление отвечают в диалоге сообщества VK")

    async def press(self, address: str, message: str, button: str) -> None:
        """A notice has links at most."""
        self.messages(address)
        raise Impossible("в уведомлении VK кнопок нет")

    async def start_chat(self, address: str, payload: str) -> None:
        """Nothing is to be opened for a notice."""
        raise Impossible("для уведомлений VK открывать ничего не нужно")

    async def share_phone(self, address: str, phone: str) -> None:
        """The number is known: the notice came to it."""
        raise Impossible("в уведомлении VK нет кнопки «отправить номер»")


def _stranger(request: web.Request) -> web.Response | None:
    if request.headers.get("authorization") != f"Key {KEY}":
        return web.json_response({"code": "UNAUTHORIZED"}, status=401)
    return None


def _check(message: Any) -> None:
    """The published fields and their values. Raises Refused."""
    if not isinstance(message, dict) or set(message) - FIELDS:
        raise Refused("UNKNOWN_FIELD")
    if not str(message.get("phone", "")).isdecimal() or not 11 <= len(str(message["phone"])) <= 15:
        raise Refused("PHONE_INVALID")
    if message.get("service") != SERVICE:
        raise Refused("SERVICE_UNKNOWN")
    if set(message.get("routes", ["VK"])) not in ROUTES:
        raise Refused("ROUTES_INVALID")
    if message.get("delivery_policy", "any") not in POLICIES:
        raise Refused("DELIVERY_POLICY_INVALID")
    if not 15 <= message.get("validity", 15) <= 86400:
        raise Refused("VALIDITY_INVALID")
    if ("tmpl" in message) == ("templateId" in message):
        raise Refused("TEMPLATE_REQUIRED")


def _text(message: Mapping[str, Any]) -> str:
    """What the person sees. Templates live with the partner, so the values stand for the words. Raises Refused."""
    values = message.get("tmpl_data")
    if not isinstance(values, dict) or not all(isinstance(value, str) and value for value in values.values()):
        raise Refused("TEMPLATE_DATA_INVALID")
    return "\n".join(values.values()) or str(message.get("tmpl", message.get("templateId")))


def make(world: World) -> VkNotifyEmulator:
    """The partner in this world."""
    return VkNotifyEmulator(world)
