"""A fake IntellectDialog: one organisation with one WhatsApp channel, templates made in its cabinet, and phones. It is
made after the same public client as the channel itself, so it proves that the two agree, not that the vendor does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import BodyPartReader, web

from priyom.contracts.emulator import Hook, Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File
from priyom.contracts.phonebook import Chat, Letter, Phonebook, Shelf, Words

KEY, PROVIDER = "demo-intellectdialog-key-made-up", "wa-demo-1"
ZONE = ZoneInfo("Asia/Almaty")
WINDOW = timedelta(hours=24)
HANG_SECONDS, SLOW_SECONDS = 120.0, 3.0


class Refused(Exception):
    """An answer with `status: error`."""


@dataclass(slots=True)
class Note(Letter):
    """A message with the moments at which it was delivered and seen (0: not yet)."""

    delivered: float = 0.0
    seen: float = 0.0
    mark: str = ""
    links: str = ""


def make(world: World) -> Emulator:
    """A fresh fake."""
    return Emulator(world)


class Emulator:
    """See the module. `templates`: name -> text with {{1}}, {{2}}, ..., as approved in the cabinet."""

    channel, contact_kind = "intellectdialog", "whatsapp"

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.templates: dict[str, str] = {"visit_reminder": "Здравствуйте, {{1}}! Ждём вас в {{2}}. Придёте?"}
        self._world = world
        self._post = HookPost(world, lambda status: status == 200)
        words = Words("Адрес - номер вида +77011234567")
        self._book: Phonebook[Note] = Phonebook(world, self.contact_kind, Note, r"\+[1-9]\d{6,14}", words)
        self._book.loses = lambda: self.mode is Mode.LOSE
        self._files = Shelf()
        self._wrote: dict[str, float] = {}
        self._hook = ""
        self._root = ""
        self._next = 1
        self._stopping = asyncio.Event()

    # -- the service --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The interface and its files."""
        return [
            web.post("/intellectdialog/messages", self._page(self._send)),
            web.get("/intellectdialog/messages", self._page(self._list)),
            web.get("/intellectdialog/messages/{id}", self._page(self._one)),
            web.get("/intellectdialog/messages/{id}/templates", self._page(self._patterns)),
            web.get("/intellectdialog/providers/{id}", self._page(self._provider)),
            web.get("/intellectdialog/webhooks", self._page(self._webhook)),
            web.post("/intellectdialog/webhooks", self._page(self._set_webhook)),
            web.post("/intellectdialog/files", self._page(self._take_file)),
            web.get("/intellectdialog/download/{key}", self._give),
        ]

    async def start(self) -> None:
        """Try what was left over."""
        self._stopping.clear()
        self._post.again()

    async def stop(self) -> None:
        """Let go of those who wait."""
        self._stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The one organisation. It relies on webhooks, so that tests and the demo need not wait for polls."""
        self._root = f"{base_url.rstrip('/')}/intellectdialog"
        return {"api_key": KEY, "provider_id": PROVIDER, "base_url": self._root, "poll_seconds": "0"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the webhook had been set."""
        self._hook = f"{hook_url}{'&' if '?' in hook_url else '?'}key={hook_secret}"

    def _page(self, work: Any) -> Any:
        async def answered(request: web.Request) -> web.StreamResponse:
            if request.headers.get("authorization") != KEY:
                return web.json_response(self._wrapped(error="Неверный ключ API"), status=401)
            if self.mode is Mode.DOWN:
                return web.Response(status=503, content_type="text/html", text="<html>503</html>")
            if self.mode is Mode.THROTTLE and request.method == "POST":
                return web.json_response(self._wrapped(error="Слишком много запросов"), status=429)
            if self.mode is Mode.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            try:
                said = self._wrapped(**await work(request))
            except Refused as refused:
                return web.json_response(self._wrapped(error=str(refused)), status=400)
            if self.mode is Mode.HANG and request.method == "POST":
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), HANG_SECONDS)
            return web.json_response(said)

        return answered

    def _wrapped(self, error: str = "", **more: Any) -> dict[str, Any]:
        told = {"date": self._date(self._world.now().timestamp()), "status": "error" if error else "success"}
        return {"response": {**told, **({"error": error} if error else {}), **more}}

    async def _send(self, request: web.Request) -> dict[str, Any]:
        body = await request.json()
        if body.get("provider_id") != PROVIDER:
            raise Refused("Провайдер не найден")
        text, template = str(body.get("text") or ""), body.get("template")
        address, now = "+" + str(body.get("phone") or ""), self._world.now().timestamp()
        if len(text) > 4096 or len(str(body.get("mark") or "")) > 36:
            raise Refused("Текст слишком длинный")
        if template is not None:
            text = self._filled(str(template), body.get("vars") or [])
        elif now - self._wrote.get(address, 0.0) >= WINDOW.total_seconds():
            raise Refused("24 часа с последнего сообщения клиента прошли")
        if not text and not body.get("attachment"):
            raise Refused("Не указан текст сообщения")
        number = self._number()
        note = Note(number, now, "in", text, mark=str(body.get("mark") or ""))
        if body.get("attachment"):
            file = self._files.get(str(body["attachment"]).rpartition("/")[2])
            if file is None:
                raise Refused("Вложение недоступно")
            note.files = [file.name]
        data = {"message_id": number, "provider_id": PROVIDER, "chat_id": address, "type": "to_client", "text": text}
        losing = self.mode is Mode.LOSE
        if address not in self._book.chats:
            if losing:
                return {"data": data}
            error_at = self._date(now)
            self._call(address, {"message_id": number, "phone": address[1:], "error_at": error_at, "detail": "131026"})
            return {"data": data}
        if not self._book.chat(address).phone.blocked:
            note.delivered = 0.0 if losing else now
            self._book.add(address, note)
            if not losing:
                self._call(address, {"event": "new_status", "data": self._told(address, note)})
        return {"data": data}

    def _filled(self, name: str, values: Sequence[str]) -> str:
        text = self.templates.get(name)
        if text is None or text.count("{{") != len(values):
            raise Refused("Шаблон не найден или переменных не столько")
        for place, value in enumerate(values, 1):
            text = text.replace(f"{{{{{place}}}}}", str(value))
        return text

    async def _list(self, request: web.Request) -> dict[str, Any]:
        query = request.query
        wanted = "out" if query.get("type") == "from_client" else "in"
        found = [
            self._told(address, note)
            for address, chat in self._book.chats.items()
            for note in chat.letters
            if note.direction == wanted and self._date(note.at) >= query.get("created_after", "")
        ]
        start, limit = int(query.get("offset", "0")), int(query.get("limit", "20"))
        newest_first = sorted(found, key=lambda item: (item["created_at"], int(item["id"])), reverse=True)
        page = newest_first[start : start + min(limit, 500)]
        return {"pagin": {"limit": limit, "offset": start, "total": len(found)}, "data": page}

    async def _one(self, request: web.Request) -> dict[str, Any]:
        for address, chat in self._book.chats.items():
            if note := chat.letter(request.match_info["id"]):
                return {"data": self._told(address, note)}
        raise Refused("Сообщение не найдено")

    async def _patterns(self, request: web.Request) -> dict[str, Any]:
        common = {"languageCode": "ru", "status": "Approved", "category": "UTILITY", "quality": "High Quality"}
        items = [
            {**common, "id": str(n), "elementName": k, "data": v} for n, (k, v) in enumerate(self.templates.items())
        ]
        return {"data": items}

    async def _provider(self, request: web.Request) -> dict[str, Any]:
        if request.match_info["id"] != PROVIDER:
            raise Refused("Провайдер не найден")
        return {"data": {"id": PROVIDER, "name": "Клиника", "type": "WhatsApp Business", "type_id": "1"}}

    async def _webhook(self, request: web.Request) -> dict[str, Any]:
        return {"data": {"url": self._hook, "events": ["new_message", "new_status", "new_error"]}}

    async def _set_webhook(self, request: web.Request) -> dict[str, Any]:
        body = await request.json()
        if not str(body.get("url") or "").startswith("http") or not body.get("events"):
            raise Refused("Не указан адрес")
        self._hook = str(body["url"])
        return {"data": {"url": self._hook, "events": body["events"]}}

    async def _take_file(self, request: web.Request) -> dict[str, Any]:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file":
                mime = part.headers.get("Content-Type", "application/octet-stream")
                file = File(part.filename or "file", mime, bytes(await part.read(decode=True)))
                return {"data": {"url": self._keep(file)}}
        raise Refused("Нет файла")

    async def _give(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["key"])
        return web.Response(body=file.content, content_type=file.mime) if file else web.Response(status=404)

    def _keep(self, file: File) -> str:
        key = self._number()
        self._files.put(key, file)
        return f"{self._root}/download/{key}"

    def _told(self, address: str, note: Note) -> dict[str, Any]:
        chat = self._book.chat(address)
        return {
            "id": note.id,
            "provider_id": PROVIDER,
            "chat_id": address,
            "person_name": chat.phone.name,
            "person_phone": address.removeprefix("+"),
            "type_name": "Исходящее" if note.direction == "in" else "Входящее",
            "text": note.text,
            "marker": note.mark,
            "delivered_at": self._date(note.delivered) if note.delivered else None,
            "viewed_at": self._date(note.seen) if note.seen else None,
            "attachments": [{"name": name, "link": note.links} for name in note.files],
            "created_at": self._date(note.at),
        }

    def _call(self, chat: str, body: object) -> None:
        if self._hook:
            self._post.put(chat, Parcel(Hook(self._hook, {}, json.dumps(body, ensure_ascii=False).encode())))

    def _date(self, at: float) -> str:
        return datetime.fromtimestamp(at, UTC).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")

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
        """No buttons here."""
        raise Impossible("Кнопок здесь нет: ответьте словами или цифрой")

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text, or send files. Raises NoSuchPhone, Impossible."""
        chat = self._book.chat(address)
        if chat.phone.blocked:
            raise Impossible("Клиника заблокирована: сначала впустите её")
        self._read(address, chat)
        now = self._world.now().timestamp()
        self._wrote[address], chat.phone.started = now, True
        for place, file in enumerate(files or (None,)):
            note = Note(self._number(), now, "out", "" if place else text)
            if file is not None:
                note.files, note.links = [file.name], self._keep(file)
            self._book.add(address, note)
            self._call(address, {"event": "new_message", "data": self._told(address, note)})

    def _read(self, address: str, chat: Chat[Note]) -> None:
        for note in chat.letters:
            if note.direction == "in" and not note.seen and not note.lost:
                note.seen = self._world.now().timestamp()
                self._call(address, {"event": "new_status", "data": self._told(address, note)})

    async def start_chat(self, address: str, payload: str) -> None:
        """Nobody starts anything here."""
        raise Impossible("Здесь ссылок с кодом нет: просто напишите")

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
            "templates": self.templates,
            "next": self._next,
            "post": self._post.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._book.load(state["book"])
        self._files.load(state["files"])
        self._wrote, self.templates = dict(state["wrote"]), dict(state["templates"])
        self._next = int(state["next"])
        self._post.load(state["post"])
