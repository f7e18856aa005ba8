"""A fake SMSC gateway: `send.php`, `status.php`, `balance.php` and the calls to the handler.

Strict where the vendor is: text is taken for windows-1251 unless `charset` says otherwise, a wrong login is refused
with code 2, the same text to the same number within a minute with code 9. Any well-formed number exists; one that has
died takes the money and reports status 20, cause 1. One account exists, the demo one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from priyom.channels.smsc import CARD
from priyom.channels.smsc.handler_calls import HandlerCalls
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost
from priyom.contracts.message import File
from priyom.foundation.phone import BadPhone, normalize
from priyom.foundation.sms import segments

LOGIN, PASSWORD, CLINIC_NUMBER = "priyom-demo", "demo-password-1", "79000000001"
SENDERS = frozenset({CLINIC_NUMBER, "PRIYOM"})
PRICE = Decimal("4.50")
LONGEST = 800
SLOW_SECONDS = 3.0

Answer = dict[str, Any]
Said = Answer | list[Answer]


@dataclass(slots=True)
class Sms:
    """One SMS of either direction; `number` is the gateway's (the client's) id, `status` the gateway's code."""

    seq: int
    number: int
    phone: str
    text: str
    sender: str
    at: datetime
    direction: str = "in"
    status: int = -1
    cause: int = 0
    seen: bool = True


class Refused(Exception):
    """An `error_code` with its words."""

    def __init__(self, code: int, text: str, number: int | None = None) -> None:
        super().__init__(text)
        self.answer: Answer = {"error": text, "error_code": code} | ({"id": number} if number else {})


class SmscEmulator:
    """The gateway, its one client's account, and the phones it reaches."""

    channel = CARD.key
    contact_kind = CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self._world = world
        self._post = HookPost(world, lambda status: 200 <= status < 300)
        self._handler: HandlerCalls | None = None
        self._phones: dict[str, Phone] = {}
        self._sms: list[Sms] = []
        self._balance = Decimal("100000.00")
        self._next = 1
        self._stopped = False

    def routes(self) -> list[web.AbstractRouteDef]:
        """The three pages, by POST and by GET as the vendor has them."""
        pages = {"send": self._send, "status": self._status, "balance": self._tell_balance}
        made: list[web.AbstractRouteDef] = []
        for name, work in pages.items():
            handler = self._page(work)
            made += [web.post(f"/smsc/sys/{name}.php", handler), web.get(f"/smsc/sys/{name}.php", handler)]
        return made

    async def start(self) -> None:
        """Nothing of its own to open; what nobody took before is called again."""
        self._stopped = False
        self._post.again()

    async def stop(self) -> None:
        """Let go of the requests that hang."""
        self._stopped = True

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one account here; its sender is a number, so that people can answer."""
        return {
            "login": LOGIN,
            "password": PASSWORD,
            "sender": CLINIC_NUMBER,
            "base_url": f"{base_url.rstrip('/')}/smsc/sys",
            "currency": "RUB",
        }

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Set the handler in the cabinet, with its options and the secret word."""
        joint = "&" if "?" in hook_url else "?"
        word = account_settings.get("callback_word") or hook_secret
        self._handler = HandlerCalls(self._post, f"{hook_url}{joint}charset=utf-8&fmt=3&md5=1", word)

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or rename a phone; any number can be written to, so `started` changes nothing."""
        number = normalize(address)
        phone = self._phones.setdefault(number, Phone(number, name, True))
        phone.name = name
        return phone

    def phones(self) -> list[Phone]:
        """All phones, in the order they came up."""
        return list(self._phones.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        """SMS from and to the clinic."""
        phone = self._phone(address)
        return [
            PhoneMessage(str(sms.seq), sms.at, sms.direction, sms.text, sender=sms.sender)
            for sms in self._sms
            if sms.phone == phone.address and sms.seen
        ]

    async def press(self, address: str, message: str, button: str) -> None:
        """SMS has no buttons."""
        self._phone(address)
        raise Impossible("в SMS нет кнопок: ответьте цифрой")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Answer the last SMS, or write to the clinic's number."""
        phone = self._phone(address)
        if files:
            raise Impossible("в SMS нет файлов")
        if phone.blocked:
            raise Impossible("номер отключен")
        last = next((s for s in reversed(self._sms) if s.phone == phone.address and s.direction == "in"), None)
        to = last.sender if last else CLINIC_NUMBER
        if not to.isdigit():
            raise Impossible("на имя отправителя ответить нельзя")
        sms = Sms(self._number(), self._next, phone.address, text, "", self._world.now(), "out", 1)
        self._sms.append(sms)
        self._world.changed(self.contact_kind, phone.address)
        if self._handler:
            self._handler.incoming(sms.number, phone.address, text, to, sms.at)

    async def start_chat(self, address: str, payload: str) -> None:
        """SMS has no bots."""
        raise Impossible("в SMS нет ботов")

    async def share_phone(self, address: str, phone: str) -> None:
        """SMS has no contact button."""
        raise Impossible("в SMS нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """The number dies, or lives again."""
        phone = self._phone(address)
        phone.blocked = blocked
        self._world.changed(self.contact_kind, phone.address)

    def dump(self) -> dict[str, Any]:
        """Phones, SMS, money and the counter."""
        return {
            "phones": [asdict(phone) for phone in self._phones.values()],
            "sms": [{**asdict(sms), "at": sms.at.isoformat()} for sms in self._sms],
            "balance": str(self._balance),
            "next": self._next,
            "post": self._post.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        self._phones = {item["address"]: Phone(**item) for item in state["phones"]}
        self._sms = [Sms(**{**item, "at": datetime.fromisoformat(item["at"])}) for item in state["sms"]]
        self._balance = Decimal(state["balance"])
        self._next = state["next"]
        self._post.load(state["post"])

    # -- the pages --

    def _page(
        self, work: Callable[[Mapping[str, str]], Said]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if self.mode is Mode.DOWN:
                return web.Response(status=503, text="Service Unavailable")
            if self.mode is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            query = _decode(f"{request.query_string}&{(await request.read()).decode('latin-1')}")
            try:
                _authorise(query)
                answer: Said = work(query)
            except Refused as refused:
                answer = refused.answer
            if self.mode is Mode.HANG and work == self._send:
                await self._hang(request)
            return _written(answer, query.get("fmt", "0"))

        return handle

    async def _hang(self, request: web.Request) -> None:
        line = request.transport
        while self.mode is Mode.HANG and not self._stopped and line and not line.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # three things may end it, and none of them tells an event
        if line:
            line.abort()

    def _send(self, query: Mapping[str, str]) -> Answer:
        if self.mode is Mode.THROTTLE:
            raise Refused(9, "too many concurrent requests")
        number, cost, text = _client_number(query), _choice(query, "cost", 0, 3), query.get("mes", "")
        phones = _numbers(query.get("phones", ""))
        if not text or len(text) > LONGEST or not _valid(query.get("valid", "24")):
            raise Refused(1, "parameters error")
        if query.get("sender") and query["sender"] not in SENDERS:
            raise Refused(6, "message is denied")
        since = self._world.now() - timedelta(minutes=1)
        if any(sms.phone in phones and sms.text == text and sms.at > since and sms.status != 24 for sms in self._sms):
            raise Refused(9, "duplicate request, wait a minute", number or None)
        count = segments(text) * len(phones)
        price = PRICE * count
        if cost == 1:
            return {"cost": str(price), "cnt": count}
        if price > self._balance:
            raise Refused(3, "no money")
        number = number or self._number()
        self._balance -= price
        for phone in phones:
            self._deliver(Sms(self._number(), number, phone, text, query.get("sender") or "SMSC.RU", self._world.now()))
        answer: Answer = {"id": number, "cnt": count}
        answer |= {"cost": str(price)} if cost >= 2 else {}
        return answer | ({"balance": str(self._balance)} if cost == 3 else {})

    def _deliver(self, sms: Sms) -> None:
        phone = self._phones.setdefault(sms.phone, Phone(sms.phone, "", True))
        lost = self.mode is Mode.LOSE
        sms.seen = not phone.blocked and not lost
        sms.status = 0
        self._sms.append(sms)
        if sms.seen:
            self._world.changed(self.contact_kind, sms.phone)
        if lost:
            return

        async def report() -> None:
            sms.status, sms.cause = (1, 0) if sms.seen else (20, 1)
            if self._handler:
                self._handler.status(sms.number, sms.phone, sms.status, sms.cause, self._world.now())

        self._world.spawn(report)

    def _status(self, query: Mapping[str, str]) -> Said:
        """One message, or pairs of phone and number; a comma makes a list even of one."""
        phones, ids = _listed(query.get("phone", "")), _listed(query.get("id", ""))
        if not phones or len(phones) != len(ids) or not all(_is_number(item) for item in ids):
            raise Refused(1, "parameters error")
        level = _choice(query, "all", 0, 2)
        told = [self._told(int(number), phone, level) for number, phone in zip(ids, phones, strict=True)]
        if "," not in query["id"]:
            return told[0]
        return [{**item, "id": int(ids[at]), "phone": phones[at]} for at, item in enumerate(told)]

    def _told(self, number: int, digits: str, level: int) -> Answer:
        [phone] = _numbers(digits)
        sms = next((s for s in reversed(self._sms) if (s.number, s.phone, s.direction) == (number, phone, "in")), None)
        if sms is None:
            return {"status": -3, "last_date": "", "last_timestamp": 0, "flag": 0, "err": 0}
        moment = {"date": sms.at.strftime("%d.%m.%Y %H:%M:%S"), "timestamp": int(sms.at.timestamp())}
        told = {f"last_{name}": value for name, value in moment.items()}
        told = {"status": sms.status, **told, "flag": 0, "err": sms.cause}
        if level:
            told |= {f"send_{name}": value for name, value in moment.items()}
            told |= {"id": number, "phone": digits, "cost": str(PRICE * segments(sms.text)), "sender_id": sms.sender}
            told |= {"status_name": "Доставлено" if sms.status == 1 else "Не доставлено", "message": sms.text}
        return told

    def _tell_balance(self, query: Mapping[str, str]) -> Answer:
        answer = {"balance": str(self._balance)}
        return answer | ({"currency": "RUR"} if query.get("cur") == "1" else {})

    # -- small parts --

    def _phone(self, address: str) -> Phone:
        try:
            return self._phones[normalize(address)]
        except (BadPhone, KeyError):
            raise NoSuchPhone(address) from None

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


def make(world: World) -> SmscEmulator:
    """The gateway in this world."""
    return SmscEmulator(world)


def _decode(raw: str) -> dict[str, str]:
    """The form's fields; without `charset` the bytes are windows-1251, whatever the sender meant."""
    charset = dict(parse_qsl(raw)).get("charset", "windows-1251").lower()
    if charset not in ("windows-1251", "utf-8", "koi8-r"):
        charset = "windows-1251"
    return dict(parse_qsl(raw, keep_blank_values=True, encoding=charset, errors="replace"))


def _authorise(query: Mapping[str, str]) -> None:
    hashed = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    if query.get("login") != LOGIN or query.get("psw") not in (PASSWORD, hashed):
        raise Refused(2, "authorise error")


def _written(answer: Said, fmt: str) -> web.Response:
    if fmt == "3":
        return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type="application/json")
    if isinstance(answer, list):
        lines = [",".join(str(item[name]) for name in ("status", "last_timestamp", "err")) for item in answer]
        return web.Response(text="\n".join(lines))
    if "error" in answer:
        return web.Response(text=f"ERROR = {answer['error_code']} ({answer['error']})")
    return web.Response(text="OK - " + ", ".join(f"{name.upper()} - {value}" for name, value in answer.items()))


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _is_number(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 2**31


def _client_number(query: Mapping[str, str]) -> int:
    text = query.get("id", "")
    if not text:
        return 0
    if not _is_number(text):
        raise Refused(1, "parameters error")
    return int(text)


def _choice(query: Mapping[str, str], name: str, low: int, high: int) -> int:
    text = query.get(name, "0")
    if not text.isdecimal() or not low <= int(text) <= high:
        raise Refused(1, "parameters error")
    return int(text)


def _numbers(text: str) -> list[str]:
    given = [item.strip() for item in text.replace(";", ",").split(",") if item.strip()]
    if not given:
        raise Refused(1, "parameters error")
    try:
        return [normalize("+" + item.lstrip("+")) for item in given]
    except BadPhone:
        raise Refused(7, "invalid number") from None


def _valid(text: str) -> bool:
    hours, _, minutes = text.partition(":")
    if not hours.isdecimal() or (minutes and not minutes.isdecimal()):
        return False
    return 0 < int(hours) * 60 + int(minutes or 0) <= 24 * 60
