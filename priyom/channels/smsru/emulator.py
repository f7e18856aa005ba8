"""A fake SMS.ru: sending and its price, states, the account's pages, the handlers and their calls.

Strict where the gateway is: POST or GET forms, `json=1` or plain text, at most eight parts, only names that were
agreed, the same text to the same number once a minute. Any well-formed number exists; one that has died takes the money
and is reported as 107. One account exists, the demo one; the balance is in rubles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from priyom.channels.smsru import CARD
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import Parcel
from priyom.contracts.sms_emulator import Handler, Sms, SmsEmulator
from priyom.foundation.phone import BadPhone, normalize
from priyom.foundation.sms import segments

API_ID = "DEMO0000-1111-2222-3333-44445555DEMO"
SENDERS = ("PRIYOM", "CLINIC")
PRICE = Decimal("4.50")
MOST_PARTS, MOST_NUMBERS, DAY_LIMIT = 8, 100, 5000

Form = list[tuple[str, str]]
Answer = dict[str, Any]


class Refused(Exception):
    """A `status_code` with its words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.answer: Answer = {"status": "ERROR", "status_code": code, "status_text": text}


TEXTS = {
    200: "Неправильный api_id",
    201: "Не хватает средств на лицевом счету",
    202: "Неправильно указан получатель",
    203: "Нет текста сообщения",
    204: "Имя отправителя не согласовано с администрацией",
    205: "Сообщение слишком длинное (превышает 8 СМС)",
    206: "Будет превышен или уже превышен дневной лимит на отправку сообщений",
    207: "На этот номер нельзя отправлять сообщения",
    208: "Параметр time указан неправильно",
    209: "Вы добавили этот номер в стоп-лист",
    231: "Превышен лимит одинаковых сообщений на этот номер в минуту",
    901: "Callback: URL неверный (не начинается на http://)",
    902: "Callback: Обработчик не найден",
}


class SmsRuEmulator(SmsEmulator):
    """The gateway and its one client. Nobody can answer: the sender is a name."""

    channel = CARD.key

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._handlers: list[str] = []
        self._stoplist: dict[str, str] = {}

    def routes(self) -> list[web.AbstractRouteDef]:
        """Every page by POST and by GET, as the gateway has them."""
        pages: dict[str, Callable[[Form], Answer]] = {
            "sms/send": self._send,
            "sms/cost": self._cost,
            "sms/status": self._status,
            "auth/check": lambda form: {},
            "my/balance": lambda form: {"balance": float(self.balance)},
            "my/limit": lambda form: {"total_limit": DAY_LIMIT, "used_today": self._used()},
            "my/free": lambda form: {"total_free": 5, "used_today": 0},
            "my/senders": lambda form: {"senders": list(SENDERS)},
            "stoplist/get": lambda form: {"stoplist": dict(self._stoplist)},
            "stoplist/add": self._stop,
            "stoplist/del": self._unstop,
            "callback/get": lambda form: {"callback": list(self._handlers)},
            "callback/add": self._add_handler,
            "callback/del": self._drop_handler,
        }
        made: list[web.AbstractRouteDef] = []
        for name, work in pages.items():
            handler = self.page(_written(work), sends=name == "sms/send")
            made += [web.post(f"/smsru/{name}", handler), web.get(f"/smsru/{name}", handler)]
        return made

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one account here."""
        return {"api_id": API_ID, "sender": "PRIYOM", "base_url": f"{base_url.rstrip('/')}/smsru"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Set the one handler, as if it had been added in the cabinet."""
        self._handlers = [hook_url]

    def throttled(self) -> web.Response:
        """The gateway's limits are codes in a good answer."""
        return web.json_response(Refused(206, TEXTS[206]).answer)

    def settle(self, sms: Sms) -> None:
        """Delivered, or lost for a reason nobody knows: both states come in one call."""
        sms.state = "103" if sms.seen else "107"
        stamp = int(sms.changed_at)
        entries = [f"sms_status\n{sms.id}\n{state}\n{stamp}" for state in ("102", sms.state)]
        digest = hashlib.sha256((API_ID + "".join(entries)).encode()).hexdigest()
        body = urlencode({**{f"data[{i}]": entry for i, entry in enumerate(entries)}, "hash": digest}).encode()
        for url in self._handlers:
            self.post.put(sms.id, Parcel(Hook(url, {}, body, "application/x-www-form-urlencoded")))

    def dump(self) -> dict[str, Any]:
        """The client's handlers and stop-list besides."""
        return {**super().dump(), "handlers": self._handlers, "stoplist": self._stoplist}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        super().load(state)
        self._handlers, self._stoplist = list(state["handlers"]), dict(state["stoplist"])

    # -- the pages --

    def _send(self, form: Form) -> Answer:
        fields = dict(form)
        texts = _texts(form)
        if fields.get("from", "") not in ("", *SENDERS):
            raise Refused(204, TEXTS[204])
        if not 1 <= _int(fields.get("ttl", "1")) <= 1440:
            raise Refused(208, TEXTS[208])
        if self._used() + len(texts) > DAY_LIMIT:
            raise Refused(206, TEXTS[206])
        sender = fields.get("from") or SENDERS[0]
        each = {to: self._one(to, text, sender, test=fields.get("test") == "1") for to, text in texts}
        return {"sms": each, "balance": float(self.balance)}

    def _one(self, to: str, text: str, sender: str, *, test: bool) -> Answer:
        try:
            phone, cost = self._priced(to, text)
            now = self.world.now()
            since = (now - timedelta(minutes=1)).timestamp()
            if any((s.phone, s.text) == (phone, text) and s.at > since for s in self.all_sms()):
                raise Refused(231, TEXTS[231])
            if cost > self.balance:
                raise Refused(201, TEXTS[201])
        except Refused as refused:
            return refused.answer
        number = f"{now:%Y%m}-{1_000_000 + self.number()}"
        if not test:
            self.take(Sms(number, now.timestamp(), "in", text, phone=phone, sender=sender, state="100", cost=str(cost)))
        return {"status": "OK", "status_code": 100, "sms_id": number, "cost": str(cost)}

    def _cost(self, form: Form) -> Answer:
        each: dict[str, Answer] = {}
        for to, text in _texts(form):
            try:
                _, cost = self._priced(to, text)
                each[to] = {"status": "OK", "status_code": 100, "cost": float(cost), "sms": segments(text)}
            except Refused as refused:
                each[to] = refused.answer
        whole = [item for item in each.values() if item["status"] == "OK"]
        total = {"total_cost": sum(i["cost"] for i in whole), "total_sms": sum(i["sms"] for i in whole)}
        return {"sms": each, **total}

    def _priced(self, to: str, text: str) -> tuple[str, Decimal]:
        try:
            phone = normalize(to)
        except BadPhone:
            raise Refused(202, TEXTS[202]) from None
        if phone.lstrip("+") in self._stoplist:
            raise Refused(209, TEXTS[209])
        if not text:
            raise Refused(203, TEXTS[203])
        if segments(text) > MOST_PARTS:
            raise Refused(205, TEXTS[205])
        return phone, PRICE * segments(text)

    def _status(self, form: Form) -> Answer:
        each: dict[str, Answer] = {}
        for number in dict(form).get("sms_id", "").split(","):
            if (sms := self.sms(number.strip())) is None:
                each[number] = {"status": "ERROR", "status_code": -1, "status_text": "Сообщение не найдено"}
            else:
                each[number] = {"status": "OK", "status_code": int(sms.state), "cost": float(sms.cost)}
        return {"sms": each, "balance": float(self.balance)}

    def _stop(self, form: Form) -> Answer:
        fields = dict(form)
        try:
            phone = normalize(fields.get("stoplist_phone", ""))
        except BadPhone:
            raise Refused(202, TEXTS[202]) from None
        self._stoplist[phone.lstrip("+")] = fields.get("stoplist_text", "")
        return {}

    def _unstop(self, form: Form) -> Answer:
        try:
            self._stoplist.pop(normalize(dict(form).get("stoplist_phone", "")).lstrip("+"), None)
        except BadPhone:
            raise Refused(202, TEXTS[202]) from None
        return {}

    def _add_handler(self, form: Form) -> Answer:
        url = dict(form).get("url", "")
        if not url.startswith(("http://", "https://")):
            raise Refused(901, TEXTS[901])
        if url not in self._handlers:
            self._handlers.append(url)
        return {"callback": list(self._handlers)}

    def _drop_handler(self, form: Form) -> Answer:
        url = dict(form).get("url", "")
        if url not in self._handlers:
            raise Refused(902, TEXTS[902])
        self._handlers.remove(url)
        return {"callback": list(self._handlers)}

    def _used(self) -> int:
        today = self.world.now().date()
        return sum(1 for s in self.all_sms() if s.direction == "in" and s.shown().at.date() == today)


def _written(work: Callable[[Form], Answer]) -> Handler:
    """A page: the client is asked for its key, the answer is JSON when it wants so, else lines of plain text."""

    async def handle(request: web.Request) -> web.StreamResponse:
        form: Form = parse_qsl(f"{request.query_string}&{await request.text()}", keep_blank_values=True)
        try:
            if dict(form).get("api_id") != API_ID:
                raise Refused(200, TEXTS[200])
            answer = {"status": "OK", "status_code": 100, **work(form)}
        except Refused as refused:
            answer = refused.answer
        if dict(form).get("json") == "1":
            return web.json_response(answer)
        lines = [
            answer["status_code"],
            *(each.get("sms_id", each["status_code"]) for each in answer.get("sms", {}).values()),
        ]
        return web.Response(text="\n".join(map(str, lines)))

    return handle


def _texts(form: Form) -> list[tuple[str, str]]:
    """(recipient, text) of each message: `to` with `msg` (`text` is its older name), or `to[number]=text`."""
    fields = dict(form)
    found = [(name[3:-1], value) for name, value in form if name.startswith("to[") and name.endswith("]")]
    one = fields.get("msg", fields.get("text", ""))
    found += [(to.strip(), one) for to in fields.get("to", "").split(",") if to.strip()]
    if not found:
        raise Refused(202, TEXTS[202])
    if len(found) > MOST_NUMBERS:
        raise Refused(207, TEXTS[207])
    return found


def _int(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def make(world: World) -> SmsRuEmulator:
    """The gateway in this world."""
    return SmsRuEmulator(world)
