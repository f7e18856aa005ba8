"""A fake Compass under `/compass/`: one space with its bots, its people and its groups.

Errors come with HTTP 200, as the server's do. Everybody is in every group; what is typed on a group's phone is typed by
the first person. A block: the person has left the space (a group: the bot was put out). A command is tried again only
when no answer came; after a minute it is dropped. A guest cannot write first.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.web import FileField

from priyom.channels.compass.emulator_state import DEMO_TOKEN, TEXT, Bot, Letter, State, tidied, weight
from priyom.channels.compass.send import ADDRESS
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File

ROOT = "/compass/userbot"
HANG_SECONDS = 120.0
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NEW_CHATS, WRONG_TOKENS, COMMANDS = 10, 50, 100
SENDS = ("user/send", "group/send", "thread/send")
COMMAND = re.compile(r"/[\w./\-$+,:;=?@#\[\] ]{1,79}")


def make(world: World) -> Emulator:
    """A fresh fake Compass."""
    return Emulator(world)


class Refused(Exception):
    """An answer with `status: error`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.body = {"status": "error", "response": {"error_code": code, "message": message}}


class Emulator:
    """See the module."""

    channel = "compass"
    contact_kind = "compass"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self._world = world
        self._post = HookPost(world, lambda status: status != 0)
        self._state = State()
        self._stopping = asyncio.Event()

    # -- the server's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The API, and the node that takes files."""
        return [
            web.post(ROOT + "/api/v3/{method:.+}", self._take),
            web.post("/compass/api/userbot/files/upload", self._upload),
        ]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopping.clear()

    async def stop(self) -> None:
        """Let go of those who wait on a hanging server."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's bot."""
        self._bot(DEMO_TOKEN)
        return {"token": DEMO_TOKEN, "base_url": f"{base_url.rstrip('/')}{ROOT}/api/v3"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the address had been entered in the bot's card; a bot not seen before is made."""
        self._bot(account_settings["token"]).hook_url = hook_url

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(status=503, content_type="text/html", text="<html>503 Service Unavailable</html>")
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        method = request.match_info["method"].lower()
        try:
            bot = self._known(request.headers.get("Authorization", ""))
            if self.mode is Mode.THROTTLE:
                raise Refused(5, "error limit reached")
            response = self._call(bot, method, await _given(request), f"{request.scheme}://{request.host}")
        except Refused as refused:
            return web.json_response(refused.body)
        if self.mode is Mode.HANG and method in SENDS:
            await self._hang()
        return web.json_response({"status": "ok", "response": response})

    def _known(self, header: str) -> Bot:
        """The bot of this token. Fifty wrong ones within an hour lock everybody of this address out."""
        since = self._world.now() - HOUR
        self._state.wrong = [at for at in self._state.wrong if datetime.fromisoformat(at) > since]
        if len(self._state.wrong) >= WRONG_TOKENS:
            raise Refused(5, "error limit reached")
        if header[:7].lower() not in ("bearer=", "bearer "):
            raise Refused(1, "header Authorization is not correct")
        bot = self._state.bots.get(header[7:])
        if bot is None:
            self._state.wrong.append(self._world.now().isoformat())
            raise Refused(2, "token is not found")
        return bot

    def _call(self, bot: Bot, method: str, given: Mapping[str, Any], base: str) -> dict[str, Any]:
        match method:
            case "user/send":
                return self._send(bot, f"user:{given.get('user_id')}", given)
            case "group/send":
                return self._send(bot, f"chat:{given.get('group_id')}", given)
            case "thread/send":
                self._letter(given).comments.append(self._text(given))
                return {"message_id": self._state.key("comment")}
            case "message/addreaction":
                self._letter(given).reactions.append(str(given.get("reaction")))
                return {}
            case "user/getlist":
                return {"user_list": self._users(given)}
            case "group/getlist":
                groups = [phone for phone in self._state.phones.values() if phone.address.startswith("chat:")]
                return {
                    "group_list": [{"group_id": g.address[5:], "name": g.name, "avatar_file_url": ""} for g in groups]
                }
            case "command/update":
                return self._update_commands(bot, given)
            case "command/getlist":
                return {"command_list": bot.commands}
            case "webhook/getversion":
                return {"version": bot.version}
            case "webhook/setversion":
                if given.get("version") not in (1, 2, 3, 4):
                    raise Refused(1011, "incorrect webhook version")
                bot.version = given["version"]
                return {}
            case "file/geturl":
                self._state.tokens.append(self._state.key("file")[:40])
                return {"node_url": f"{base}/compass/api/userbot/files/upload", "file_token": self._state.tokens[-1]}
        raise Refused(9, "method is not found")

    def _send(self, bot: Bot, address: str, given: Mapping[str, Any]) -> dict[str, Any]:
        personal, phone = address.startswith("user:"), self._state.phones.get(address)
        if phone is None:
            raise Refused(1001 if personal else 1004, "user is not found" if personal else "group is not found")
        if phone.blocked:
            raise Refused(1002 if personal else 1003, "user is kicked for company" if personal else "bot is not member")
        text, files = "", []
        if given.get("type") == "file":
            if given.get("file_id") not in self._state.files:
                raise Refused(1000, "incorrect file_id")
            files.append(self._state.files[given["file_id"]])
        else:
            text = self._text(given)
        if personal:
            self._open(bot, address)
        now = self._world.now().isoformat()
        letter = Letter(self._state.key("message"), address, bot.token, True, now, text, "Клиника", files)
        letter.lost = self.mode is Mode.LOSE
        self._state.letters[letter.key] = letter
        if not letter.lost:
            self._world.changed(self.contact_kind, address)
        return {"message_id": letter.key}

    def _open(self, bot: Bot, address: str) -> None:
        """At most ten personal chats are opened a minute; the next is told as an internal error."""
        if address in bot.opened:
            return
        since = self._world.now() - MINUTE
        if sum(datetime.fromisoformat(at) > since for at in bot.opened.values()) >= NEW_CHATS:
            raise Refused(6, "internal error")
        bot.opened[address] = self._world.now().isoformat()

    def _text(self, given: Mapping[str, Any]) -> str:
        if given.get("type") != "text" or not isinstance(given.get("text"), str):
            raise Refused(8, "invalid parameters")
        text = tidied(given["text"])
        if not text or weight(text) > TEXT:
            raise Refused(1000, "incorrect text")
        return text

    def _letter(self, given: Mapping[str, Any]) -> Letter:
        if given.get("message_id") not in self._state.letters:
            raise Refused(1007, "message is not found")
        return self._state.letters[given["message_id"]]

    def _users(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        count, offset = int(given.get("count", 100)), int(given.get("offset", 0))
        if not 0 < count <= 300:
            raise Refused(1000, "incorrect count")
        people = [one for one in self._state.phones.values() if one.address.startswith("user:") and not one.blocked]
        listed = [{"user_id": int(one.address[5:]), "user_name": one.name, "avatar_file_url": ""} for one in people]
        return listed[offset : offset + count]

    def _update_commands(self, bot: Bot, given: Mapping[str, Any]) -> dict[str, Any]:
        commands = [str(command) for command in given.get("command_list") or ()]
        if len(commands) > COMMANDS:
            raise Refused(1008, "command list limit exceeded")
        if not all(COMMAND.fullmatch(command) for command in commands):
            raise Refused(1009, "incorrect command")
        if len(set(commands)) < len(commands):
            raise Refused(1000, "doubled command")
        bot.commands = commands
        return {}

    async def _upload(self, request: web.Request) -> web.Response:
        """One token, one file; no bot's token is wanted here."""
        form = await request.post()
        file, token = form.get("file"), form.get("token")
        if not isinstance(file, FileField) or token not in self._state.tokens:
            return web.json_response(Refused(1010, "file upload failed").body)
        self._state.tokens.remove(str(token))
        number = self._state.key("file")
        self._state.files[number] = file.filename
        return web.json_response({"status": "ok", "response": {"file_id": number}})

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    def _bot(self, token: str) -> Bot:
        return self._state.bots.setdefault(token, Bot(token))

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a person (`user:160001`) or a group (`chat:<key>`). Raises Impossible for anything else."""
        if not ADDRESS.fullmatch(address):
            raise Impossible("Адрес в Compass - user:номер человека или chat:ключ группы")
        phone = self._state.phones.setdefault(address, Phone(address, name, True))
        phone.name, phone.started = name, started
        self._world.changed(self.contact_kind, address)
        return phone

    def phones(self) -> list[Phone]:
        """All people and groups."""
        return list(self._state.phones.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat, oldest first. Raises NoSuchPhone."""
        self._phone(address)
        found = [letter for letter in self._state.letters.values() if letter.address == address and not letter.lost]
        return [letter.shown() for letter in found]

    async def press(self, address: str, message: str, button: str) -> None:
        """Raises Impossible: there are no buttons."""
        raise Impossible("В Compass у ботов нет кнопок: откройте ссылку или наберите команду")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text. The bot is sent only what begins with «/», and never a file. Raises NoSuchPhone, Impossible."""
        if files:
            raise Impossible("Файлы людей в Compass до ботов не доходят")
        actor, bot = self._actor(address), self._talks_to(address)
        if actor.extra.get("guest") and address not in bot.opened:
            raise Impossible("Гость не может написать боту первым")
        now, key = self._world.now(), self._state.key("message")
        self._state.letters[key] = Letter(key, address, bot.token, False, now.isoformat(), text, actor.name)
        self._world.changed(self.contact_kind, address)
        if not text.startswith("/") or not bot.hook_url:
            return
        group = address[5:] if address.startswith("chat:") else ""
        command = {"group_id": group, "message_id": key, "text": text, "type": "group" if group else "single"}
        body = json.dumps({**command, "user_id": int(actor.address[5:])}, ensure_ascii=False).encode()
        scheme = "Bearer " if bot.version == 4 else "bearer="
        headers = {"authorization": scheme + bot.token}
        if bot.version == 3:
            headers["signature"] = "signature=made-up"  # still sent by the server, and of no use
        self._post.put(address, Parcel(Hook(bot.hook_url, headers, body), now + MINUTE))

    async def start_chat(self, address: str, payload: str) -> None:
        """Raises Impossible: there is no Start."""
        raise Impossible("В Compass у ботов нет кнопки «Старт»")

    async def share_phone(self, address: str, phone: str) -> None:
        """Raises Impossible."""
        raise Impossible("В Compass нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """The person leaves the space (the bot is put out of a group), or comes back; bots are not told."""
        self._phone(address).blocked = blocked
        self._world.changed(self.contact_kind, address)

    def deliver_pending(self) -> None:
        """Try again every command nobody took."""
        self._post.again()

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {"state": self._state.dump(), "post": self._post.dump()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._state = State.load(state["state"])
        self._post.load(state["post"])

    def _phone(self, address: str) -> Phone:
        if address not in self._state.phones:
            raise NoSuchPhone(address)
        return self._state.phones[address]

    def _actor(self, address: str) -> Phone:
        """Who holds this phone."""
        phone = self._phone(address)
        if phone.blocked:
            raise Impossible("Сюда сейчас не написать: человек ушёл или бота нет в группе")
        if address.startswith("user:"):
            return phone
        people = [one for one in self._state.phones.values() if one.address.startswith("user:") and not one.blocked]
        if not people:
            raise Impossible("В группе никого нет: сначала заведите человека")
        return people[0]

    def _talks_to(self, address: str) -> Bot:
        """The bot that wrote here last, else the newest one."""
        for letter in reversed(self._state.letters.values()):
            if letter.address == address:
                return self._state.bots[letter.bot]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN)


async def _given(request: web.Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.read() or b"{}")
    except ValueError:
        raise Refused(8, "invalid parameters") from None
    return given if isinstance(given, dict) else {}
