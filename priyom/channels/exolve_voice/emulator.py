"""A fake Exolve Voice API and the phones it calls: a person takes the call and hears the text to its end, unless the
phone is blocked (declines), or its `extra["behaves"]` is busy or away. There is nothing to press in such a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from priyom.channels.exolve_voice import CARD
from priyom.contracts.emulator import Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.message import File
from priyom.contracts.phonebook import Letter, Phonebook, Words

KEY, SOURCE = "demo-exolve-key-1", "79580000001"
SLOW_SECONDS = 3.0
LONGEST = 1000
_BEHAVES = {"busy": "busy", "away": "no_answer"}

Work = Callable[[Mapping[str, Any]], web.Response]


@dataclass(slots=True)
class Call(Letter):
    """A call that was taken. One that was not is never seen on the phone."""


class ExolveVoiceEmulator:
    """One application with one number."""

    channel = CARD.key
    contact_kind = CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self._world = world
        self._book = Phonebook(world, self.contact_kind, Call, r"\+\d{8,15}", Words("Это не номер телефона"))
        self._statuses: dict[str, str] = {}
        self._next = 701_234_567_001
        self._stopped = False

    def routes(self) -> list[web.AbstractRouteDef]:
        """The three methods."""
        methods: dict[str, Work] = {
            "/call/v1/MakeVoiceMessage": self._make,
            "/call/v1/GetInfo": self._info,
            "/voice-message/v1/GetList": lambda body: web.json_response({"voice_messages": []}),
        }
        return [web.post(f"/exolve_voice{path}", self._method(work)) for path, work in methods.items()]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopped = False

    async def stop(self) -> None:
        """Let go of what hangs."""
        self._stopped = True

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one application."""
        return {"key": KEY, "source": SOURCE, "base_url": f"{base_url.rstrip('/')}/exolve_voice"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Nobody is called back."""

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
        """The calls that were taken, by their words."""
        return self._book.messages(address)

    async def press(self, address: str, message: str, button: str) -> None:
        """Nothing to press."""
        self._book.chat(address)
        raise Impossible("в этом звонке нажимать нечего")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Nobody listens."""
        self._book.chat(address)
        raise Impossible("робот только читает текст и ответа не слышит")

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
        """Phones, and what became of each call."""
        return {"phones": self._book.dump(), "statuses": self._statuses, "next": self._next}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `dump` gave."""
        self._book.load(state["phones"])
        self._statuses, self._next = dict(state["statuses"]), state["next"]

    # -- the methods --

    def _method(self, work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if self.mode is Mode.DOWN:
                return web.Response(status=503, text="Service Unavailable")
            if request.headers.get("authorization") != f"Bearer {KEY}":
                return _error(401, "Unauthorized")
            if self.mode is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            if self.mode is Mode.THROTTLE and work == self._make:
                return _error(429, "Too Many Requests")
            try:
                body = await request.json()
            except ValueError:
                return _error(400, "invalid json")
            answer = work(body if isinstance(body, dict) else {})
            if self.mode is Mode.HANG and work == self._make:
                await self._hang(request)
            return answer

        return handle

    async def _hang(self, request: web.Request) -> None:
        line = request.transport
        while self.mode is Mode.HANG and not self._stopped and line and not line.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # three things may end it, and none of them tells an event
        if line:
            line.abort()

    def _make(self, body: Mapping[str, Any]) -> web.Response:
        tts = body.get("tts")
        to = str(body.get("destination", ""))
        if body.get("source") != SOURCE:
            return _error(400, "source number does not belong to the application")
        if not (to.isdecimal() and 10 <= len(to) <= 15):
            return _error(400, "invalid destination")
        if not isinstance(tts, dict) or not isinstance(tts.get("text"), str) or not 0 < len(tts["text"]) <= LONGEST:
            return _error(400, "tts.text: 1 to 1000 characters")
        if not all(isinstance(tts.get(name), int) for name in ("voice", "lang")):
            return _error(400, "tts.voice and tts.lang must be numbers")
        number, self._next = str(self._next), self._next + 1
        self._statuses[number] = self._ring("+" + to, number, tts["text"])
        return web.json_response({"call_id": number})

    def _ring(self, address: str, number: str, text: str) -> str:
        if address not in self._book.chats:
            self._book.put(address, address, True)
        if self.mode is Mode.LOSE:
            return "in_progress"
        phone = self._book.chat(address).phone
        status = "rejected" if phone.blocked else _BEHAVES.get(phone.extra.get("behaves", ""), "completed")
        if status == "completed":
            self._book.add(address, Call(f"exolve-{number}", self._world.now().timestamp(), "in", text))
        return status

    def _info(self, body: Mapping[str, Any]) -> web.Response:
        status = self._statuses.get(str(body.get("call_id", "")))
        if status is None:
            return _error(404, "call not found")
        return web.json_response({"call_id": body["call_id"], "status": status, "duration": 12})


def make(world: World) -> ExolveVoiceEmulator:
    """The vendor in this world."""
    return ExolveVoiceEmulator(world)


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status)
