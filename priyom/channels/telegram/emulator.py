"""A fake Telegram: the Bot API under `/telegram/` for the bots, and phones for the people who talk to them.

Webhooks leave chat by chat in order; a press that nobody took within 150 s of the world's clock is lost, words and
blocks within a day, as with Telegram. One person talks to the bot that wrote last (the newest one before that).
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

from aiohttp import web

from priyom.channels.telegram.emulator_api import CALLBACK_SECONDS, Api, Refused
from priyom.channels.telegram.emulator_state import (
    BACKLOG,
    DEMO_TOKEN,
    TOKEN,
    Bot,
    Letter,
    Person,
    Press,
    State,
    Stored,
)
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel

HANG_SECONDS = 120.0
THROTTLE_SECONDS = 2
DAY = timedelta(days=1)
CALLBACK_LIFE = timedelta(seconds=CALLBACK_SECONDS)


def make(world: World) -> Emulator:
    """A fresh fake Telegram."""
    return Emulator(world)


class Emulator:
    """See the module. Without `loopback` setWebhook is as strict as Telegram's: HTTPS, its ports, public addresses."""

    channel = "telegram"
    contact_kind = "telegram"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self._world = world
        self._post = HookPost(world, lambda status: 200 <= status < 300)
        self._api = Api(State(), world, self._post)
        self._stopping = asyncio.Event()

    @property
    def loopback(self) -> bool:
        """Whether webhooks may be set on this machine, over plain HTTP."""
        return self._api.loopback

    @loopback.setter
    def loopback(self, allowed: bool) -> None:
        self._api.loopback = allowed

    @property
    def _state(self) -> State:
        return self._api.state

    # -- the gateway's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The Bot API and its files."""
        return [
            web.route("*", "/telegram/bot{token}/{method}", self._take),
            web.get("/telegram/file/bot{token}/{path:.+}", self._give_file),
        ]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopping.clear()

    async def stop(self) -> None:
        """Let go of those who wait on a hanging gateway."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's bot."""
        self._bot(DEMO_TOKEN)
        return {"token": DEMO_TOKEN, "base_url": f"{base_url}/telegram"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if this bot had called setWebhook; a bot not seen before is made."""
        bot = self._bot(account_settings["token"])
        bot.hook_url, bot.hook_secret = hook_url, hook_secret

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(
                status=502, content_type="text/html", text="<html><title>502 Bad Gateway</title></html>"
            )
        if self.mode is Mode.THROTTLE:
            return _throttled()
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        token = request.match_info["token"]
        try:
            bot = self._known(token)
            result = self._api.call(bot, request.match_info["method"], await _given(request))
        except Refused as refused:
            return _refusal(refused.status, refused.description)
        if self.mode is Mode.HANG:
            await self._hang()
        return web.json_response({"ok": True, "result": result})

    async def _give_file(self, request: web.Request) -> web.Response:
        try:
            self._known(request.match_info["token"])
        except Refused as refused:
            return _refusal(refused.status, refused.description)
        for stored in self._state.files.values():
            if stored.path == request.match_info["path"]:
                return web.Response(body=stored.bytes(), content_type="application/octet-stream")
        return _refusal(404, "Not Found")

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    def _known(self, token: str) -> Bot:
        if not TOKEN.fullmatch(token):
            raise Refused(401, "Unauthorized: invalid token specified")
        if token not in self._state.bots:
            raise Refused(401, "Unauthorized")
        return self._state.bots[token]

    def _bot(self, token: str) -> Bot:
        found = self._state.bots.get(token)
        if found is None:
            number = len(self._state.bots) + 1
            username = "clinic_demo_bot" if token == DEMO_TOKEN else f"clinic_{number}_bot"
            found = self._state.bots[token] = Bot(token, username)
        return found

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone; addresses are Telegram's user numbers. Raises Impossible for anything else."""
        if not re.fullmatch(r"[1-9]\d{0,15}", address):
            raise Impossible("Адрес в Telegram - это номер пользователя, одни цифры")
        person = self._state.people.get(address)
        if person is None:
            person = self._state.people[address] = Person(Phone(address, name, started))
        person.phone.name, person.phone.started = name, started
        if started:
            person.phone.blocked = False
        self._world.changed(self.contact_kind, address)
        return person.phone

    def phones(self) -> list[Phone]:
        """All phones."""
        return [person.phone for person in self._state.people.values()]

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat, oldest first. Raises NoSuchPhone."""
        person = self._person(address)
        return [person.shown(letter, UTC) for letter in person.letters]

    def answers(self, address: str) -> list[str]:
        """The notes the bot has answered presses with, oldest first ('' for a bare one)."""
        return [p.answer for p in self._state.presses.values() if str(p.chat) == address and p.answer is not None]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press an inline button `row.col`. Raises NoSuchPhone, Impossible."""
        person = self._talking(address)
        letter = person.letter(int(message)) if message.isdecimal() else None
        if letter is None or button not in dict(person.shown(letter, UTC).buttons):
            raise Impossible("Такой кнопки под этим сообщением нет")
        row, _, col = button.partition(".")
        bot = self._bot(letter.bot)
        self._state.counter += 1
        key = str(2147483648000000000 + self._state.counter)
        self._state.presses[key] = Press(person.id, self._world.now().timestamp())
        query = {
            "id": key,
            "from": person.user(),
            "message": self._api.picture(bot, person, letter),
            "chat_instance": str(-4400000000000000000 - person.id),
            "data": letter.inline[int(row)][int(col)]["callback_data"],
        }
        self._tell(bot, person, "callback_query", query, CALLBACK_LIFE)

    async def say(self, address: str, text: str) -> None:
        """Type a text. Raises NoSuchPhone, Impossible."""
        self._wrote(self._talking(address), text, {"text": text})

    async def start_chat(self, address: str, payload: str) -> None:
        """Press Start; a blocked bot is let in again first, as the app does. Raises NoSuchPhone, Impossible."""
        person = self._person(address)
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload):
            raise Impossible("В ссылке бывают только A-Z a-z 0-9 _ - и не больше 64 знаков")
        if person.phone.blocked:
            await self.block(address, False)
        person.phone.started = True
        text = f"/start {payload}".rstrip()
        entities = [{"type": "bot_command", "offset": 0, "length": 6}]
        self._wrote(person, text, {"text": text, "entities": entities})

    async def share_phone(self, address: str, phone: str) -> None:
        """Share one's own card. Telegram writes the number without «+» and fills in the sender's id."""
        person = self._talking(address)
        number = "".join(c for c in phone if c.isdecimal())
        contact = {"phone_number": number, "first_name": person.phone.name, "user_id": person.id}
        person.phone.extra["contact_button"] = ""
        self._wrote(person, f"+{number}", {"contact": contact})

    async def send_file(self, address: str, name: str, mime: str, content: bytes, caption: str = "") -> None:
        """Send the clinic a document."""
        person = self._talking(address)
        self._state.counter += 1
        key = f"BQACAgIAAxkBAAIB{self._state.counter:08d}"
        self._state.files[key] = Stored(f"documents/file_{self._state.counter}", base64.b64encode(content).decode())
        document = {"file_id": key, "file_unique_id": key[-8:], "file_name": name, "mime_type": mime}
        more = {"caption": caption} if caption else {}
        self._wrote(person, caption, {"document": {**document, "file_size": len(content)}, **more}, [name])

    async def block(self, address: str, blocked: bool) -> None:
        """Block the bot, or let it in again. Raises NoSuchPhone."""
        person = self._person(address)
        if person.phone.blocked == blocked:
            return
        person.phone.blocked = blocked
        self._world.changed(self.contact_kind, address)
        if not person.phone.started:
            return
        bot = self._talks_to(person)
        was, now = ("member", "kicked") if blocked else ("kicked", "member")
        change = {
            "chat": person.chat(),
            "from": person.user(),
            "date": int(self._world.now().timestamp()),
            "old_chat_member": _member(bot, was),
            "new_chat_member": _member(bot, now),
        }
        self._tell(bot, person, "my_chat_member", change, DAY)

    def deliver_pending(self) -> None:
        """Try again every webhook nobody took."""
        self._post.again()

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {"state": self._state.dump(), "post": self._post.dump()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._api.state = State.load(state["state"])
        self._post.load(state["post"])

    def _person(self, address: str) -> Person:
        if address not in self._state.people:
            raise NoSuchPhone(address)
        return self._state.people[address]

    def _talking(self, address: str) -> Person:
        person = self._person(address)
        if person.phone.blocked:
            raise Impossible("Бот заблокирован: сначала разблокируйте его")
        if not person.phone.started:
            raise Impossible("Сначала нажмите «Старт»")
        return person

    def _talks_to(self, person: Person) -> Bot:
        if person.last_bot in self._state.bots:
            return self._state.bots[person.last_bot]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN)

    def _wrote(self, person: Person, text: str, content: dict[str, Any], files: list[str] | None = None) -> None:
        bot = self._talks_to(person)
        at = self._world.now().timestamp()
        letter = Letter(person.next_number(), bot.token, at, "out", text, files=files or [])
        person.letters.append(letter)
        self._world.changed(self.contact_kind, person.phone.address)
        head = {"message_id": letter.number, "from": person.user(), "chat": person.chat(), "date": int(at)}
        self._tell(bot, person, "message", {**head, **content}, DAY)

    def _tell(self, bot: Bot, person: Person, kind: str, content: dict[str, Any], life: timedelta) -> None:
        if bot.allowed and kind not in bot.allowed:
            return
        update = {"update_id": bot.next_update, kind: content}
        bot.next_update += 1
        if not bot.hook_url:
            bot.loose = [*bot.loose, update][-BACKLOG:]
            return
        headers = {"X-Telegram-Bot-Api-Secret-Token": bot.hook_secret} if bot.hook_secret else {}
        hook = Hook(bot.hook_url, headers, json.dumps(update).encode())
        self._post.put(f"{bot.id}:{person.id}", Parcel(hook, self._world.now() + life))


def _member(bot: Bot, status: str) -> dict[str, Any]:
    until = {"until_date": 0} if status == "kicked" else {}
    return {"user": bot.user(), "status": status, **until}


async def _given(request: web.Request) -> dict[str, Any]:
    """Parameters from the query, a form or a JSON body."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise Refused(400, "Bad Request: can't parse request body JSON object") from None
        return given | body if isinstance(body, dict) else given
    return given | dict(await request.post())


def _refusal(status: int, description: str, parameters: dict[str, Any] | None = None) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.json_response(body, status=status)


def _throttled() -> web.Response:
    answer = _refusal(429, f"Too Many Requests: retry after {THROTTLE_SECONDS}", {"retry_after": THROTTLE_SECONDS})
    answer.headers["Retry-After"] = str(THROTTLE_SECONDS)
    return answer
