"""A fake MAX: the Bot API under `/max_messenger/` for the bots, and phones for the people who talk to them.

A phone's address is its `user_id`; the dialog has another number. One person talks to the bot that wrote last (the
newest one before that).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from priyom.channels.max_messenger.emulator_api import Api, too_fast
from priyom.channels.max_messenger.emulator_checks import Refused
from priyom.channels.max_messenger.emulator_state import (
    DEMO_TOKEN,
    Bot,
    Press,
    State,
    Talk,
    dialog,
    number,
    user,
)
from priyom.channels.max_messenger.emulator_updates import Updates
from priyom.channels.max_messenger.emulator_uploads import Uploads, kind_by_type
from priyom.channels.max_messenger.receive import sign
from priyom.contracts.emulator import Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.message import File

HANG_SECONDS = 120.0


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
        self._state = State(world)
        self._state.book.loses = lambda: self.mode is Mode.LOSE
        self._updates = Updates(self._state, world)
        self._uploads = Uploads(self._state)
        self._api = Api(self._state, world, self._updates, self._uploads)
        self._stopping = asyncio.Event()

    @property
    def loopback(self) -> bool:
        """Whether webhooks may be registered on this machine, over plain HTTP."""
        return self._updates.loopback

    @loopback.setter
    def loopback(self, allowed: bool) -> None:
        self._updates.loopback = allowed

    # -- the gateway's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The store of files and the Bot API."""
        return [
            web.post("/max_messenger/store/{key}", self._uploads.take),
            web.get("/max_messenger/store/{key}", self._uploads.give),
            web.route("*", "/max_messenger/{path:.+}", self._take),
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
        self._uploads.base_url = base_url
        return {"token": DEMO_TOKEN, "base_url": f"{base_url}/max_messenger"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the webhook had been registered; it takes the place of one attached before."""
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
                raise too_fast()
            bot = self._known(request.headers.get("Authorization", ""))
            path = request.match_info["path"].strip("/")
            result = await self._api.call(bot, request.method, path, request.query, await _given(request))
        except Refused as refused:
            return _refusal(refused)
        if self.mode is Mode.HANG:
            await self._hang()
        return web.json_response(result)

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
        return self._state.book.put(address, name, started)

    def phones(self) -> list[Phone]:
        """All phones."""
        return self._state.book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """The dialog, oldest first. Raises NoSuchPhone."""
        return self._state.book.messages(address)

    def answers(self, address: str) -> list[str]:
        """The notes the bot has answered presses with, oldest first."""
        return [note for press in self._state.presses.values() if str(press.user) == address for note in press.notes]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a callback button `row.col`. Raises NoSuchPhone, Impossible."""
        talk = self._state.book.talking(address)
        note = talk.letter(message)
        if note is None or button not in dict(note.buttons()):
            raise Impossible("Такой кнопки под этим сообщением нет")
        row, _, col = button.partition(".")
        bot, now = self._bot(note.bot), self._api.now()
        self._state.presses.setdefault(note.keyboard_id, Press(number(talk), message))
        press = {
            "timestamp": int(now * 1000),
            "callback_id": note.keyboard_id,
            "payload": note.rows[int(row)][int(col)]["payload"],
            "user": user(talk, now),
        }
        content = {"callback": press, "message": self._api.picture(bot, talk, note)}
        self._updates.tell(bot, number(talk), "message_callback", content)

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text, perhaps with files: pictures and videos in one message with the words, each other file in one of
        its own. Raises NoSuchPhone, Impossible."""
        talk = self._state.book.talking(address)
        stored = [(kind, self._uploads.store(kind, file)) for file in files for kind in (kind_by_type(file.mime),)]
        seen = [item for kind, item in stored if kind in ("image", "video")]
        heaps = ([seen] if seen else []) + [[item] for kind, item in stored if kind in ("file", "audio")]
        for index, heap in enumerate(heaps or [[]]):
            self._wrote(talk, text if index == 0 else "", heap)

    async def start_chat(self, address: str, payload: str) -> None:
        """Press «Начать», perhaps by a link. MAX tells the bot of a link only when the dialog begins or resumes:
        in an open one nothing is sent. Raises NoSuchPhone, Impossible."""
        talk = self._state.book.chat(address)
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", payload):
            raise Impossible("В ссылке бывают только A-Z a-z 0-9 _ - и не больше 128 знаков")
        if talk.phone.started and not talk.phone.blocked:
            raise Impossible("Диалог уже открыт: MAX не сообщает боту о второй ссылке. Напишите /start и код из ссылки")
        talk.phone.started, talk.phone.blocked = True, False
        self._state.book.touch(address)
        self._happened(talk, "bot_started", {"payload": payload} if payload else {})

    async def share_phone(self, address: str, phone: str) -> None:
        """Press the contact button: a card signed for the bot that asked. Raises NoSuchPhone, Impossible."""
        talk = self._state.book.talking(address)
        digits = "".join(c for c in phone if c.isdecimal())
        lines = ("BEGIN:VCARD", "VERSION:3.0", f"TEL;TYPE=cell:{digits}", f"FN:{talk.phone.name}", "END:VCARD", "")
        card = "\r\n".join(lines)
        payload = {
            "vcf_info": card,
            "hash": sign(self._talks_to(talk).token, card),
            "max_info": user(talk, self._api.now()),
        }
        talk.phone.extra["contact_button"] = ""
        self._wrote(talk, "", [{"type": "contact", "payload": payload}], shown=f"+{digits}")

    async def block(self, address: str, blocked: bool) -> None:
        """Stop the bot, or resume it. Raises NoSuchPhone."""
        talk = self._state.book.chat(address)
        if talk.phone.blocked == blocked:
            return
        talk.phone.blocked = blocked
        self._state.book.touch(address)
        if talk.phone.started:
            self._happened(talk, "bot_stopped" if blocked else "bot_started", {})

    async def mute(self, address: str, until: datetime | None) -> None:
        """Mute the dialog until then; None lets it sound again."""
        talk = self._state.book.talking(address)
        talk.phone.extra["muted"] = until is not None
        self._state.book.touch(address)
        if until is None:
            self._happened(talk, "dialog_unmuted", {})
        else:
            self._happened(talk, "dialog_muted", {"muted_until": int(until.timestamp() * 1000)})

    def deliver_pending(self) -> None:
        """Try again every webhook nobody took."""
        self._updates.post.again()

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {**self._state.dump(), "post": self._updates.post.dump(), "base_url": self._uploads.base_url}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._state.load(state)
        self._updates.post.load(state["post"])
        self._uploads.base_url = state["base_url"]

    def _talks_to(self, talk: Talk) -> Bot:
        last = str(talk.phone.extra.get("bot", ""))
        if last in self._state.bots:
            return self._state.bots[last]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN)

    def _happened(self, talk: Talk, kind: str, more: dict[str, Any]) -> None:
        bot = self._talks_to(talk)
        about = {"chat_id": dialog(bot, number(talk)), "user": user(talk, self._api.now())}
        self._updates.tell(bot, number(talk), kind, {**about, **more})

    def _wrote(self, talk: Talk, text: str, attachments: list[dict[str, Any]], shown: str = "") -> None:
        bot = self._talks_to(talk)
        note = self._api.new_note(bot, talk, "out", text)
        note.attachments, note.files = attachments, self._uploads.names(attachments)
        self._state.book.add(talk.phone.address, note)
        self._updates.tell(bot, number(talk), "message_created", {"message": self._api.picture(bot, talk, note)})
        note.text = shown or text


async def _given(request: web.Request) -> Any:
    raw = await request.read()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise Refused(400, "proto.payload", "body: not JSON") from None


def _refusal(refused: Refused) -> web.Response:
    if refused.status == 200:
        return web.json_response({"success": False, "message": refused.message})
    return web.json_response({"code": refused.code, "message": refused.message}, status=refused.status)
