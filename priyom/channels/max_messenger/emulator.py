"""A fake MAX: the Bot API under `/max_messenger/` for the bots, and phones for the people who talk to them.

A phone's address is its `user_id`; the dialog has another number. Webhooks leave dialog by dialog in order, and only
200 counts. A webhook that a bot registered itself and that has failed for 8 hours is deleted, as with MAX.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from priyom.channels.max_messenger.emulator_api import GIVE_UP_SECONDS, Api, Refused
from priyom.channels.max_messenger.emulator_state import DEMO_TOKEN, Bot, Letter, Person, Press, State, Subscription
from priyom.channels.max_messenger.receive import sign
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel

HANG_SECONDS = 120.0
RETRIES_LIFE = timedelta(days=4)
"""Ten retries from one minute on, each wait 2.5 times the last, take about so long."""


def make(world: World) -> Emulator:
    """A fresh fake MAX."""
    return Emulator(world)


class Emulator:
    """See the module. Without `loopback` webhooks must be HTTPS on port 443, as MAX wants them."""

    channel = "max_messenger"
    contact_kind = "max"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self._world = world
        self._post = HookPost(world, lambda status: status == 200, self._noted)
        self._api = Api(State(), world)
        self._base_url = ""
        self._stopping = asyncio.Event()

    @property
    def loopback(self) -> bool:
        """Whether webhooks may be registered on this machine, over plain HTTP."""
        return self._api.loopback

    @loopback.setter
    def loopback(self, allowed: bool) -> None:
        self._api.loopback = allowed

    @property
    def _state(self) -> State:
        return self._api.state

    # -- the gateway's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The Bot API and the store of files."""
        return [
            web.get("/max_messenger/files/{name}", self._give_file),
            web.route("*", "/max_messenger/{path:.+}", self._take),
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
        self._base_url = base_url
        return {"token": DEMO_TOKEN, "base_url": f"{base_url}/max_messenger"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the webhook had been registered; it takes the place of one attached before."""
        bot = self._bot(account_settings["token"])
        bot.subscriptions[:] = [hook for hook in bot.subscriptions if not hook.attached and hook.url != hook_url]
        bot.subscriptions.append(Subscription(hook_url, hook_secret, since=self._api.now(), attached=True))

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(
                status=502, content_type="text/html", text="<html><title>502 Bad Gateway</title></html>"
            )
        if self.mode is Mode.THROTTLE:
            return _refusal(429, "too.many.requests", "Too many requests")
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        try:
            bot = self._known(request.headers.get("Authorization", ""))
            path = request.match_info["path"].strip("/")
            result = self._api.call(bot, request.method, path, request.query, await _given(request))
        except Refused as refused:
            return _refusal(refused.status, refused.code, refused.message)
        if self.mode is Mode.HANG:
            await self._hang()
        return web.json_response(result)

    async def _give_file(self, request: web.Request) -> web.Response:
        content = self._state.files.get(request.match_info["name"])
        if content is None:
            return _refusal(404, "not.found", "File not found")
        return web.Response(body=base64.b64decode(content), content_type="application/octet-stream")

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    def _known(self, token: str) -> Bot:
        if not token:
            raise Refused(401, "verify.token", "Empty access_token")
        if not re.fullmatch(r"[A-Za-z0-9_-]{20,200}", token):
            raise Refused(401, "verify.token", "Malformed access token")
        if token not in self._state.bots:
            raise Refused(401, "verify.token", "Invalid access_token")
        return self._state.bots[token]

    def _bot(self, token: str) -> Bot:
        found = self._state.bots.get(token)
        if found is None:
            found = self._state.bots[token] = Bot(token, 277000001 + len(self._state.bots))
        return found

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone; addresses are MAX's `user_id`. Raises Impossible for anything else."""
        if not re.fullmatch(r"[1-9]\d{0,11}", address):
            raise Impossible("Адрес в MAX - это номер пользователя, одни цифры")
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
        """The dialog, oldest first. Raises NoSuchPhone."""
        return [letter.shown() for letter in self._person(address).letters]

    def answers(self, address: str) -> list[str]:
        """The notes the bot has answered presses with, oldest first."""
        return [note for press in self._state.presses.values() if str(press.user) == address for note in press.notes]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a callback button `row.col`. Raises NoSuchPhone, Impossible."""
        person = self._talking(address)
        letter = person.letter(message)
        if letter is None or button not in dict(letter.shown().buttons):
            raise Impossible("Такой кнопки под этим сообщением нет")
        row, _, col = button.partition(".")
        bot, stamp = self._bot(letter.bot), int(self._api.now() * 1000)
        self._state.presses[letter.keyboard_id] = self._state.presses.get(letter.keyboard_id) or Press(
            person.id, message
        )
        press = {
            "timestamp": stamp,
            "callback_id": letter.keyboard_id,
            "payload": letter.rows[int(row)][int(col)]["payload"],
            "user": person.user(self._api.now()),
        }
        self._tell(
            bot, person, "message_callback", {"callback": press, "message": self._api.picture(bot, person, letter)}
        )

    async def say(self, address: str, text: str) -> None:
        """Type a text. Raises NoSuchPhone, Impossible."""
        self._wrote(self._talking(address), text)

    async def start_chat(self, address: str, payload: str) -> None:
        """Press «Начать», perhaps by a link. MAX tells the bot of a link only when the dialog begins or resumes:
        in an open one nothing is sent. Raises NoSuchPhone, Impossible."""
        person = self._person(address)
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", payload):
            raise Impossible("В ссылке бывают только A-Z a-z 0-9 _ - и не больше 128 знаков")
        if person.phone.started and not person.phone.blocked:
            raise Impossible("Диалог уже открыт: MAX не сообщает боту о второй ссылке. Напишите /start и код из ссылки")
        person.phone.started, person.phone.blocked = True, False
        self._world.changed(self.contact_kind, address)
        self._tell(self._talks_to(person), person, "bot_started", self._about(person, payload=payload))

    async def share_phone(self, address: str, phone: str) -> None:
        """Press the contact button: a card signed for the bot that asked. Raises NoSuchPhone, Impossible."""
        person = self._talking(address)
        number = "".join(c for c in phone if c.isdecimal())
        lines = ("BEGIN:VCARD", "VERSION:3.0", f"TEL;TYPE=cell:{number}", f"FN:{person.phone.name}", "END:VCARD", "")
        card = "\r\n".join(lines)
        payload = {
            "vcf_info": card,
            "hash": sign(self._talks_to(person).token, card),
            "max_info": person.user(self._api.now()),
        }
        person.phone.extra["contact_button"] = ""
        self._wrote(person, "", {"type": "contact", "payload": payload}, shown=f"+{number}")

    async def send_file(self, address: str, name: str, content: bytes, caption: str = "") -> None:
        """Send the clinic a file."""
        person = self._talking(address)
        key = f"f{self._state.next():08d}"
        self._state.files[key] = base64.b64encode(content).decode()
        payload = {"url": f"{self._base_url}/max_messenger/files/{key}", "token": key}
        self._wrote(person, caption, {"type": "file", "payload": payload, "filename": name, "size": len(content)})

    async def block(self, address: str, blocked: bool) -> None:
        """Stop the bot, or resume it. Raises NoSuchPhone."""
        person = self._person(address)
        if person.phone.blocked == blocked:
            return
        person.phone.blocked = blocked
        self._world.changed(self.contact_kind, address)
        if person.phone.started:
            kind = "bot_stopped" if blocked else "bot_started"
            self._tell(self._talks_to(person), person, kind, self._about(person))

    async def mute(self, address: str, until: datetime | None) -> None:
        """Mute the dialog until then; None lets it sound again."""
        person = self._talking(address)
        person.muted = until is not None
        more = {"muted_until": int(until.timestamp() * 1000)} if until else {}
        kind = "dialog_muted" if until else "dialog_unmuted"
        self._tell(self._talks_to(person), person, kind, {**self._about(person), **more})

    def deliver_pending(self) -> None:
        """Try again every webhook nobody took."""
        self._post.again()

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {"state": self._state.dump(), "post": self._post.dump(), "base_url": self._base_url}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._api.state = State.load(state["state"])
        self._post.load(state["post"])
        self._base_url = state["base_url"]

    def _person(self, address: str) -> Person:
        if address not in self._state.people:
            raise NoSuchPhone(address)
        return self._state.people[address]

    def _talking(self, address: str) -> Person:
        person = self._person(address)
        if person.phone.blocked:
            raise Impossible("Бот остановлен: сначала возобновите диалог")
        if not person.phone.started:
            raise Impossible("Сначала нажмите «Начать»")
        return person

    def _talks_to(self, person: Person) -> Bot:
        if person.last_bot in self._state.bots:
            return self._state.bots[person.last_bot]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN)

    def _about(self, person: Person, payload: str = "") -> dict[str, Any]:
        made: dict[str, Any] = {"chat_id": person.chat_id, "user": person.user(self._api.now())}
        return {**made, "payload": payload} if payload else made

    def _wrote(self, person: Person, text: str, attachment: dict[str, Any] | None = None, shown: str = "") -> None:
        bot = self._talks_to(person)
        letter: Letter = self._api.new_letter(bot, person, "out", text)
        if attachment is not None:
            letter.attachments.append(attachment)
        self._world.changed(self.contact_kind, person.phone.address)
        self._tell(bot, person, "message_created", {"message": self._api.picture(bot, person, letter)})
        letter.text = shown or text

    # -- webhooks --

    def _tell(self, bot: Bot, person: Person, kind: str, content: dict[str, Any]) -> None:
        now = self._api.now()
        update = {"update_type": kind, "timestamp": int(now * 1000), "user_locale": "ru", **content}
        body = json.dumps(update).encode()
        for hook in list(bot.subscriptions):
            if not hook.attached and hook.failing_since is not None and now - hook.failing_since >= GIVE_UP_SECONDS:
                bot.subscriptions.remove(hook)
            elif not hook.kinds or kind in hook.kinds:
                headers = {"X-Max-Bot-Api-Secret": hook.secret} if hook.secret else {}
                parcel = Parcel(Hook(hook.url, headers, body), self._world.now() + RETRIES_LIFE)
                self._post.put(f"{bot.id}:{person.id}:{hook.url}", parcel)

    def _noted(self, made: Hook, taken: bool) -> None:
        for bot in self._state.bots.values():
            for hook in bot.subscriptions:
                if hook.url == made.url:
                    hook.failing_since = None if taken else hook.failing_since or self._api.now()


async def _given(request: web.Request) -> Any:
    raw = await request.read()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise Refused(400, "proto.payload", "body: not JSON") from None


def _refusal(status: int, code: str, message: str) -> web.Response:
    if status == 200:
        return web.json_response({"success": False, "message": message})
    return web.json_response({"code": code, "message": message}, status=status)
