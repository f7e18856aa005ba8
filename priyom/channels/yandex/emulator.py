"""A fake Yandex Messenger under `/yandex/`: one organisation with its bots, its employees and its group chats.

Everybody is in every group chat; what is done on a group's phone is done by the first employee. A block is a
privacy setting; for a group, the bot is thrown out. A webhook is repeated after a time-out or 5xx only, for 24 hours.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aiohttp import web

from priyom.channels.yandex.emulator_api import Api, Refused
from priyom.channels.yandex.emulator_state import DEMO_TOKEN, Bot, Letter, State
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File

ROOT = "/yandex/bot/v1"
HANG_SECONDS = 120.0
DAY = timedelta(days=1)
ADDRESS = re.compile(r"[01]/\d+/[0-9a-f-]{8,64}|[a-z0-9][a-z0-9._-]{0,62}(@[a-z0-9.-]{1,255})?")


def make(world: World) -> Emulator:
    """A fresh fake Yandex Messenger."""
    return Emulator(world)


class Emulator:
    """See the module."""

    channel = "yandex"
    contact_kind = "yandex"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self._world = world
        self._post = HookPost(world, lambda status: 0 < status < 500)
        self._api = Api(State(), world)
        self._api.loses = lambda: self.mode is Mode.LOSE
        self._stopping = asyncio.Event()
        self.typed: list[str] = []
        """Where «is typing» was shown, oldest first."""

    @property
    def _state(self) -> State:
        return self._api.state

    # -- the vendor's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """All methods, with and without the slash at the end."""
        return [web.route("*", ROOT + "/{method:.*}", self._take)]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopping.clear()

    async def stop(self) -> None:
        """Let go of those who wait on a hanging gateway."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's bot, which is called by webhook."""
        self._bot(DEMO_TOKEN)
        return {"token": DEMO_TOKEN, "mode": "webhook", "base_url": f"{base_url.rstrip('/')}{ROOT}"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if this bot had registered the address with its secret; a bot not seen before is made."""
        self._bot(account_settings["token"]).hook_url = f"{hook_url}?secret={hook_secret}" if hook_url else None

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(status=503, content_type="text/html", text="<html>503 Service Unavailable</html>")
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        method = request.match_info["method"].rstrip("/")
        try:
            bot = self._known(request)
            if self.mode is Mode.THROTTLE:
                raise Refused(429, "Too Many Requests", 2)
            given = await _given(request)
            if method == "messages/getFile":
                file = self._api.file(given)
                return web.Response(body=base64.b64decode(file["content"]), content_type="application/octet-stream")
            result = self._api.call(bot, method, given)
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status, headers=refused.headers)
        if method == "messages/sendTyping":
            self.typed.append(str(given.get("login") or given.get("chat_id")))
        if self.mode is Mode.HANG:
            await self._hang()
        return web.json_response({"ok": True, **result})

    def _known(self, request: web.Request) -> Bot:
        bot = self._state.bots.get(request.headers.get("Authorization", "").removeprefix("OAuth "))
        if bot is None:
            raise Refused(401, "Unauthorized")
        return bot

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    def _bot(self, token: str) -> Bot:
        bots = self._state.bots
        return bots.setdefault(token, Bot(token, f"bot-{len(bots) + 1}@clinic.example"))

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change an employee (login) or a group chat (`0/0/<guid>`). Raises Impossible for anything else."""
        if not ADDRESS.fullmatch(address):
            raise Impossible("Адрес в Яндекс Мессенджере - логин сотрудника или чат вида 0/0/…")
        phone = self._state.phones.setdefault(address, Phone(address, name, True))
        phone.name, phone.started = name, started
        self._world.changed(self.contact_kind, address)
        return phone

    def phones(self) -> list[Phone]:
        """All employees and group chats."""
        return list(self._state.phones.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat, oldest first. Raises NoSuchPhone."""
        self._phone(address)
        own = {bot.login: "Клиника" for bot in self._state.bots.values()}
        names = {phone.address: phone.name for phone in self._state.phones.values()} | own
        found = [letter for letter in self._state.letters if letter.address == address and not letter.lost]
        return [letter.shown(letter.author in own, names.get(letter.author, "")) for letter in found]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a button by its id. Raises NoSuchPhone, Impossible."""
        actor = self._actor(address)
        letter = self._state.letter(address, int(message) if message.isdecimal() else None)
        pressed = [one for row in letter.buttons for one in row if one["id"] == button] if letter else []
        actions = [one for item in pressed for one in item["directives"] if one["type"] == "server_action"]
        if letter is None or not actions:
            raise Impossible("Такой кнопки под этим сообщением нет")
        action = {"name": actions[0]["name"], "payload": actions[0]["payload"]}
        request = {"server_action": action, "element_id": button, "errors": []}
        self._tell(self._state.bots[letter.bot], letter, actor, {"bot_request": request})

    async def say(self, address: str, text: str, files: Sequence[File] = (), reply_to: str = "") -> None:
        """Write to the bot, or into the group chat (perhaps as an answer). The first file goes with the words,
        every other one is an update of its own. Raises NoSuchPhone, Impossible."""
        actor, bot = self._actor(address), self._talks_to(address)
        answered = int(reply_to) if reply_to else None
        for index in range(max(1, len(files))):
            now = self._world.now()
            letter = Letter(self._state.number(now), address, actor.address, bot.token, now.timestamp(), "")
            content: dict[str, Any] = {}
            if index == 0 and text:
                letter.text = content["text"] = text
            if index < len(files):
                kept = self._api.keep(files[index].name, files[index].mime, files[index].content)
                letter.files.append(kept)
                content |= _described(kept)
            if answered is not None:
                content["reply_to_message"] = {"message_id": answered}
            self._state.letters.append(letter)
            self._tell(bot, letter, actor, content)
        self._world.changed(self.contact_kind, address)

    async def start_chat(self, address: str, payload: str) -> None:
        """Raises Impossible: there are no links to bots, the bot writes first."""
        raise Impossible("В Яндекс Мессенджере у ботов нет кнопки «Старт»: бот пишет первым")

    async def share_phone(self, address: str, phone: str) -> None:
        """Raises Impossible."""
        raise Impossible("В Яндекс Мессенджере нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """Forbid bots to write (or allow it): the vendor tells the bot only when it writes. Raises NoSuchPhone."""
        self._phone(address).blocked = blocked
        self._world.changed(self.contact_kind, address)

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

    def _phone(self, address: str) -> Phone:
        if address not in self._state.phones:
            raise NoSuchPhone(address)
        return self._state.phones[address]

    def _actor(self, address: str) -> Phone:
        """Who holds this phone."""
        phone = self._phone(address)
        if phone.blocked:
            raise Impossible("Сюда сейчас не написать: бот запрещён или удалён из чата")
        if "/" not in address:
            return phone
        people = [one for one in self._state.phones.values() if "/" not in one.address and not one.blocked]
        if not people:
            raise Impossible("В чате никого нет: сначала заведите сотрудника")
        return people[0]

    def _talks_to(self, address: str) -> Bot:
        """The bot that wrote here last, else the newest one."""
        for letter in reversed(self._state.letters):
            if letter.address == address:
                return self._state.bots[letter.bot]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN)

    def _tell(self, bot: Bot, letter: Letter, actor: Phone, content: Mapping[str, Any]) -> None:
        address = letter.address
        update = {
            "update_id": bot.next_update, "message_id": letter.number, "timestamp": int(self._world.now().timestamp()),
            "chat": {"type": "group", "id": address} if "/" in address else {"type": "private"},
            "from": {
                "id": f"5f0c0000-{len(actor.address):04d}-4000-8000-000000000000", "login": actor.address,
                "display_name": actor.name, "robot": False,
            },
            **content,
        }  # fmt: skip
        bot.next_update += 1
        if not bot.hook_url:
            bot.waiting.append(update)
            return
        body = json.dumps({"ok": True, "updates": [update]}).encode()
        self._post.put(f"{bot.login}:{address}", Parcel(Hook(bot.hook_url, {}, body), self._world.now() + DAY))


def _described(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A file as an update shows it: pictures in several sizes, of which the last has the name."""
    if not str(kept["mime"]).startswith("image/"):
        return {"file": {name: kept[name] for name in ("id", "name", "size")}}
    small = {"file_id": f"{kept['id']}?size=small", "width": 150, "height": 100}
    whole = {"file_id": kept["id"], "width": 1048, "height": 700, "size": kept["size"], "name": kept["name"]}
    return {"images": [[small, whole]]}


async def _given(request: web.Request) -> dict[str, Any]:
    """Parameters from the query, a form or a JSON body."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type.startswith("multipart/"):
        return given | dict(await request.post())
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise Refused(400, "JSON parse error") from None
    return given | body if isinstance(body, dict) else given
