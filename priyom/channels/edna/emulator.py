"""A fake edna Pulse: one client with one WhatsApp channel, cascades, templates that must match word for word, phones.

It refuses what edna refuses: a wrong key, a cascade that is not there, a request's id used twice, words that match no
template while the window is closed; equal words to one person within 20 minutes are cancelled.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from priyom.contracts.emulator import Hook, Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File
from priyom.contracts.phonebook import Chat, Letter, Phonebook, Shelf, Words

KEY, CASCADE, SUBJECT = "demo-edna-key-made-up", 111, 222
WINDOW, TWICE = timedelta(hours=24), timedelta(minutes=20)
HANG_SECONDS, SLOW_SECONDS = 120.0, 3.0
LOCAL = ("127.0.0.1", "localhost", "::1")


class Refused(Exception):
    """An HTTP status with edna's title."""

    def __init__(self, title: str, status: int = 400) -> None:
        super().__init__(title)
        self.body, self.status = {"title": title, "status": status, "detail": title.replace("-", " ")}, status


@dataclass(slots=True)
class Note(Letter):
    """A message with its buttons (label, payload) and the request it came by."""

    keys: list[list[str]] = field(default_factory=list)
    request: str = ""
    read: bool = False

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Each by its place."""
        return tuple((str(i), key[0]) for i, key in enumerate(self.keys))


def make(world: World) -> Emulator:
    """A fresh fake edna."""
    return Emulator(world)


class Emulator:
    """See the module."""

    channel, contact_kind = "edna", "whatsapp"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.templates: list[dict[str, Any]] = []
        self._world = world
        self._post = HookPost(world, lambda status: status == 200)
        words = Words("Адрес - номер вида +77011234567")
        self._book: Phonebook[Note] = Phonebook(world, self.contact_kind, Note, r"\+[1-9]\d{6,14}", words)
        self._book.loses = lambda: self.mode is Mode.LOSE
        self._files = Shelf()
        self._wrote: dict[str, float] = {}
        self._requests: dict[str, str] = {}
        self._hook = ""
        self._root = ""
        self._next = 1
        self._stopping = asyncio.Event()

    # -- the gateway --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The interface and its files."""
        return [
            web.post("/edna/api/cascade/schedule", self._page(self._schedule)),
            web.get("/edna/api/channel-profile", self._page(self._profile)),
            web.post("/edna/api/callback/set", self._page(self._callback)),
            web.post("/edna/api/message-matchers", self._page(self._submit)),
            web.post("/edna/api/message-matchers/get-by-request", self._page(self._list)),
            web.get("/edna/files/{key}", self._give),
        ]

    async def start(self) -> None:
        """Try what was left over."""
        self._stopping.clear()
        self._post.again()

    async def stop(self) -> None:
        """Let go of those who wait."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one client."""
        self._root = f"{base_url.rstrip('/')}/edna"
        return {"api_key": KEY, "cascade_id": str(CASCADE), "subject_id": str(SUBJECT), "base_url": self._root}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if `callback/set` had been called."""
        self._hook = f"{hook_url}{'&' if '?' in hook_url else '?'}key={hook_secret}"

    def _page(self, work: Any) -> Any:
        async def answered(request: web.Request) -> web.StreamResponse:
            if request.headers.get("x-api-key") != KEY:
                return web.json_response({"title": "auth-error", "status": 401}, status=401)
            if self.mode is Mode.DOWN:
                return web.Response(status=503, content_type="text/html", text="<html>503</html>")
            if self.mode is Mode.THROTTLE and request.method == "POST":
                return web.json_response({"title": "too-many-requests", "status": 429}, status=429)
            if self.mode is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            body = await request.json() if request.method == "POST" else {}
            try:
                said = await work(body)
            except Refused as refused:
                return web.json_response(refused.body, status=refused.status)
            if self.mode is Mode.HANG and request.method == "POST":
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
            return web.json_response(said)

        return answered

    async def _schedule(self, body: Mapping[str, Any]) -> object:
        request, content = str(body.get("requestId") or ""), (body.get("content") or {}).get("whatsappContent")
        if not request or request in self._requests:
            raise Refused("requestId-is-not-unique")
        if body.get("cascadeId") != CASCADE:
            raise Refused("cascade-not-found")
        if not isinstance(content, dict):
            raise Refused("content-not-specified")
        text = str(content.get("text") or "")
        if content.get("contentType") != "TEXT":
            raise Refused("contentType-not-specified")
        if not text.strip():
            raise Refused("text-not-specified")
        if len(text) > 1024:
            raise Refused("error-content-format")
        address = "+" + str((body.get("subscriberFilter") or {}).get("address") or "")
        now = self._world.now().timestamp()
        is_open = now - self._wrote.get(address, 0.0) < WINDOW.total_seconds()
        if not is_open and not self._matches(content):
            raise Refused("matched-template-not-found")
        self._requests[request] = address
        self._deliver(address, request, text, _keys(content))
        return {"requestId": request}

    def _deliver(self, address: str, request: str, text: str, keys: list[list[str]]) -> None:
        if address not in self._book.chats:
            return self._report(request, "UNDELIVERED", "not-whatsapp-user")
        chat, now = self._book.chat(address), self._world.now().timestamp()
        twice = [n for n in chat.letters if n.direction == "in" and n.text == text]
        if any(now - note.at < TWICE.total_seconds() for note in twice):
            return self._report(request, "CANCELLED", "duplicate")
        self._report(request, "SENT")
        if not chat.phone.blocked:
            self._book.add(address, Note(self._number(), now, "in", text, keys=keys, request=request))
            self._report(request, "DELIVERED")
        return None

    def _matches(self, content: Mapping[str, Any]) -> bool:
        shape = [label for label, _ in _keys(content)]
        for item in self.templates:
            words = re.escape(str(item["content"]["text"]))
            pattern = re.sub(r"\\\{\\\{\d+\\\}\\\}", "[^\n\t]+", words)
            same = re.fullmatch(pattern, str(content["text"])) and [k[0] for k in _keys(item["content"])] == shape
            if same and item["status"] == "APPROVED":
                return True
        return False

    async def _profile(self, body: Mapping[str, Any]) -> object:
        profile = {"id": 1, "name": "Клиника", "subjectId": SUBJECT, "channelAttribute": "77270000000", "active": True}
        return [{**profile, "subject": "clinic_wa", "type": "WHATSAPP", "limit": "TIER_2K", "qualityScore": "GREEN"}]

    async def _callback(self, body: Mapping[str, Any]) -> object:
        url = str(body.get("statusCallbackUrl") or "")
        if len(url) > 500 or urlsplit(url).hostname not in LOCAL:
            raise Refused("callback-url-not-available")
        try:
            async with aiohttp.ClientSession() as session, session.head(url) as answer:
                well = answer.status == 200
        except aiohttp.ClientError:
            well = False
        if not well:
            raise Refused("callback-url-not-available")
        self._hook = url
        return {}

    async def _submit(self, body: Mapping[str, Any]) -> object:
        matcher = dict(body.get("messageMatcher") or {})
        if not re.fullmatch(r"[A-Za-z0-9_]{1,60}", str(matcher.get("name") or "")):
            raise Refused("name-format")
        same = (matcher["name"], matcher.get("language"))
        if any((item["name"], item["language"]) == same for item in self.templates):
            raise Refused("name-is-not-unique")
        made = {**matcher, "id": int(self._number()), "status": "PENDING"}
        self.templates.append(made)

        async def decide() -> None:
            made["status"] = "REJECTED" if "reject" in made["name"] else "APPROVED"
            self._call("templates", [made])

        self._world.spawn(decide)
        return made

    async def _list(self, body: Mapping[str, Any]) -> object:
        return self.templates if body.get("subjectId") == SUBJECT else []

    async def _give(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["key"])
        return web.Response(body=file.content, content_type=file.mime) if file else web.Response(status=404)

    def _report(self, request: str, status: str, error: str | None = None) -> None:
        if self.mode is Mode.LOSE:
            return
        at = self._world.now().isoformat()
        body = {"requestId": request, "messageId": int(self._number()), "cascadeId": CASCADE, "subjectId": SUBJECT}
        self._call(self._requests[request], {**body, "status": status, "statusAt": at, "error": error})

    def _call(self, chat: str, body: object) -> None:
        if self._hook:
            self._post.put(chat, Parcel(Hook(self._hook, {}, json.dumps(body, ensure_ascii=False).encode())))

    def _number(self) -> str:
        self._next += 1
        return str(self._next)

    # -- the people --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone. `started`: the person has just written, so the window is open."""
        if started and not (address in self._book.chats and self._book.chat(address).phone.started):
            self._wrote[address] = self._world.now().timestamp()
        return self._book.put(address, name, started)

    def phones(self) -> list[Phone]:
        """All phones."""
        return self._book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat. Raises NoSuchPhone."""
        return self._book.messages(address)

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a button. Raises NoSuchPhone, Impossible."""
        note = self._talking(address).letter(message)
        if note is None or not button.isdecimal() or int(button) >= len(note.keys):
            raise Impossible("Такой кнопки под этим сообщением нет")
        label, payload = note.keys[int(button)]
        self._wrote_in(address, label, {"type": "TEXT", "text": label, "payload": payload}, note.request)

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text, or send files. Raises NoSuchPhone, Impossible."""
        self._talking(address)
        if not files:
            self._wrote_in(address, text, {"type": "TEXT", "text": text})
        for place, file in enumerate(files):
            key = self._number()
            self._files.put(key, file)
            attachment = {"url": f"{self._root}/files/{key}", "name": file.name, "size": len(file.content)}
            kind = "IMAGE" if file.mime.startswith("image/") else "DOCUMENT"
            content = {"type": kind, "attachment": attachment, "caption": "" if place else text}
            self._wrote_in(address, "" if place else text, content, files=[file.name])

    async def start_chat(self, address: str, payload: str) -> None:
        """Nobody starts anything here."""
        raise Impossible("Через edna ссылок с кодом нет: просто напишите")

    async def share_phone(self, address: str, phone: str) -> None:
        """The number is known."""
        raise Impossible("Кнопки «отправить номер» здесь нет")

    async def block(self, address: str, blocked: bool) -> None:
        """Block the clinic; nobody is told."""
        self._book.chat(address).phone.blocked = blocked
        self._book.touch(address)

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {
            "book": self._book.dump(),
            "files": self._files.dump(),
            "wrote": self._wrote,
            "requests": self._requests,
            "templates": self.templates,
            "next": self._next,
            "post": self._post.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._book.load(state["book"])
        self._files.load(state["files"])
        self._wrote, self._requests = dict(state["wrote"]), dict(state["requests"])
        self.templates, self._next = list(state["templates"]), int(state["next"])
        self._post.load(state["post"])

    def _talking(self, address: str) -> Chat[Note]:
        """Anybody with WhatsApp can write, but not to whom they have blocked."""
        chat = self._book.chat(address)
        if chat.phone.blocked:
            raise Impossible("Клиника заблокирована: сначала впустите её")
        return chat

    def _wrote_in(
        self, address: str, text: str, content: dict[str, Any], about: str = "", files: Sequence[str] = ()
    ) -> None:
        chat, now = self._talking(address), self._world.now()
        for note in chat.letters:
            if note.request and not note.read and not note.lost:
                note.read = True
                self._report(note.request, "READ")
        number = self._number()
        self._book.add(address, Note(number, now.timestamp(), "out", text, files=list(files)))
        self._wrote[address] = now.timestamp()
        chat.phone.started = True
        body = {
            "id": int(number),
            "subject": "clinic_wa",
            "subjectId": SUBJECT,
            "subscriber": {"id": 1, "identifier": address.removeprefix("+")},
            "userInfo": {"userName": chat.phone.name},
            "messageContent": content,
            "receivedAt": now.isoformat(),
            "replyOutMessageExternalRequestId": about or None,
        }
        self._call(address, body)


def _keys(content: Mapping[str, Any]) -> list[list[str]]:
    """(label, payload) of the quick replies; links cannot be pressed here."""
    rows = (content.get("keyboard") or {}).get("rows") or []
    buttons = [button for row in rows for button in row.get("buttons") or []]
    for button in buttons:
        if not 1 <= len(str(button.get("text", ""))) <= 25:
            raise Refused("error-content-format")
    replies = [b for b in buttons if (b.get("buttonType") or b.get("type")) == "QUICK_REPLY"]
    return [[str(b["text"]), str(b.get("payload") or b["text"])] for b in replies]
