"""A fake VK with one community: the API under `/vk/method/`, uploads, Bots Long Poll, and phones for the people.

Anybody may write to a community, and has thereby allowed it to answer; opening it by a link and pressing «Начать»
sends a message too. Reading and typing make events of their own (`read`, `type`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from priyom.channels.vk.community import EVENTS
from priyom.channels.vk.emulator_files import Files
from priyom.channels.vk.emulator_groups import Groups
from priyom.channels.vk.emulator_messages import Messages
from priyom.channels.vk.emulator_news import News
from priyom.channels.vk.emulator_state import DEMO_TOKEN, GROUP, Letter, Person, Press, Refused, Server, State
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.message import File

HANG_SECONDS = 120.0
RATE = 20
"""Calls of one key within a second; the next one is refused."""
BAD_GATEWAY = "<html><title>502 Bad Gateway</title></html>"
CLIENT = {
    "button_actions": ["text", "vkpay", "open_app", "location", "open_link", "callback"],
    "keyboard": True, "inline_keyboard": True, "carousel": True, "lang_id": 0,
}  # fmt: skip


def make(world: World) -> Emulator:
    """A fresh fake VK."""
    return Emulator(world)


class Emulator:
    """See the module. `failures` are the next answers of Bots Long Poll, as VK numbers them; `asked` counts
    the questions."""

    channel = "vk"
    contact_kind = "vk"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self.failures: list[int] = []
        self.asked = 0
        self.state = State()
        self._world = world
        self._news = News(lambda: self.state, world)
        self._files = Files(lambda: self.state)
        self._messages = Messages(lambda: self.state, world, self._news, self._files)
        self._messages.loses = lambda: self.mode is Mode.LOSE
        groups = Groups(lambda: self.state, self._news, self._files)
        self._methods = self._messages.methods | self._files.methods | groups.methods
        self._calls: deque[float] = deque(maxlen=RATE)
        self._stopping = asyncio.Event()

    # -- the gateway's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The API, Bots Long Poll, files."""
        return [
            web.route("*", "/vk/method/{method}", self._take),
            web.get("/vk/longpoll", self._poll),
            *self._files.routes(),
        ]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopping.clear()
        self._news.start()

    async def stop(self) -> None:
        """Let go of those who wait."""
        self._stopping.set()
        self._news.stop()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's community."""
        self._files.base = base_url.rstrip("/")
        return {"token": DEMO_TOKEN, "base_url": f"{self._files.base}/vk"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the address had been put on the list by hand, with the events we read."""
        known = [one for one in self.state.servers.values() if one.url.partition("?")[0] == hook_url]
        server = known[0] if known else Server(self.state.next(), "Priyom", hook_url, hook_secret)
        server.secret, server.status, server.events = hook_secret, "ok", list(EVENTS)
        self.state.servers[str(server.id)] = server

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(status=502, content_type="text/html", text=BAD_GATEWAY)
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        method, given = request.match_info["method"], await _given(request)
        self._files.base = str(request.url.origin())
        try:
            self._admit(request.headers.get("Authorization", ""), given)
            found = self._methods.get(method)
            if found is None:
                raise Refused(3, "Unknown method passed")
            answer: dict[str, Any] = {"response": found(given)}
        except Refused as refused:
            return _refusal(refused, method, given)
        if self.mode is Mode.HANG:
            await self._hang()
        return web.json_response(answer)

    def _admit(self, authorization: str, given: Mapping[str, str]) -> None:
        """The key, the version, the pace. Raises Refused."""
        token = authorization.removeprefix("Bearer ") or given.get("access_token", "")
        if token != DEMO_TOKEN:
            why = "invalid access_token (4)." if token else "no access_token passed."
            raise Refused(5, f"User authorization failed: {why}")
        version = re.fullmatch(r"5\.(\d{2,3})", given.get("v", ""))
        if version is None:
            raise Refused(8, "Invalid request: v (version) is required")
        if int(version[1]) < 131:
            raise Refused(8, f"Invalid request: version {version[0]} is deprecated")
        now = self._world.now().timestamp()
        if self.mode is Mode.THROTTLE or (len(self._calls) == RATE and now - self._calls[0] < 1):
            raise Refused(6, "Too many requests per second")
        self._calls.append(now)

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    async def _poll(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(status=502, content_type="text/html", text=BAD_GATEWAY)
        self.asked += 1
        place, wait = request.query.get("ts", ""), request.query.get("wait", "25")
        if request.query.get("act") != "a_check" or not wait.isdecimal():
            return web.Response(status=400)
        if self.failures:
            number = self.failures.pop(0)
            return web.json_response({"failed": number, **({"ts": self.state.place} if number == 1 else {})})
        if not self.state.polling or request.query.get("key") != self.state.poll_key:
            return web.json_response({"failed": 2})
        if not place.isdecimal():
            return web.json_response({"failed": 3})
        if not self._news.oldest() <= int(place) <= self.state.place:
            return web.json_response({"failed": 1, "ts": self._news.oldest()})
        following, events = await self._news.since(int(place), min(90, int(wait)))
        return web.json_response({"ts": str(following), "updates": events})

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone; addresses are VK's user numbers. Raises Impossible for anything else."""
        if not re.fullmatch(r"[1-9]\d{0,8}", address):
            raise Impossible("Адрес в VK - это номер пользователя, одни цифры")
        person = self.state.people.get(address)
        if person is None:
            person = self.state.people[address] = Person(Phone(address, name, started))
        person.phone.name, person.phone.started = name, started
        if started:
            person.phone.blocked = False
        self._world.changed(self.contact_kind, address)
        return person.phone

    def phones(self) -> list[Phone]:
        """All phones."""
        return [person.phone for person in self.state.people.values()]

    def messages(self, address: str) -> list[PhoneMessage]:
        """The dialog, oldest first. Raises NoSuchPhone."""
        person = self._person(address)
        return [person.shown(letter) for letter in person.letters if not letter.lost]

    def answers(self, address: str) -> list[str]:
        """The notes presses were answered with, oldest first ('' for a bare one)."""
        return [
            one.answer for one in self.state.presses.values() if str(one.user) == address and one.answer is not None
        ]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a button `row.col`. Raises NoSuchPhone, Impossible."""
        person = self._person(address)
        letter = person.letter(int(message)) if message.isdecimal() else None
        if letter is None or button not in dict(person.shown(letter).buttons):
            raise Impossible("Такой кнопки под этим сообщением нет")
        row, _, col = button.partition(".")
        action = letter.rows[int(row)][int(col)]["action"]
        if action["type"] == "text":
            self._wrote(person, action["label"], {"payload": action.get("payload") or "{}"})
            return
        key = f"press{self.state.next():08d}"
        self.state.presses[key] = Press(person.id, self._world.now().timestamp())
        event = {"user_id": person.id, "peer_id": person.id, "event_id": key, "conversation_message_id": letter.number}
        self._news.tell("message_event", address, {**event, "payload": json.loads(action.get("payload") or "{}")})

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text, perhaps with files; who had not allowed messages has with this. Raises NoSuchPhone."""
        person = self._person(address)
        self._allow(person)
        kept = [self._files.keep(person.id, file) for file in files]
        letter = self._wrote(person, text, {"attachments": [self._files.picture(file) for file in kept]})
        letter.files = [file.name for file in files]

    async def mend(self, address: str, message: str, text: str) -> None:
        """Change one's own message."""
        person = self._person(address)
        letter = person.letter(int(message))
        if letter is None or letter.direction != "out":
            raise Impossible("Править можно только свое сообщение")
        letter.text, letter.edited = text, True
        self._world.changed(self.contact_kind, address)
        self._news.tell("message_edit", address, self._messages.picture(person, letter))

    async def start_chat(self, address: str, payload: str) -> None:
        """Open the community, by a link with `ref` when `payload` is given, and press «Начать». Raises NoSuchPhone."""
        person = self._person(address)
        self._allow(person)
        more: dict[str, Any] = {"payload": json.dumps({"command": "start"})}
        self._wrote(person, "Начать", more | ({"ref": payload, "ref_source": ""} if payload else {}))

    async def share_phone(self, address: str, phone: str) -> None:
        """VK has no such button."""
        raise Impossible("В VK нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """Forbid the community to write, or allow it. Raises NoSuchPhone."""
        person = self._person(address)
        if not blocked:
            self._allow(person)
        elif person.allowed:
            person.phone.blocked = True
            self._world.changed(self.contact_kind, address)
            self._news.tell("message_deny", address, {"user_id": person.id})

    async def read(self, address: str) -> None:
        """Look at the dialog: everything in it is read."""
        person = self._person(address)
        ours = [letter for letter in person.letters if letter.direction == "in" and not letter.lost]
        if ours and ours[-1].number > person.read:
            last, person.read = ours[-1], ours[-1].number
            content = {"from_id": person.id, "peer_id": person.id, "read_message_id": last.id}
            self._news.tell("message_read", address, {**content, "conversation_message_id": last.number})

    async def type(self, address: str) -> None:
        """Begin to type."""
        self._news.tell("message_typing_state", address, {"state": "typing", "from_id": int(address), "to_id": -GROUP})

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {"state": self.state.dump(), "post": self._news.post.dump()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self.state = State.load(state["state"])
        self._news.post.load(state["post"])

    def _person(self, address: str) -> Person:
        if address not in self.state.people:
            raise NoSuchPhone(address)
        return self.state.people[address]

    def _allow(self, person: Person) -> None:
        if person.allowed:
            return
        person.phone.started, person.phone.blocked = True, False
        self._world.changed(self.contact_kind, person.phone.address)
        self._news.tell("message_allow", person.phone.address, {"user_id": person.id, "key": ""})

    def _wrote(self, person: Person, text: str, more: Mapping[str, Any]) -> Letter:
        number = person.letters[-1].number + 1 if person.letters else 1
        letter = Letter(number, self.state.next(), self._world.now().timestamp(), "out", text)
        letter.attachments = list(more.get("attachments", ()))
        person.letters.append(letter)
        self._world.changed(self.contact_kind, person.phone.address)
        message = {**self._messages.picture(person, letter), **more}
        self._news.tell("message_new", person.phone.address, {"client_info": CLIENT, "message": message})
        return letter


async def _given(request: web.Request) -> dict[str, str]:
    """Parameters from the query and a form; VK reads no JSON bodies."""
    form = await request.post()
    return dict(request.query) | {name: value for name, value in form.items() if isinstance(value, str)}


def _refusal(refused: Refused, method: str, given: Mapping[str, str]) -> web.Response:
    shown = {"method": method, "oauth": "1", **{name: given[name] for name in given if name != "access_token"}}
    parameters = [{"key": key, "value": value} for key, value in shown.items()]
    error = {"error_code": refused.code, "error_msg": refused.text, "request_params": parameters}
    return web.json_response({"error": error})
