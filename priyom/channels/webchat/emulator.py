"""A fake site with visitors: each phone is a browser with the chat's page in it, which shows what the relay is told and
posts, signed with the visitor's key, what the person does.

Strict where the real page is: it takes nothing unsigned, nothing for a visitor who has not opened the chat or has ended
it, shows an id once, and lets nobody press what does not stand there. `extra["page"]` is `open` (the chat stands before
the person's eyes: messages are got and seen at once), `hidden` (in another tab: got, not seen) or `closed` (neither,
until the person comes back by doing something).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from priyom.channels.webchat import CARD
from priyom.channels.webchat.signing import relay_signature, same, visitor_key, visitor_signature
from priyom.contracts.emulator import Hook, Impossible, Mode, Phone, PhoneMessage, World
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.message import File
from priyom.contracts.phonebook import Chat, Letter, Phonebook, Shelf, Words

SITE = "http://127.0.0.1/site/"
INLINE_LIMIT = 512 * 1024
"""Bytes of all files that a page puts into one update; more goes to the portal's storage first."""
SLOW_SECONDS = 3.0


@dataclass(slots=True)
class Note(Letter):
    """A message on the page: buttons as [[{label, payload | url}]], the id it quotes, what the page has told of it."""

    rows: list[list[dict[str, str]]] = field(default_factory=list)
    reply_to: str = ""
    got: bool = False
    seen: bool = False

    def quotes(self) -> str:
        """The message it answers."""
        return self.reply_to

    def buttons(self) -> tuple[tuple[str, str], ...]:
        """`row.col` and label of each; links too."""
        return tuple(
            (f"{row}.{col}", button["label"])
            for row, buttons in enumerate(self.rows)
            for col, button in enumerate(buttons)
        )


class WebchatEmulator:
    """The site, its visitors, and the storage for their large files."""

    channel, contact_kind = CARD.key, CARD.contact_kind

    def __init__(self, world: World) -> None:
        self.mode = Mode.OK
        self.writing: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self._world = world
        self._post = HookPost(world, lambda status: 200 <= status < 300)
        self._hook: tuple[str, str] | None = None
        words = Words("Это не посетитель сайта", "Сначала откройте чат", "Чат завершён: откройте его снова")
        self._book = Phonebook(world, self.contact_kind, Note, r"[A-Za-z0-9_-]{16,64}", words)
        self._book.loses = lambda: self.mode is Mode.LOSE
        self._shelf = Shelf()
        self._next = 1

    # -- the page as the clinic's side sees it --

    def routes(self) -> list[web.AbstractRouteDef]:
        """The relay and the storage."""
        return [web.post("/webchat/relay/{page}", self._relay), web.post("/webchat/files", self._files)]

    async def start(self) -> None:
        """Post what nobody took before."""
        self._post.again()

    async def stop(self) -> None:
        """Let go whoever is kept waiting."""
        self.mode = Mode.OK

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """The account whose messages come here."""
        base = f"{base_url.rstrip('/')}/webchat"
        own = {"site_url": SITE, "title": "Клиника «Пример»"}
        return {**own, "relay_url": f"{base}/relay", "files_url": f"{base}/files"}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Where pages post, and of which secret their keys are made."""
        self._hook = (hook_url, hook_secret)

    async def _relay(self, request: web.Request) -> web.StreamResponse:
        body = await self._signed(request)
        if isinstance(body, web.Response):
            return body
        if self.mode is Mode.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        page = request.match_info["page"]
        if page == "me":
            return web.json_response({"title": "Сайт клиники"})
        chat = self._book.chats.get(str(body.get("to", "")))
        if chat is None or not (chat.phone.started or chat.phone.blocked):
            return _refused(404, "visitor")
        if chat.phone.blocked:
            return _refused(403, "left")
        answer = self._obey(page, chat, body)
        while self.mode is Mode.HANG and request.transport and not request.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return answer

    async def _signed(self, request: web.Request) -> dict[str, Any] | web.Response:
        raw = await request.read()
        if self.mode is Mode.DOWN:
            return _refused(503, "down")
        shown = request.headers.get("x-priyom-signature", "")
        if self._hook is None or not same(relay_signature(self._hook[1], raw), shown):
            return _refused(401, "signature")
        if self.mode is Mode.THROTTLE and request.match_info.get("page") == "messages":
            return web.json_response({"error": "slower"}, status=429, headers={"Retry-After": "2"})
        body = json.loads(raw)
        return body if isinstance(body, dict) else _refused(400, "not an object")

    def _obey(self, page: str, chat: Chat[Note], body: dict[str, Any]) -> web.Response:
        address = chat.phone.address
        match page:
            case "messages":
                return self._show(chat, body)
            case "edits":
                note = chat.letter(str(body["id"]))
                if note is None or note.direction != "in":
                    return _refused(404, "message")
                if (note.text, note.rows) != (body["text"], body["rows"]):
                    note.text, note.rows, note.edited = body["text"], body["rows"], True
            case "typing":
                self.writing.append(address)
            case "notes":
                self.notes.append((address, body["text"]))
            case _:
                return _refused(400, "page")
        self._book.touch(address)
        return web.json_response({})

    def _show(self, chat: Chat[Note], body: dict[str, Any]) -> web.Response:
        labels = [button["label"] for row in body["rows"] for button in row]
        if not (body["text"] or body["files"]) or len(body["text"]) > CARD.text_limit:
            return _refused(400, "text")
        if any(not label or len(label) > CARD.label_limit for label in labels):
            return _refused(400, "label")
        if chat.letter(body["id"]) is None:
            at = self._world.now().timestamp()
            files = [file["name"] for file in body["files"]]
            note = Note(body["id"], at, "in", body["text"], files=files, rows=body["rows"], reply_to=body["reply_to"])
            self._book.add(chat.phone.address, note)
            self._look(chat)
        return web.json_response({})

    async def _files(self, request: web.Request) -> web.StreamResponse:
        body = await self._signed(request)
        if isinstance(body, web.Response):
            return body
        file = self._shelf.get(f"{body.get('visitor')}/{body.get('ref')}")
        return _refused(404, "file") if file is None else web.Response(body=file.content, content_type=file.mime)

    # -- the visitor --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a visitor."""
        return self._book.put(address, name, started)

    def phones(self) -> list[Phone]:
        """All visitors."""
        return self._book.phones()

    def messages(self, address: str) -> list[PhoneMessage]:
        """What stands on the page. Raises NoSuchPhone."""
        return self._book.messages(address)

    def turn(self, address: str, page: str) -> None:
        """Open, hide or close the page (`open`, `hidden`, `closed`); what it now gets or sees is told."""
        chat = self._book.chat(address)
        chat.phone.extra["page"] = page
        self._look(chat)

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a button; a link only opens another page. Raises NoSuchPhone, Impossible."""
        chat = self._acting(address)
        note = chat.letter(message)
        if note is None or button not in dict(note.buttons()):
            raise Impossible("Такой кнопки под этим сообщением нет")
        row, _, col = button.partition(".")
        pressed = note.rows[int(row)][int(col)]
        if "payload" in pressed:
            self._tell(chat, "pressed", payload=pressed["payload"], message=note.id)

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Write to the clinic. Small files travel in the update, large ones wait in the portal's storage."""
        chat = self._acting(address)
        room = INLINE_LIMIT
        told: list[dict[str, Any]] = []
        for file in files:
            item: dict[str, Any] = {"name": file.name, "mime": file.mime, "size": len(file.content)}
            if len(file.content) <= room:
                room -= len(file.content)
                item["content"] = base64.b64encode(file.content).decode()
            else:
                item["ref"] = hashlib.sha256(f"{address}{self._next}{file.name}".encode()).hexdigest()
                self._shelf.put(f"{address}/{item['ref']}", file)
            told.append(item)
        update = self._tell(chat, "said", text=text, files=told)
        at = self._world.now().timestamp()
        self._book.add(address, Note(f"{address}.{update}", at, "out", text, files=[file.name for file in files]))

    async def start_chat(self, address: str, payload: str) -> None:
        """Open the chat, by a personal link when `payload` is given. Raises NoSuchPhone."""
        chat = self._book.chat(address)
        chat.phone.started, chat.phone.blocked = True, False
        self._book.touch(address)
        self._tell(chat, "opened", payload=payload)

    async def share_phone(self, address: str, phone: str) -> None:
        """Type one's number into the page's field. Raises NoSuchPhone, Impossible."""
        self._tell(self._acting(address), "phone", number=phone)

    async def write(self, address: str) -> None:
        """Begin to type. Raises NoSuchPhone, Impossible."""
        self._tell(self._acting(address), "typing")

    async def block(self, address: str, blocked: bool) -> None:
        """End the chat, or open it again. Raises NoSuchPhone."""
        chat = self._book.chat(address)
        if chat.phone.blocked == blocked:
            return
        chat.phone.blocked = blocked
        self._book.touch(address)
        if chat.phone.started:
            self._tell(chat, "left" if blocked else "opened")

    def dump(self) -> dict[str, Any]:
        """All state."""
        post, shelf = self._post.dump(), self._shelf.dump()
        return {"book": self._book.dump(), "shelf": shelf, "post": post, "next": self._next}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._book.load(state["book"])
        self._shelf.load(state["shelf"])
        self._post.load(state["post"])
        self._next = state["next"]

    def _acting(self, address: str) -> Chat[Note]:
        """The visitor does something, so a closed or hidden page is open again."""
        chat = self._book.talking(address)
        if chat.phone.extra.get("page", "open") != "open":
            self.turn(address, "open")
        return chat

    def _look(self, chat: Chat[Note]) -> None:
        """Tell what the page has got and the person has seen, each once."""
        page = chat.phone.extra.get("page", "open")
        came = [note for note in chat.letters if note.direction == "in" and not note.lost]
        if page != "closed" and (new := [note for note in came if not note.got]):
            self._tell(chat, "got", messages=[note.id for note in new])
            for note in new:
                note.got = True
        if page == "open" and any(not note.seen for note in came):
            self._tell(chat, "seen", message=came[-1].id)
            for note in came:
                note.seen = True

    def _tell(self, chat: Chat[Note], kind: str, **more: Any) -> str:
        """Post an update as the page does; its id."""
        number = f"u{int(self._world.now().timestamp())}-{self._next:06d}"
        self._next += 1
        if self._hook is not None:
            url, secret = self._hook
            address = chat.phone.address
            said = {"id": number, "visitor": address, "kind": kind, "name": chat.phone.name, **more}
            body = json.dumps(said, ensure_ascii=False).encode()
            shown = f"{address}.{visitor_signature(visitor_key(secret, address), body)}"
            self._post.put(address, Parcel(Hook(url, {"x-priyom-visitor": shown}, body)))
        return number


def make(world: World) -> WebchatEmulator:
    """The site in this world."""
    return WebchatEmulator(world)


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
