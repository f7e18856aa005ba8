"""The methods of the fake Bot API: what each takes, and what it refuses in the vendor's manner."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp.web import FileField

from priyom.channels.yandex.emulator_state import Bot, Letter, State
from priyom.contracts.emulator import World

TEXT, NAME, DIRECTIVES, BUTTONS = 6000, 255, 3, 100
DIRECTIVE_TYPES = ("open_uri", "send_message", "server_action", "set_elements_state")
UPLOADS = {"messages/sendFile": "document", "messages/sendImage": "image"}


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, status: int, description: str, after: int = 0) -> None:
        super().__init__(description)
        self.status, self.body = status, {"ok": False, "description": description}
        self.headers = {"Retry-After": str(after)} if after else {}


class Api:
    """The methods over one state. `loopback`: webhooks may be plain HTTP on this machine."""

    def __init__(self, state: State, world: World) -> None:
        self.state = state
        self.loses: Callable[[], bool] = lambda: False
        self.loopback = True
        self._world = world

    def call(self, bot: Bot, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """One method; its answer without `ok`. Raises Refused."""
        match method:
            case "self/get":
                return self._me(bot)
            case "self/update":
                return self._update_self(bot, given)
            case "messages/sendText":
                return self._send_text(bot, given)
            case "messages/sendTyping":
                self._address(given)
                return {}
            case "messages/delete":
                letter = self._own(bot, given)
                self.state.letters.remove(letter)
                return {"message_id": letter.number}
            case "messages/getUpdates":
                return {"updates": self._updates(bot, given)}
        if method in UPLOADS:
            return self._send_file(bot, given, UPLOADS[method])
        raise Refused(404, "Invalid route")

    def file(self, given: Mapping[str, Any]) -> dict[str, str]:
        """getFile. Raises Refused."""
        found = self.state.files.get(str(given.get("file_id")))
        if found is None:
            raise Refused(400, "Failed to get file")
        return found

    def keep(self, name: str, mime: str, content: bytes) -> dict[str, Any]:
        """Store a file; its description in an update."""
        self.state.counter += 1
        key = f"disk/{self.state.counter:08x}-0000-4000-8000-000000000000"
        self.state.files[key] = {"name": name, "mime": mime, "content": base64.b64encode(content).decode()}
        return {"id": key, "name": name, "size": len(content), "mime": mime}

    def _me(self, bot: Bot) -> dict[str, Any]:
        return {
            "id": "7c0e0000-0000-4000-8000-000000000001", "login": bot.login, "display_name": "Клиника",
            "webhook_url": bot.hook_url, "organizations": [567890], "settings": {},
        }  # fmt: skip

    def _update_self(self, bot: Bot, given: Mapping[str, Any]) -> dict[str, Any]:
        url = given.get("webhook_url", bot.hook_url)
        allowed = ("https://", "http://127.0.0.1:", "http://localhost:") if self.loopback else ("https://",)
        if url is not None and not (isinstance(url, str) and url.startswith(allowed)):
            raise Refused(400, "webhook_url: Enter a valid URL.")
        bot.hook_url = url
        return self._me(bot)

    def _send_text(self, bot: Bot, given: Mapping[str, Any]) -> dict[str, Any]:
        text = given.get("text")
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, "text: This field may not be blank.")
        if len(text) > TEXT:
            raise Refused(400, f"text: Ensure this field has no more than {TEXT} characters.")
        buttons = _buttons(given)
        if given.get("message_id") is not None:
            letter = self._own(bot, given)
            letter.text, letter.buttons, letter.edited = text, buttons, True
            self._world.changed("yandex", letter.address)
            return {"message_id": letter.number}
        key = str(given.get("payload_id") or "")
        if key and key in bot.payload_ids:
            return {"message_id": bot.payload_ids[key]}
        address = self._address(given)
        reply = given.get("reply_message_id")
        if reply is not None and self.state.letter(address, reply) is None:
            raise Refused(400, "Message not found")
        letter = self._stand(bot, address, text)
        letter.buttons, letter.reply_to = buttons, reply
        if key:
            bot.payload_ids[key] = letter.number
        return {"message_id": letter.number}

    def _send_file(self, bot: Bot, given: Mapping[str, Any], name: str) -> dict[str, Any]:
        file = given.get(name)
        if not isinstance(file, FileField) or not file.filename:
            raise Refused(400, f"{name}: No file was submitted.")
        if name == "image" and not file.content_type.startswith("image/"):
            raise Refused(400, "image: Upload a valid image.")
        letter = self._stand(bot, self._address(given), "")
        letter.files.append(self.keep(file.filename, file.content_type, file.file.read()))
        return {"message_id": letter.number}

    def _updates(self, bot: Bot, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        limit, offset = int(given.get("limit", 100)), int(given.get("offset", 0))
        if not 1 <= limit <= 1000:
            raise Refused(400, "limit: Ensure this value is less than or equal to 1000.")
        if bot.hook_url:
            return []
        bot.waiting = [update for update in bot.waiting if update["update_id"] >= offset]
        return bot.waiting[:limit]

    def _stand(self, bot: Bot, address: str, text: str) -> Letter:
        now = self._world.now()
        letter = Letter(self.state.number(now), address, bot.login, bot.token, now.timestamp(), text)
        letter.lost = self.loses()
        self.state.letters.append(letter)
        if not letter.lost:
            self._world.changed("yandex", address)
        return letter

    def _own(self, bot: Bot, given: Mapping[str, Any]) -> Letter:
        letter = self.state.letter(self._address(given), given.get("message_id"))
        if letter is None or letter.author != bot.login:
            raise Refused(404, "Message not found")
        return letter

    def _address(self, given: Mapping[str, Any]) -> str:
        login, chat = given.get("login"), given.get("chat_id")
        if bool(login) == bool(chat):
            raise Refused(400, "Exactly one of login and chat_id is required")
        address = str(login or chat)
        phone = self.state.phones.get(address)
        if phone is None:
            raise Refused(404, "User not found" if login else "Chat not found")
        if phone.blocked:
            said = "Sending is restricted by privacy settings" if login else "Bot is not a member of the chat"
            raise Refused(403, said)
        return address


def _buttons(given: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    suggest = given.get("suggest_buttons")
    if suggest is None:
        return []
    rows = suggest.get("buttons") or []
    if suggest.get("layout", "false") not in ("true", "false"):
        raise Refused(400, "suggest_buttons.layout: Not a valid string.")
    if suggest.get("layout", "false") == "false":
        rows = [[button] for button in rows]
    if not all(isinstance(row, list) for row in rows) or sum(map(len, rows)) > BUTTONS:
        raise Refused(400, f"suggest_buttons.buttons: Ensure this field has no more than {BUTTONS} elements.")
    for button in (button for row in rows for button in row):
        directives = button.get("directives") or []
        if not button.get("title") or len(button["title"]) > NAME or len(str(button.get("id") or "")) > NAME:
            raise Refused(400, f"title: Ensure this field has 1 to {NAME} characters.")
        if len(directives) > DIRECTIVES or any(one.get("type") not in DIRECTIVE_TYPES for one in directives):
            raise Refused(400, "directives: Not a valid list of directives.")
    return [list(row) for row in rows]
