"""A fake Telegram: the Bot API under `/telegram/` for the bots, and phones for the people who talk to them.

One person talks to the bot that wrote last (the newest one before that).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from priyom.channels.telegram.emulator_api import Api
from priyom.channels.telegram.emulator_checks import Refused, too_fast
from priyom.channels.telegram.emulator_files import Files, kind_by_type, read_form
from priyom.channels.telegram.emulator_state import (
    DEMO_TOKEN,
    TOKEN,
    Bot,
    Note,
    Press,
    State,
    Talk,
    chat,
    next_id,
    number,
    user,
)
from priyom.channels.telegram.emulator_updates import Updates
from priyom.contracts.emulator import Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.message import File

HANG_SECONDS = 120.0
THROTTLE_SECONDS = 2


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
        self._state = State(world)
        self._state.book.loses = lambda: self.mode is Mode.LOSE
        self._updates = Updates(self._state, world)
        self._api = Api(self._state, world, self._updates)
        self._files = Files(self._state)
        self._stopping = asyncio.Event()

    @property
    def loopback(self) -> bool:
        """Whether webhooks may be set on this machine, over plain HTTP."""
        return self._updates.loopback

    @loopback.setter
    def loopback(self, allowed: bool) -> None:
        self._updates.loopback = allowed

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
        """Let go of those who wait on a hanging gateway, or for news."""
        self._stopping.set()
        self._updates.release()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's bot."""
        self._bot(DEMO_TOKEN)
        return {"token": DEMO_TOKEN, "base_url": f"{base_url}/telegram"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if this bot had called setWebhook; a bot not seen before is made."""
        bot = self._bot(account_settings["token"])
        if account_settings.get("updates") != "polling":
            self._updates.attach(bot, hook_url, hook_secret)

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(
                status=502, content_type="text/html", text="<html><title>502 Bad Gateway</title></html>"
            )
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        try:
            if self.mode is Mode.THROTTLE:
                raise too_fast(THROTTLE_SECONDS)
            bot = self._known(request.match_info["token"])
            result = await self._api.call(bot, request.match_info["method"], await _given(request))
        except Refused as refused:
            return _refusal(refused)
        if self.mode is Mode.HANG:
            await self._hang()
        return web.json_response({"ok": True, "result": result})

    async def _give_file(self, request: web.Request) -> web.Response:
        try:
            self._known(request.match_info["token"])
        except Refused as refused:
            return _refusal(refused)
        file = self._files.at(request.match_info["path"])
        if file is None:
            return _refusal(Refused(404, "Not Found"))
        return web.Response(body=file.content, content_type="application/octet-stream")

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
            order = len(self._state.bots) + 1
            username = "clinic_demo_bot" if token == DEMO_TOKEN else f"clinic_{order}_bot"
            found = self._state.bots[token] = Bot(token, username)
        return found

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone; addresses are Telegram's user numbers. Raises Impossible for anything else."""
        return self._state.book.put(address, name, started)

    def phones(self) -> list[Phone]:
        """All phones."""
        return self._state.book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat, oldest first. Raises NoSuchPhone."""
        return self._state.book.messages(address)

    def answers(self, address: str) -> list[str]:
        """The notes the bot has answered presses with, oldest first ('' for a bare one)."""
        return [p.answer for p in self._state.presses.values() if str(p.chat) == address and p.answer is not None]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press an inline button `row.col`. Raises NoSuchPhone, Impossible."""
        talk = self._state.book.talking(address)
        note = talk.letter(message)
        if note is None or button not in dict(note.buttons()):
            raise Impossible("Такой кнопки под этим сообщением нет")
        row, _, col = button.partition(".")
        bot = self._bot(note.bot)
        key = str(2147483648000000000 + self._state.next())
        self._state.presses[key] = Press(number(talk), self._world.now().timestamp())
        query = {
            "id": key,
            "from": user(talk),
            "message": self._api.picture(bot, talk, note),
            "chat_instance": str(-4400000000000000000 - number(talk)),
            "data": note.inline[int(row)][int(col)]["callback_data"],
        }
        self._updates.tell(bot, number(talk), "callback_query", query)

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text, or send files with it: one message each, the words under the first. Raises NoSuchPhone,
        Impossible."""
        talk = self._state.book.talking(address)
        if not files:
            self._wrote(talk, text, {"text": text})
        album = {"media_group_id": str(13_000_000_000_000_000 + self._state.next())} if len(files) > 1 else {}
        for index, file in enumerate(files):
            content = {**self._files.store(kind_by_type(file.mime), file), **album}
            words = text if index == 0 else ""
            self._wrote(talk, words, {**content, **({"caption": words} if words else {})}, file.name)

    async def start_chat(self, address: str, payload: str) -> None:
        """Press Start; a blocked bot is let in again first, as the app does. Raises NoSuchPhone, Impossible."""
        talk = self._state.book.chat(address)
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload):
            raise Impossible("В ссылке бывают только A-Z a-z 0-9 _ - и не больше 64 знаков")
        if talk.phone.blocked:
            await self.block(address, False)
        talk.phone.started = True
        text = f"/start {payload}".rstrip()
        entities = [{"type": "bot_command", "offset": 0, "length": 6}]
        self._wrote(talk, text, {"text": text, "entities": entities})

    async def share_phone(self, address: str, phone: str) -> None:
        """Share one's own card. Telegram writes the number without «+» and fills in the sender's id."""
        talk = self._state.book.talking(address)
        digits = "".join(c for c in phone if c.isdecimal())
        contact = {"phone_number": digits, "first_name": talk.phone.name, "user_id": number(talk)}
        talk.phone.extra["contact_button"] = ""
        self._wrote(talk, f"+{digits}", {"contact": contact})

    async def block(self, address: str, blocked: bool) -> None:
        """Block the bot, or let it in again. Raises NoSuchPhone."""
        talk = self._state.book.chat(address)
        if talk.phone.blocked == blocked:
            return
        talk.phone.blocked = blocked
        self._state.book.touch(address)
        if not talk.phone.started:
            return
        bot = self._talks_to(talk)
        was, now = ("member", "kicked") if blocked else ("kicked", "member")
        change = {
            "chat": chat(talk),
            "from": user(talk),
            "date": int(self._world.now().timestamp()),
            "old_chat_member": _member(bot, was),
            "new_chat_member": _member(bot, now),
        }
        self._updates.tell(bot, number(talk), "my_chat_member", change)

    def deliver_pending(self) -> None:
        """Try again every webhook nobody took."""
        self._updates.post.again()

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {**self._state.dump(), "post": self._updates.post.dump()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._state.load(state)
        self._updates.post.load(state["post"])

    def _talks_to(self, talk: Talk) -> Bot:
        last = str(talk.phone.extra.get("bot", ""))
        if last in self._state.bots:
            return self._state.bots[last]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN)

    def _wrote(self, talk: Talk, text: str, content: dict[str, Any], file: str = "") -> None:
        bot, at = self._talks_to(talk), self._world.now().timestamp()
        kept = {name: value for name, value in content.items() if name not in ("text", "caption")}
        note = Note(next_id(talk), at, "out", text, files=[file] if file else [], bot=bot.token, content=kept)
        self._state.book.add(talk.phone.address, note)
        head = {"message_id": int(note.id), "from": user(talk), "chat": chat(talk), "date": int(at)}
        self._updates.tell(bot, number(talk), "message", {**head, **content})


def _member(bot: Bot, status: str) -> dict[str, Any]:
    until = {"until_date": 0} if status == "kicked" else {}
    return {"user": bot.user(), "status": status, **until}


async def _given(request: web.Request) -> dict[str, Any]:
    """Parameters from the query, a form or a JSON body. Raises Refused."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise Refused(400, "Bad Request: can't parse request body JSON object") from None
        return given | body if isinstance(body, dict) else given
    if request.content_type == "multipart/form-data":
        return given | await read_form(request)
    return given | dict(await request.post())


def _refusal(refused: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refused.status, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    answer = web.json_response(body, status=refused.status)
    if "retry_after" in refused.parameters:
        answer.headers["Retry-After"] = str(refused.parameters["retry_after"])
    return answer
