"""A fake corporate server of eXpress under `/express/`: its bots, its people and its group chats.

Everybody is in every group chat; what is done on a group's phone is done by the first person. Messages are received at
once and read when the person answers or presses (or by `read`). A block closes the person's account; a group chat
throws the bot out. Calls to a bot are made once: the vendor documents no repeats.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from priyom.channels.express import tokens
from priyom.channels.express.emulator_api import UUID_TEXT, Api, Refused
from priyom.channels.express.emulator_state import DEMO_BOT, DEMO_SECRET, Bot, Letter, State
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.errors import Forged
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File

ROOT = "/express"
HANG_SECONDS = 120.0
DIRECT = "v4/botx/notifications/direct"
ADDRESS = re.compile(rf"(user|chat):{UUID_TEXT.pattern}")


def make(world: World) -> Emulator:
    """A fresh fake server."""
    return Emulator(world)


class Emulator:
    """See the module."""

    channel = "express"
    contact_kind = "express"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self.answers_later = True
        """Whether `direct` is followed by a callback, as it should be."""
        self._host = "127.0.0.1"
        self._world = world
        self._post = HookPost(world, lambda status: True)
        self._api = Api(State(), world)
        self._api.loses = lambda: self.mode is Mode.LOSE
        self._stopping = asyncio.Event()

    @property
    def _state(self) -> State:
        return self._api.state

    @property
    def delivers(self) -> bool:
        """Whether phones are on: messages are received at once."""
        return self._api.delivers

    @delivers.setter
    def delivers(self, on: bool) -> None:
        self._api.delivers = on

    @property
    def typed(self) -> list[str]:
        """Where «is typing» was shown, oldest first."""
        return self._api.typed

    # -- the server's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The BotX API."""
        return [web.route("*", ROOT + "/api/{path:.+}", self._take)]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopping.clear()

    async def stop(self) -> None:
        """Let go of those who wait on a hanging server."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's bot."""
        self._bot(DEMO_BOT, DEMO_SECRET)
        return {"base_url": base_url.rstrip("/") + ROOT, "bot_id": DEMO_BOT, "secret_key": DEMO_SECRET}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the address had been entered in the server's panel; a bot not seen before is made."""
        bot = self._bot(account_settings["bot_id"], account_settings["secret_key"])
        bot.hook_url = hook_url
        self._host = re.sub(r"^\w+://|[:/].*$", "", account_settings["base_url"]) or self._host

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(status=503, content_type="text/html", text="<html>503 Service Unavailable</html>")
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        path = request.match_info["path"]
        try:
            if given := re.fullmatch(r"v2/botx/bots/([0-9a-f-]+)/token", path):
                return _ok(self._given_token(given[1], request.query.get("signature", "")))
            bot = self._known(request)
            if self.mode is Mode.THROTTLE:
                raise Refused(429, "too_many_requests")
            if request.method == "GET":
                return _ok(self._api.read(bot, path, request.query))
            body = await _json(request)
            if path in (DIRECT, DIRECT + "/sync"):
                return await self._direct(bot, body, at_once=path.endswith("/sync"))
            return _ok(self._api.write(bot, path, body))
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)

    async def _direct(self, bot: Bot, body: Any, *, at_once: bool) -> web.Response:
        letter, refused = self._api.accept(bot, body), None
        try:
            self._api.stand(bot, letter)
        except Refused as error:
            refused = error
        if self.mode is Mode.HANG:
            await self._hang()
        if at_once:
            return web.json_response(refused.body) if refused else _ok({"sync_id": letter.sync_id})
        if self.answers_later and self.mode is not Mode.LOSE:
            outcome = {"status": "ok", "result": {}} if refused is None else refused.body
            self._call(bot, "notification/callback", letter.chat_id, {"sync_id": letter.sync_id, **outcome})
        return _ok({"sync_id": letter.sync_id}, 202)

    def _given_token(self, number: str, signature: str) -> str:
        bot = self._state.bots.get(number)
        if bot is None or signature != tokens.signature(bot.id, bot.secret):
            raise Refused(401, "invalid_bot_account")
        bot.tokens.append(f"{self._state.uuid()}.v1")
        return bot.tokens[-1]

    def _known(self, request: web.Request) -> Bot:
        """The bot of this call: by a token it was given, or by one it signed itself."""
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        for bot in self._state.bots.values():
            if shown in bot.tokens:
                return bot
            try:
                claims = tokens.opened(shown, bot.secret, self._world.now())
            except Forged:
                continue
            fresh = claims.get("exp", 0) - claims.get("iat", 0) <= tokens.LIFE and claims.get("jti")
            if fresh and (claims.get("iss"), claims.get("aud")) == (bot.id, request.host.partition(":")[0]):
                return bot
        raise Refused(401, "unauthorized")

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    def _bot(self, number: str, secret: str) -> Bot:
        return self._state.bots.setdefault(number, Bot(number, secret))

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a person (`user:<huid>`) or a group chat (`chat:<id>`). Raises Impossible otherwise."""
        if not ADDRESS.fullmatch(address):
            raise Impossible("Адрес в eXpress - user:huid человека или chat:id беседы")
        phone = self._state.phones.setdefault(address, Phone(address, name, True))
        phone.name, phone.started = name, started
        self._world.changed(self.contact_kind, address)
        return phone

    def phones(self) -> list[Phone]:
        """All people and group chats."""
        return list(self._state.phones.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat, oldest first. Raises NoSuchPhone."""
        self._phone(address)
        found = [one for one in self._state.letters.values() if one.address == address and not one.lost]
        return [letter.shown(letter.author in self._state.bots, self._name(letter.author)) for letter in found]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a bubble `row.col`. Raises NoSuchPhone, Impossible."""
        huid, letter = self._actor(address), self._state.letters.get(message)
        if letter is None or letter.address != address or button not in dict(letter.shown(True, "").buttons):
            raise Impossible("Такой кнопки под этим сообщением нет")
        self.read(address)
        row, _, col = button.partition(".")
        pressed = letter.bubble[int(row)][int(col)]
        command = {"body": pressed["command"], "command_type": "user", "data": pressed.get("data") or {}}
        command["metadata"] = letter.metadata
        self._command(self._state.bots[letter.bot], letter.chat_id, huid, command, source_sync_id=message)

    async def say(self, address: str, text: str, files: Sequence[File] = (), reply_to: str = "") -> None:
        """Write to the bot, or into the group chat (perhaps as an answer); each file is a message, the first with the
        words. Raises NoSuchPhone, Impossible."""
        huid, bot = self._actor(address), self._talks_to(address)
        self.read(address)
        chat = self._chat(bot, address)
        quoted = {"type": "reply", "data": {"source_sync_id": reply_to}}
        for index in range(max(1, len(files))):
            sync_id, words = self._state.uuid(), text if index == 0 else ""
            attached = [_attached(file) for file in files[index : index + 1]]
            names = [file.name for file in files[index : index + 1]]
            letter = Letter(sync_id, chat, address, huid, bot.id, self._world.now().isoformat(), words, files=names)
            self._state.letters[sync_id] = letter
            command = {"body": words, "command_type": "user", "data": {}, "metadata": {}}
            entities = [quoted] if reply_to else []
            self._command(bot, chat, huid, command, sync_id=sync_id, attachments=attached, entities=entities)
        self._world.changed(self.contact_kind, address)

    async def start_chat(self, address: str, payload: str) -> None:
        """Open the dialog with the bot from the contacts. Raises NoSuchPhone, Impossible."""
        if payload:
            raise Impossible("В eXpress нет ссылок на бота с меткой")
        huid, bot = self._actor(address), self._talks_to(address)
        chat, name = self._chat(bot, address), self._phone(address).name
        members = [
            {"admin": False, "huid": bot.id, "name": "Клиника", "user_kind": "botx"},
            {"admin": True, "huid": huid, "name": name, "user_kind": "cts_user"},
        ]
        data = {"group_chat_id": chat, "chat_type": "chat", "name": name, "creator": huid, "members": members}
        self._event(bot, chat, "system:chat_created", data, "chat")

    async def share_phone(self, address: str, phone: str) -> None:
        """Raises Impossible."""
        raise Impossible("В eXpress нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """Close a person's account with its chats (a group chat: throw the bot out), or undo it. Raises NoSuchPhone."""
        phone = self._phone(address)
        if phone.blocked == blocked:
            return
        phone.blocked = blocked
        self._world.changed(self.contact_kind, address)
        kind, _, number = address.partition(":")
        for bot in self._state.bots.values():
            if kind == "chat":
                word, field = ("deleted_from", "deleted_members") if blocked else ("added_to", "added_members")
                self._event(bot, number, f"system:{word}_chat", {field: [bot.id]}, "group_chat")
            elif blocked and (chat := self._state.chats.pop(f"{bot.id}:{number}", None)):
                data = {"group_chat_id": chat, "user_huid": number}
                self._event(bot, chat, "system:chat_deleted_by_user", data, None)

    def read(self, address: str) -> None:
        """The person of this phone looks at the chat. Raises NoSuchPhone, Impossible."""
        huid, now = self._actor(address), self._world.now().isoformat()
        for letter in self._state.letters.values():
            if letter.address == address and not letter.lost and huid in letter.recipients:
                letter.received.setdefault(huid, now)
                letter.read.setdefault(huid, now)

    def deliver_pending(self) -> None:
        """Nothing waits: calls are made once."""
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

    def _name(self, number: str) -> str:
        phone = self._state.phones.get(f"user:{number}")
        return phone.name if phone else "Клиника"

    def _actor(self, address: str) -> str:
        """Who holds this phone."""
        if self._phone(address).blocked:
            raise Impossible("Сюда сейчас не написать: учётная запись закрыта или бота нет в беседе")
        if address.startswith("user:"):
            return address.removeprefix("user:")
        people = self._state.people()
        if not people:
            raise Impossible("В беседе никого нет: сначала заведите человека")
        return people[0]

    def _talks_to(self, address: str) -> Bot:
        """The bot that wrote here last, else the newest one."""
        for letter in reversed(self._state.letters.values()):
            if letter.address == address:
                return self._state.bots[letter.bot]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_BOT, DEMO_SECRET)

    def _chat(self, bot: Bot, address: str) -> str:
        kind, _, number = address.partition(":")
        return number if kind == "chat" else self._state.chats.setdefault(f"{bot.id}:{number}", self._state.uuid())

    def _command(self, bot: Bot, chat: str, huid: str, command: Mapping[str, Any], **more: Any) -> None:
        group = f"chat:{chat}" in self._state.phones
        sender = {
            **_nobody(chat, "group_chat" if group else "chat", self._host), "user_huid": huid, "user_udid": None,
            "username": self._name(huid), "ad_login": "login", "ad_domain": "clinic", "is_admin": True,
            "is_creator": True, "platform": "web",
        }  # fmt: skip
        body = {"sync_id": self._state.uuid(), "source_sync_id": None, "attachments": [], "entities": [], **more}
        self._call(bot, "command", chat, {**_envelope(bot), "command": command, "from": sender, **body})

    def _event(self, bot: Bot, chat: str, kind: str, data: Mapping[str, Any], chat_type: str | None) -> None:
        command = {"body": kind, "command_type": "system", "data": data, "metadata": {}}
        number: dict[str, Any] = {"sync_id": self._state.uuid(), "source_sync_id": None}
        body = {**number, "attachments": [], "entities": []}
        whole = {**_envelope(bot), "command": command, "from": _nobody(chat, chat_type, self._host), **body}
        self._call(bot, "command", chat, whole)

    def _call(self, bot: Bot, path: str, chat: str, body: Mapping[str, Any]) -> None:
        """POST below the bot's address, with a fresh token."""
        if not bot.hook_url:
            return
        issued = int(self._world.now().timestamp())
        claims: dict[str, Any] = {"iat": issued, "nbf": issued, "exp": issued + tokens.LIFE, "jti": self._state.uuid()}
        claims |= (
            {"aud": [bot.id], "iss": self._host} if bot.second else {"iss": bot.id, "aud": self._host, "version": 2}
        )
        headers = {"authorization": f"Bearer {tokens.signed(claims, bot.secret)}"}
        content = json.dumps(body, ensure_ascii=False).encode()
        self._post.put(f"{bot.id}:{chat}", Parcel(Hook(f"{bot.hook_url}/{path}", headers, content)))


def _envelope(bot: Bot) -> dict[str, Any]:
    return {"bot_id": bot.id, "proto_version": 4, "async_files": []}


def _nobody(chat: str, chat_type: str | None, host: str) -> dict[str, Any]:
    """The sender of a system event: most of it is null."""
    nulls = (
        "user_huid", "ad_login", "ad_domain", "username", "manufacturer", "device", "device_software", "platform",
        "platform_package_id", "is_admin", "is_creator", "app_version",
    )  # fmt: skip
    meta = {"permissions": None, "pushes": None, "timezone": None}
    told = {"group_chat_id": chat, "chat_type": chat_type, "host": host, "locale": "ru", "device_meta": meta}
    return dict.fromkeys(nulls) | told


def _attached(file: File) -> dict[str, Any]:
    kind = "image" if file.mime.startswith("image/") else "document"
    content = f"data:{file.mime};base64,{base64.b64encode(file.content).decode()}"
    return {"type": kind, "data": {"content": content, "file_name": file.name}}


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError:
        raise Refused(400, "malformed_request") from None


def _ok(result: Any, status: int = 200) -> web.Response:
    return web.json_response({"status": "ok", "result": result}, status=status)
