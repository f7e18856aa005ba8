"""The methods of the fake Pachca: what each takes, and what it refuses with the vendor's codes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from aiohttp import BodyPartReader, web

from priyom.channels.pachca.emulator_state import Bot, Letter, State, Stored, moment
from priyom.contracts.emulator import World

CONTENT_LIMIT = 40_000  # bytes
BUTTONS, ROW, ROWS, LABEL = 100, 8, 32, 255
BURST = 30  # messages a second into one chat
KINDS = ("discussion", "thread", "user")
SCOPES = [
    "messages:create", "messages:read", "messages:update", "messages:delete", "users:read", "chats:read",
    "uploads:write", "profile:read", "webhooks:events:read", "webhooks:events:delete", "bot_self:webhook:write",
]  # fmt: skip


class Refused(Exception):
    """An answer with `errors`."""

    def __init__(self, status: int, key: str, code: str, message: str, after: int = 0) -> None:
        super().__init__(message)
        self.status, self.headers = status, {"Retry-After": str(after)} if after else {}
        self.body = {"errors": [{"key": key, "value": None, "message": message, "code": code, "payload": None}]}


class Api:
    """The methods over one state."""

    def __init__(self, state: State, world: World) -> None:
        self.state = state
        self.loses: Callable[[], bool] = lambda: False
        self._world = world

    # -- messages --

    def create(self, bot: Bot, body: Any, base: str) -> dict[str, Any]:
        """POST /messages."""
        given = _message(body)
        kind = str(given.get("entity_type", "discussion")).lower()
        if kind not in KINDS:
            raise Refused(400, "entity_type", "invalid", "Недопустимое значение")
        address = self._address(kind, _number(given, "entity_id"))
        files = self._files(given)
        content = _content(given, required=not files)
        chat = self.state.chat(bot, address)
        self._pace(bot, chat)
        parent = given.get("parent_message_id")
        if parent is not None and str(parent) not in self.state.letters:
            raise Refused(404, "parent_message_id", "not_found", "Объект не найден")
        now = moment(self._world.now())
        letter = Letter(
            194_000 + self.state.next(), chat, address, bot.id, bot.token, now, content, _buttons(given), files, parent,
            given.get("display_name"), now,
        )  # fmt: skip
        letter.lost = self.loses()
        self.state.letters[str(letter.id)] = letter
        if not letter.lost:
            self._world.changed("pachca", address)
        return self.picture(letter, base)

    def update(self, bot: Bot, number: str, body: Any, base: str) -> dict[str, Any]:
        """PUT /messages/{id}: only what is given changes."""
        letter, given = self.letter(number), _message(body)
        if letter.deleted_at:
            raise Refused(422, "message", "message_deleted", "Сообщение удалено")
        if letter.author != bot.id:
            raise Refused(403, "message", "forbidden", "Недостаточно прав для выполнения действия")
        if "content" in given:
            letter.content = _content(given, required=not letter.files)
        if "buttons" in given:
            letter.buttons = _buttons(given)
        # Pachca's «changed» is what the phone shows as «edited»; a clock that stands still must not hide it.
        letter.changed_at = moment(self._world.now() + timedelta(milliseconds=1))
        self._world.changed("pachca", letter.address)
        return self.picture(letter, base)

    def letter(self, number: str) -> Letter:
        """A message by its number. Raises Refused."""
        if number not in self.state.letters:
            raise Refused(404, "id", "not_found", "Объект не найден")
        return self.state.letters[number]

    def listed(self, chat: str, base: str) -> list[dict[str, Any]]:
        """GET /messages?chat_id=, newest first."""
        if not chat.isdecimal():
            raise Refused(400, "chat_id", "required", "Обязательный параметр не передан")
        found = [letter for letter in self.state.letters.values() if letter.chat_id == int(chat)]
        return [self.picture(letter, base) for letter in reversed(found) if not letter.deleted_at]

    def picture(self, letter: Letter, base: str) -> dict[str, Any]:
        """A message as the API shows it; addresses of files are signed and open without a token."""
        kind = {"user": "user", "chat": "discussion"}[letter.address.partition(":")[0]]
        files = [
            {"id": index + 1, **file, "url": f"{base}/pachca/storage/{file['key']}?signature={sign(file['key'])}"}
            for index, file in enumerate(letter.files)
        ]
        return {
            "id": letter.id, "entity_type": kind, "entity_id": int(letter.address.partition(":")[2]),
            "chat_id": letter.chat_id, "root_chat_id": letter.chat_id, "content": letter.content,
            "user_id": letter.author, "created_at": letter.at, "files": files, "voice_content": None,
            "url": f"https://app.pachca.com/chats/{letter.chat_id}?message={letter.id}", "buttons": letter.buttons,
            "thread": None, "forwarding": None, "parent_message_id": letter.parent, "display_avatar_url": None,
            "display_name": letter.display_name, "changed_at": letter.changed_at, "deleted_at": letter.deleted_at,
        }  # fmt: skip

    # -- files --

    def upload_form(self, base: str) -> dict[str, str]:
        """POST /uploads: a key and its signature, for one file."""
        key = f"attaches/files/12/{self.state.next():08d}/${{filename}}"
        self.state.uploads[key] = sign(key)
        return {
            "Content-Disposition": "attachment", "acl": "private", "policy": "made-up-policy",
            "x-amz-credential": "demo/20260301/ru/s3/aws4_request", "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-date": "20260301T000000Z", "x-amz-signature": sign(key), "key": key,
            "direct_url": f"{base}/pachca/storage",
        }  # fmt: skip

    async def store(self, request: web.Request) -> web.Response:
        """The storage's own door: every field of the form as it was given, the file last, no token."""
        if "authorization" in request.headers:
            return web.Response(status=400, text="<Error><Code>InvalidArgument</Code></Error>")
        fields: dict[str, str] = {}
        reader = await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            if part.name == "file":
                return self._stored(fields, part.filename or "", bytes(await part.read()))
            fields[str(part.name)] = (await part.read()).decode()
        return web.Response(status=400, text="<Error><Code>InvalidArgument</Code></Error>")

    def _stored(self, fields: dict[str, str], name: str, content: bytes) -> web.Response:
        key = fields.get("key", "")
        whole = {"acl", "policy", "x-amz-credential", "x-amz-algorithm", "x-amz-date", "Content-Disposition"} <= set(
            fields
        )
        if not whole or not key or self.state.uploads.get(key) != fields.get("x-amz-signature"):
            return web.Response(status=403, text="<Error><Code>SignatureDoesNotMatch</Code></Error>")
        kept = Stored(name, base64.b64encode(content).decode())
        self.state.files[key.replace("${filename}", name)] = kept
        return web.Response(status=204)

    def _files(self, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        files = given.get("files") or []
        for file in files:
            if not {"key", "name", "file_type", "size"} <= set(file):
                raise Refused(400, "files", "required", "Обязательный параметр не передан")
            if file["key"] not in self.state.files or PurePath(file["key"]).suffix != PurePath(file["name"]).suffix:
                raise Refused(422, "files", "wrong_params", "Некорректные параметры запроса")
        return list(files)

    # -- rules --

    def _address(self, kind: str, number: int) -> str:
        address = f"{'user' if kind == 'user' else 'chat'}:{number}"
        if kind == "discussion" and address not in self.state.phones:
            # The number of a personal chat will do as well.
            for key, chat in self.state.chats.items():
                if chat == number:
                    address = "user:" + key.partition(":")[2]
        if kind == "thread" or address not in self.state.phones:
            raise Refused(404, "entity_id", "not_found", "Объект не найден")
        if self.state.phones[address].blocked:
            raise Refused(403, "entity_id", "forbidden", "Недостаточно прав для выполнения действия")
        return address

    def _pace(self, bot: Bot, chat: int) -> None:
        since = moment(self._world.now() - timedelta(seconds=1))
        lately = [one for one in self.state.letters.values() if one.author == bot.id and one.chat_id == chat]
        if sum(one.at > since for one in lately[-BURST:]) >= BURST:
            raise throttled(1)


def throttled(seconds: int) -> Refused:
    """HTTP 429."""
    return Refused(429, "base", "rate_limit", "Достигнут лимит запросов", seconds)


def sign(key: str) -> str:
    """A made-up signature of a storage key."""
    return f"{sum(map(ord, key)):08x}" * 4


def _message(body: Any) -> Mapping[str, Any]:
    given = body.get("message") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise Refused(400, "message", "required", "Обязательный параметр не передан")
    return given


def _number(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(400, name, "required", "Обязательный параметр не передан")
    return value


def _content(given: Mapping[str, Any], *, required: bool) -> str:
    content = given.get("content") or ""
    if not isinstance(content, str) or (required and not content.strip()):
        raise Refused(422, "content", "blank", "Не может быть пустым")
    if len(content.encode()) > CONTENT_LIMIT:
        raise Refused(422, "content", "too_long", "Слишком длинное значение")
    return content


def _buttons(given: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    rows = given.get("buttons") or []
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, "buttons", "invalid", "Поле не соответствует правилам")
    if len(rows) > ROWS or any(len(row) > ROW for row in rows) or sum(map(len, rows)) > BUTTONS:
        raise Refused(422, "buttons", "wrong_params", "Слишком много кнопок")
    for button in (button for row in rows for button in row):
        if not button.get("text") or ("url" in button) == ("data" in button):
            raise Refused(422, "buttons", "blank", "Не может быть пустым")
        if len(button["text"]) > LABEL or len(button.get("data", "")) > LABEL:
            raise Refused(422, "buttons", "max_length", "Значение слишком длинное")
    return [list(row) for row in rows]
