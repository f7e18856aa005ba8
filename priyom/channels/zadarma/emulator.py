"""A fake Zadarma exchange and the phones it calls: signed requests only, 100 a minute (3 for statistics), signed
webhooks about each call to the robot's number. A person takes the call unless the phone is blocked (declines) or its
`extra["behaves"]` is busy, away or gone, and may press one key within a minute. What the recording says is not known.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from priyom.channels.zadarma import CARD, signature
from priyom.channels.zadarma.receive import MENU
from priyom.contracts.emulator import Hook, Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File
from priyom.contracts.phonebook import Letter, Patience, Phonebook, Words

KEY, SECRET, ROBOT = "demo0key0zadarma0001", "demo0secret0zadarma1", "74950000009"
SLOW_SECONDS = 3.0
PREFIX = "/zadarma"
SHIFT = timedelta(hours=3)
KEY_WINDOW = timedelta(minutes=1)
HEARD = "Звонок из клиники: играет запись, в конце предлагают нажать клавишу."
_STAMP = "%Y-%m-%d %H:%M:%S"
_BEHAVES = {"busy": "busy", "away": "no answer", "gone": "unallocated number"}

Work = Callable[[Mapping[str, str]], web.Response]


@dataclass(slots=True)
class Call(Letter):
    """A call on a phone, or a key pressed (`out`). `call` is the exchange's number of it."""

    call: str = ""
    over: bool = False


class ZadarmaEmulator:
    """One account with one number for the robot."""

    channel = CARD.key
    contact_kind = CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self._world = world
        self._post = HookPost(world, lambda status: 200 <= status < 300)
        self._book = Phonebook(world, self.contact_kind, Call, r"\+\d{8,15}", Words("Это не номер телефона"))
        self._rate, self._statistics_rate = Patience(100 / 60, 100), Patience(3 / 60, 3)
        self._rows: list[dict[str, Any]] = []
        self._hook = ""
        self._next = 1
        self._stopped = False

    def routes(self) -> list[web.AbstractRouteDef]:
        """The methods, with and without the slash at the end: the vendor's page has none, its library has one."""
        methods: dict[tuple[str, str], Work] = {
            ("GET", "/v1/request/callback"): self._callback,
            ("GET", "/v1/statistics/pbx"): self._statistics,
            ("GET", "/v1/info/balance"): lambda p: _said(balance=1234.5, currency="RUB"),
            ("POST", "/v1/pbx/callinfo/url"): self._connect,
            ("POST", "/v1/pbx/callinfo/notifications"): lambda p: _said(notifications=dict(p)),
        }
        return [
            web.route(verb, PREFIX + path + end, self._method(work))
            for (verb, path), work in methods.items()
            for end in ("", "/")
        ]

    async def start(self) -> None:
        """What nobody took before is called again."""
        self._stopped = False
        self._post.again()

    async def stop(self) -> None:
        """Let go of what hangs."""
        self._stopped = True

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one account."""
        return {
            "key": KEY, "secret": SECRET, "robot_number": ROBOT, "menu_file": "menu1", "thanks_file": "thanks1",
            "base_url": base_url.rstrip("/") + PREFIX,
        }  # fmt: skip

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """The address of webhooks, as set in the cabinet; they are signed by the account's own secret."""
        self._hook = hook_url

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or rename a phone; anybody can be called."""
        blocked = any(phone.blocked for phone in self.phones() if phone.address == address)
        phone = self._book.put(address, name, True)
        phone.blocked = blocked
        return phone

    def phones(self) -> list[Phone]:
        """All phones."""
        return self._book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """The calls that were taken, and the keys pressed."""
        return self._book.messages(address)

    async def press(self, address: str, message: str, button: str) -> None:
        """No buttons are seen: what the recording offers is not known here."""
        self._book.chat(address)
        raise Impossible("кнопок не видно: наберите цифру")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Press a key in the call that is on."""
        letters = self._book.chat(address).letters
        if len(text) != 1 or text not in "0123456789*#" or files:
            raise Impossible("робот речи не понимает: наберите одну цифру")
        call = next((one for one in reversed(letters) if one.direction == "in"), None)
        now = self._world.now()
        if call is None or call.over or now - datetime.fromtimestamp(call.at, UTC) > KEY_WINDOW:
            raise Impossible("разговор окончен")
        call.over = True
        self._book.add(address, Call(self._number("key"), now.timestamp(), "out", text))
        pressed = {"wait_dtmf[name]": MENU, "wait_dtmf[digits]": text, "wait_dtmf[default_behaviour]": ""}
        self._tell("NOTIFY_IVR", address, call.call, pressed)

    async def start_chat(self, address: str, payload: str) -> None:
        """No bots."""
        raise Impossible("на звонок нельзя «нажать Старт»")

    async def share_phone(self, address: str, phone: str) -> None:
        """No contact button."""
        raise Impossible("в звонке нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """Decline the clinic's calls, or take them again."""
        self._book.chat(address).phone.blocked = blocked
        self._book.touch(address)

    def dump(self) -> dict[str, Any]:
        """Phones, statistics, and webhooks nobody took."""
        return {"phones": self._book.dump(), "rows": self._rows, "next": self._next, "post": self._post.dump()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        self._book.load(state["phones"])
        self._rows, self._next = list(state["rows"]), state["next"]
        self._post.load(state["post"])

    # -- the methods --

    def _method(self, work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if self.mode is Mode.DOWN:
                return web.Response(status=503, text="Service Unavailable")
            raw = request.query_string if request.method == "GET" else await request.text()
            params = dict(parse_qsl(raw, keep_blank_values=True))
            path = request.path.removeprefix(PREFIX)
            right = f"{KEY}:{signature.of_request(SECRET, path, params)}"
            if not hmac.compare_digest(right.encode(), request.headers.get("authorization", "").encode()):
                return _refused(401, "Not authorized")
            if self.mode is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            rate = self._statistics_rate if work == self._statistics else self._rate
            throttled = self.mode is Mode.THROTTLE and work == self._callback
            if throttled or rate.wait("", self._world.now()):
                return _refused(429, "You have exceeded your rate limit per minute")
            answer = work(params)
            if self.mode is Mode.HANG and work == self._callback:
                await self._hang(request)
            return answer

        return handle

    async def _hang(self, request: web.Request) -> None:
        line = request.transport
        while self.mode is Mode.HANG and not self._stopped and line and not line.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # three things may end it, and none of them tells an event
        if line:
            line.abort()

    def _connect(self, params: Mapping[str, str]) -> web.Response:
        if not params.get("url", "").startswith(("https://", "http://127.0.0.1:")):
            return _refused(400, "Wrong url")
        self._hook = params["url"]
        return _said(url=self._hook)

    def _callback(self, params: Mapping[str, str]) -> web.Response:
        person, robot = params.get("from", ""), params.get("to", "")
        if not (person.isdecimal() and 7 <= len(person) <= 15):
            return _refused(400, "Wrong parameter: from")
        if robot != ROBOT:
            return _refused(400, "Wrong parameter: to")
        now = self._world.now()
        number = self._number("in")
        if self.mode is not Mode.LOSE:
            self._ring("+" + person, number, now)
        return _said(**{"from": person, "to": robot, "time": int(now.timestamp())})

    def _ring(self, address: str, number: str, now: datetime) -> None:
        if address not in self._book.chats:
            self._book.put(address, address, True)
        phone = self._book.chat(address).phone
        disposition = "cancel" if phone.blocked else _BEHAVES.get(phone.extra.get("behaves", ""), "answered")
        self._rows.append({
            "call_id": now.timestamp(), "sip": int(ROBOT), "callstart": (now + SHIFT).strftime(_STAMP),
            "clid": int(ROBOT), "destination": int(address[1:]), "disposition": disposition, "seconds": 20,
            "is_recorded": False, "pbx_call_id": number,
        })  # fmt: skip
        if disposition == "answered":
            self._book.add(address, Call(self._number("call"), now.timestamp(), "in", HEARD, call=number))
            self._tell("NOTIFY_START", address, number, {})

    def _statistics(self, params: Mapping[str, str]) -> web.Response:
        try:
            start, end = (datetime.strptime(params[name], _STAMP) for name in ("start", "end"))  # noqa: DTZ007
        except (KeyError, ValueError):
            return _refused(400, "Wrong parameters: start, end")
        if params.get("version") not in ("1", "2") or not timedelta(0) <= end - start <= timedelta(days=31):
            return _refused(400, "Maximum period: 1 month")
        low, high = params["start"], params["end"]
        rows = [row for row in self._rows if low <= row["callstart"] <= high][:1000]
        return _said(start=low, end=high, version=int(params["version"]), stats=rows)

    def _tell(self, event: str, address: str, number: str, more: Mapping[str, str]) -> None:
        if not self._hook:
            return
        moment = (self._world.now() + SHIFT).strftime(_STAMP)
        fields = {
            "event": event, "call_start": moment, "pbx_call_id": number, "caller_id": address[1:], "called_did": ROBOT,
            **more,
        }  # fmt: skip
        headers = {"Signature": signature.of_webhook(SECRET, fields) or ""}
        hook = Hook(self._hook, headers, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        self._post.put(address, Parcel(hook))

    def _number(self, kind: str) -> str:
        number, self._next = f"{kind}_{self._next:08d}", self._next + 1
        return number


def make(world: World) -> ZadarmaEmulator:
    """The vendor in this world."""
    return ZadarmaEmulator(world)


def _said(**more: object) -> web.Response:
    return web.json_response({"status": "success", **more})


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"status": "error", "message": message}, status=status)
