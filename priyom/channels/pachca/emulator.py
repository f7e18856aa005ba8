"""A fake Pachca under `/pachca/`: one workspace with its bots, its people and its group chats.

Everybody is in every group chat; what is done on a group's phone is done by the first person of the workspace. A person
has read a message once they answer or press anything in that chat (or by `read`). A block is a suspension by an
administrator: Pachca has no other.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from aiohttp import web

from priyom.channels.pachca.emulator_api import SCOPES, Api, Refused, sign, throttled
from priyom.channels.pachca.emulator_state import (
    DEMO_SECRET,
    DEMO_TOKEN,
    HISTORY,
    Bot,
    Letter,
    State,
    Stored,
    moment,
    ulid,
)
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File

ROOT = "/pachca/api/shared/v1"
HANG_SECONDS = 120.0
MEMBER_EVENTS = {True: "suspend", False: "activate"}


def make(world: World) -> Emulator:
    """A fresh fake Pachca."""
    return Emulator(world)


class Emulator:
    """See the module."""

    channel = "pachca"
    contact_kind = "pachca"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.slow_seconds = 3.0
        self._world = world
        self._post = HookPost(world, lambda status: 200 <= status < 300)
        self._api = Api(State(), world)
        self._api.loses = lambda: self.mode is Mode.LOSE
        self._stopping = asyncio.Event()

    @property
    def _state(self) -> State:
        return self._api.state

    # -- the vendor's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The API and the storage."""
        return [
            web.post("/pachca/storage", self._api.store),
            web.get("/pachca/storage/{key:.+}", self._give_file),
            web.route("*", ROOT + "/{path:.*}", self._take),
        ]

    async def start(self) -> None:
        """Nothing of its own to open."""
        self._stopping.clear()

    async def stop(self) -> None:
        """Let go of those who wait on a hanging gateway."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The settings of the demo clinic's bot."""
        bot = self._bot(DEMO_TOKEN, DEMO_SECRET)
        return {
            "token": bot.token, "signing_secret": bot.secret, "bot_id": str(bot.id),
            "base_url": f"{base_url.rstrip('/')}{ROOT}",
        }  # fmt: skip

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the address had been entered in the bot's settings; a bot not seen before is made."""
        self._bot(account_settings["token"], account_settings.get("signing_secret", "")).hook_url = hook_url

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode is Mode.DOWN:
            return web.Response(status=503, content_type="text/html", text="<html>503 Service Unavailable</html>")
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        bot = self._state.bots.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if bot is None:
            said = {"error": "invalid_token", "error_description": "Access token is missing"}
            return web.json_response(said, status=401)
        try:
            if self.mode is Mode.THROTTLE:
                raise throttled(2)
            answer = await self._call(bot, request)
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status, headers=refused.headers)
        if self.mode is Mode.HANG:
            await self._hang()
        return answer

    async def _call(self, bot: Bot, request: web.Request) -> web.Response:
        base, path = f"{request.scheme}://{request.host}", request.match_info["path"]
        message = re.fullmatch(r"messages/(\d+)(/read_member_ids)?", path)
        match request.method, path:
            case "POST", "messages":
                return _data(self._api.create(bot, await _json(request), base), 201)
            case "GET", "messages":
                return _page(self._api.listed(request.query.get("chat_id", ""), base))
            case "PUT", _ if message and not message[2]:
                return _data(self._api.update(bot, message[1], await _json(request), base))
            case "DELETE", _ if message and not message[2]:
                letter = self._api.letter(message[1])
                letter.deleted_at, letter.content = moment(self._world.now()), ""
                return web.Response(status=204)
            case "GET", _ if message:
                letter = self._api.letter(message[1])
                return _page(letter.readers) if message[2] else _data(self._api.picture(letter, base))
            case "POST", "uploads":
                return web.json_response(self._api.upload_form(base), status=201)
            case "GET", "profile":
                return _data(_user(bot))
            case "GET", "oauth/token/info":
                return _data(_token(bot, moment(self._world.now())))
            case "PUT", "bot/webhook":
                return _data(self._connected(bot, await _json(request)))
            case "GET", "webhooks/events":
                return self._events(bot, request.query)
        raise Refused(404, "base", "not_found", "Объект не найден")

    def _connected(self, bot: Bot, body: Any) -> dict[str, Any]:
        url = str((body.get("webhook") or {}).get("outgoing_url", ""))
        if url and not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise Refused(422, "outgoing_url", "invalid_webhook_url", "Некорректный URL вебхука")
        bot.hook_url = url
        return {"id": bot.id, "webhook": {**_webhook(bot), "outgoing_url": url or None}}

    def _events(self, bot: Bot, query: Mapping[str, str]) -> web.Response:
        limit = int(query.get("limit", "50"))
        if not 1 <= limit <= 50:
            raise Refused(422, "limit", "invalid", "Поле не соответствует правилам")
        cursor = query.get("cursor", "")
        older = [event for event in reversed(bot.history) if not cursor or event["id"] < cursor]
        return _page(older[:limit], older[limit - 1]["id"] if len(older) > limit else "")

    async def _give_file(self, request: web.Request) -> web.Response:
        stored = self._state.files.get(request.match_info["key"])
        if stored is None or request.query.get("signature") != sign(request.match_info["key"]):
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        return web.Response(body=base64.b64decode(stored.content), content_type=stored.mime)

    async def _hang(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
        except TimeoutError:
            return

    def _bot(self, token: str, secret: str) -> Bot:
        bots = self._state.bots
        return bots.setdefault(token, Bot(token, secret, 1_738_816 + len(bots)))

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a person (`user:45`) or a group chat (`chat:500`). Raises Impossible for anything else."""
        if not re.fullmatch(r"(user|chat):[1-9]\d{0,9}", address):
            raise Impossible("Адрес в Пачке - user:номер человека или chat:номер беседы")
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
        names = {phone.address: phone.name for phone in self._state.phones.values()}
        letters = [one for one in self._state.letters.values() if one.address == address and not one.deleted_at]
        return [letter.shown(self._state.bots, names) for letter in letters if not letter.lost]

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a data button `row.col`. Raises NoSuchPhone, Impossible."""
        actor, letter = self._actor(address), self._state.letters.get(message)
        names: dict[str, str] = {}
        shown = dict(letter.shown(self._state.bots, names).buttons) if letter and letter.address == address else {}
        if letter is None or button not in shown:
            raise Impossible("Такой кнопки под этим сообщением нет")
        self.read(address)
        row, _, col = button.partition(".")
        payload = {
            "type": "button", "event": "click", "message_id": letter.id,
            "trigger_id": f"6d1b7c1e-0000-4000-8000-{self._state.next():012d}",
            "data": letter.buttons[int(row)][int(col)]["data"], "user_id": actor, "chat_id": letter.chat_id,
        }  # fmt: skip
        self._tell(self._state.bots[letter.bot], str(letter.chat_id), "button_click", payload)

    async def say(self, address: str, text: str, files: Sequence[File] = (), reply_to: str = "") -> None:
        """Write to the bot, or into the group chat (perhaps as an answer). Raises NoSuchPhone, Impossible."""
        actor, bot = self._actor(address), self._talks_to(address)
        self.read(address)
        now, number = moment(self._world.now()), 194_000 + self._state.next()
        stored = [self._keep(file) for file in files]
        parent = int(reply_to) if reply_to else None
        chat = self._state.chat(bot, address)
        letter = Letter(number, chat, address, actor, bot.token, now, text, files=stored, parent=parent, changed_at=now)
        self._state.letters[str(number)] = letter
        self._world.changed(self.contact_kind, address)
        picture = self._api.picture(letter, "")
        kept = ("id", "entity_type", "entity_id", "chat_id", "content", "user_id", "created_at", "changed_at")
        payload = {name: picture[name] for name in (*kept, "parent_message_id", "thread", "url")}
        self._tell(bot, str(chat), "message_new", {"type": "message", "event": "new", **payload})

    async def start_chat(self, address: str, payload: str) -> None:
        """Raises Impossible: there is no Start button, the bot writes first."""
        raise Impossible("В Пачке у ботов нет кнопки «Старт»: бот пишет первым")

    async def share_phone(self, address: str, phone: str) -> None:
        """Raises Impossible."""
        raise Impossible("В Пачке нет кнопки «отправить номер»")

    async def block(self, address: str, blocked: bool) -> None:
        """Suspend a person (the bot is thrown out of a group chat), or undo it. Raises NoSuchPhone."""
        phone = self._phone(address)
        if phone.blocked == blocked:
            return
        phone.blocked = blocked
        self._world.changed(self.contact_kind, address)
        kind, _, number = address.partition(":")
        now = moment(self._world.now())
        for bot in self._state.bots.values():
            if kind == "user":
                event = MEMBER_EVENTS[blocked]
                member = {"type": "company_member", "event": event, "user_ids": [int(number)], "created_at": now}
                self._tell(bot, "", f"company_member_{event}", member)
            else:
                event = "remove" if blocked else "add"
                change = {"type": "chat_member", "event": event, "chat_id": int(number), "thread_id": None}
                self._tell(bot, number, f"chat_member_{event}", {**change, "user_ids": [bot.id], "created_at": now})

    def read(self, address: str) -> None:
        """The person of this phone looks at the chat. Raises NoSuchPhone, Impossible."""
        actor = self._actor(address)
        for letter in self._state.letters.values():
            if letter.address == address and not letter.lost and actor not in letter.readers:
                letter.readers.append(actor)

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

    def _actor(self, address: str) -> int:
        """Who holds this phone."""
        phone = self._phone(address)
        if phone.blocked:
            raise Impossible("Сюда сейчас не написать: человек отключён или бота удалили из беседы")
        if address.startswith("chat:"):
            people = self._state.people()
            if not people:
                raise Impossible("В беседе никого нет: сначала заведите человека")
            phone = people[0]
        return int(phone.address.partition(":")[2])

    def _talks_to(self, address: str) -> Bot:
        """The bot that wrote here last, else the newest one."""
        for letter in reversed(self._state.letters.values()):
            if letter.address == address:
                return self._state.bots[letter.bot]
        return next(reversed(self._state.bots.values()), None) or self._bot(DEMO_TOKEN, DEMO_SECRET)

    def _keep(self, file: File) -> dict[str, Any]:
        key = f"attaches/files/45/{self._state.next():08d}/{file.name}"
        self._state.files[key] = Stored(file.name, base64.b64encode(file.content).decode(), file.mime)
        kind = "image" if file.mime.startswith("image/") else "file"
        return {"key": key, "name": file.name, "file_type": kind, "size": len(file.content)}

    def _tell(self, bot: Bot, chat: str, kind: str, payload: dict[str, Any]) -> None:
        silent = kind == "message_new" and bot.trigger_on == "commands"
        if kind not in bot.events or (silent and not payload["content"].startswith("/")):
            return
        now = self._world.now()
        payload = {**payload, "webhook_timestamp": int(now.timestamp())}
        event = {"id": ulid(now, self._state.next()), "event_type": kind, "payload": payload, "created_at": moment(now)}
        bot.history = [*bot.history, event][-HISTORY:]
        if not bot.hook_url:
            return
        body = json.dumps(payload, ensure_ascii=False).encode()
        signature = hmac.new(bot.secret.encode(), body, sha256).hexdigest()
        self._post.put(f"{bot.id}:{chat}", Parcel(Hook(bot.hook_url, {"pachca-signature": signature}, body)))


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError:
        raise Refused(400, "base", "invalid", "Поле не соответствует правилам") from None


def _data(data: object, status: int = 200) -> web.Response:
    return web.json_response({"data": data}, status=status)


def _page(data: Sequence[object], following: str = "") -> web.Response:
    """A page; its cursors are never null, the end is `has_next: false`."""
    ahead = {"next_page": following or "end", "prev_page": "start", "has_next": bool(following), "has_prev": False}
    return web.json_response({"data": data, "meta": {"paginate": ahead}})


def _user(bot: Bot) -> dict[str, Any]:
    return {
        "id": bot.id, "first_name": "Клиника", "last_name": None, "nickname": bot.nickname, "email": None,
        "phone_number": None, "department": None, "title": None, "role": "user", "suspended": False,
        "invite_status": "confirmed", "list_tags": [], "custom_properties": [], "user_status": None, "bot": True,
        "sso": False, "created_at": "2026-01-01T00:00:00.000Z", "last_activity_at": None, "time_zone": "Europe/Moscow",
        "image_url": None,
    }  # fmt: skip


def _webhook(bot: Bot) -> dict[str, Any]:
    return {
        "name": "Клиника", "nickname": bot.nickname, "events": bot.events, "trigger_on": bot.trigger_on,
        "commands": [], "scopes": SCOPES, "template": None, "template_engine": "liquid", "challenge_key": None,
        "link_preview_enabled": False, "ignore_self_messages": True, "events_history_enabled": True,
        "single_chat": False, "can_edit": [], "who_can_add": "creator_admin",
    }  # fmt: skip


def _token(bot: Bot, now: str) -> dict[str, Any]:
    return {
        "id": bot.id, "token": f"{bot.token[:4]}...{bot.token[-4:]}", "name": None, "user_id": bot.id, "scopes": SCOPES,
        "created_at": "2026-01-01T00:00:00.000Z", "revoked_at": None, "expires_in": None, "last_used_at": now,
    }  # fmt: skip
