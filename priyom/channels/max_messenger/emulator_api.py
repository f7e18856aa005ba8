"""The methods of the fake MAX Bot API: what each takes, and what it refuses with the vendor's codes.

As seen on the live service, a body is checked before its recipient. Plain text only: `format` is checked and markup
left as it is. Long polling (`GET /updates`), uploads and groups are not played.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.max_messenger.emulator_state import SEQ_BASE, Bot, Letter, Person, State, Subscription
from priyom.contracts.emulator import World

TEXT_LIMIT = 4000
ROWS, ROW, NARROW_ROW, LABEL, PAYLOAD, URL = 30, 7, 3, 128, 1024, 2048
NARROW = {"link", "open_app", "request_geo_location", "request_contact"}
KINDS = NARROW | {"callback", "message", "clipboard"}
EDIT_SECONDS = 7 * 24 * 3600
GIVE_UP_SECONDS = 8 * 3600

Given = Mapping[str, Any]


class Refused(Exception):
    """An error answer. Status 200 stands for `success: false`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad(message: str) -> Refused:
    """HTTP 400 for a body MAX cannot take."""
    return Refused(400, "proto.payload", message)


class Api:
    """The methods over one state. `loopback`: webhooks may be plain HTTP on any port of this machine."""

    def __init__(self, state: State, world: World, *, loopback: bool = True) -> None:
        self.state = state
        self._world = world
        self.loopback = loopback

    def call(self, bot: Bot, verb: str, path: str, query: Given, body: Any) -> Any:
        """The answer of one call. Raises Refused."""
        methods = {
            ("GET", "me"): self._me,
            ("POST", "messages"): self._send,
            ("PUT", "messages"): self._edit,
            ("DELETE", "messages"): self._delete,
            ("GET", "messages"): self._history,
            ("POST", "answers"): self._answer,
            ("GET", "subscriptions"): self._hooks,
            ("POST", "subscriptions"): self._hook,
            ("DELETE", "subscriptions"): self._unhook,
        }
        found = methods.get((verb, path))
        if found is not None:
            return found(bot, query, body)
        if path in {known for _, known in methods}:
            raise Refused(405, "method.not.allowed", "Method not allowed")
        raise Refused(404, "not.found", "Unknown path")

    def now(self) -> float:
        """Unix seconds of the world's clock."""
        return self._world.now().timestamp()

    def new_letter(self, bot: Bot, person: Person, direction: str, text: str) -> Letter:
        """A message put at the end of the dialog."""
        number = self.state.next()
        mid = f"mid.{person.chat_id:016x}019fa5{number:010x}"
        letter = Letter(mid, SEQ_BASE + number, bot.token, self.now(), direction, text)
        person.letters.append(letter)
        return letter

    def picture(self, bot: Bot, person: Person, letter: Letter) -> dict[str, Any]:
        """The Message object of a letter."""
        incoming = letter.direction == "in"
        whom = person.id if incoming else bot.id
        return {
            "recipient": {"chat_id": person.chat_id, "chat_type": "dialog", "user_id": whom},
            "timestamp": int(letter.at * 1000),
            "body": letter.body(),
            "sender": bot.user(self.now()) if incoming else person.user(self.now()),
        }

    # -- messages --

    def _me(self, bot: Bot, query: Given, body: Any) -> Any:
        return bot.user(self.now())

    def _send(self, bot: Bot, query: Given, body: Any) -> Any:
        text, rows = _checked(body)
        if not text.strip() and not rows:
            raise bad("text: must not be empty")
        person = self._recipient(query)
        letter = self.new_letter(bot, person, "in", text)
        self._set_rows(letter, rows or [])
        person.last_bot = bot.token
        if labels := [button["text"] for row in rows or [] for button in row if button["type"] == "request_contact"]:
            person.phone.extra["contact_button"] = labels[0]
        self._world.changed("max", person.phone.address)
        return {"message": self.picture(bot, person, letter)}

    def _edit(self, bot: Bot, query: Given, body: Any) -> Any:
        text, rows = _checked(body)
        person, letter = self._own(bot, str(query.get("message_id", "")))
        if person.phone.blocked:
            raise suspended(person)
        if not letter.rows and self.now() - letter.at > EDIT_SECONDS:
            raise Refused(200, "", "Message is too old to be edited")
        self._replace(person, letter, text if body.get("text") is not None else letter.text, rows)
        return {"success": True}

    def _delete(self, bot: Bot, query: Given, body: Any) -> Any:
        person, letter = self._own(bot, str(query.get("message_id", "")))
        person.letters.remove(letter)
        self._world.changed("max", person.phone.address)
        return {"success": True}

    def _history(self, bot: Bot, query: Given, body: Any) -> Any:
        person = self._by_chat(str(query.get("chat_id", "")))
        if person.phone.blocked:
            raise suspended(person)
        newest = [letter for letter in reversed(person.letters) if letter.bot == bot.token]
        count = int(query.get("count") or 50)
        return {"messages": [self.picture(bot, person, letter) for letter in newest[:count]]}

    def _answer(self, bot: Bot, query: Given, body: Any) -> Any:
        given = body if isinstance(body, dict) else {}
        note, message = given.get("notification"), given.get("message")
        if not note and message is None:
            raise bad("`message` or `notification` required")
        press = self.state.presses.get(str(query.get("callback_id", "")))
        if press is None:
            raise Refused(404, "not.found", "Callback not found")
        person = self.state.people[str(press.user)]
        letter = person.letter(press.mid)
        if message is not None and letter is not None:
            text, rows = _checked(message)
            self._replace(person, letter, text, rows)
        if note:
            press.notes.append(str(note))
        self._world.changed("max", person.phone.address)
        return {"success": True}

    def _replace(self, person: Person, letter: Letter, text: str, rows: list[list[dict[str, Any]]] | None) -> None:
        if rows is not None:
            self._set_rows(letter, rows)
        letter.text, letter.edited = text, True
        self._world.changed("max", person.phone.address)

    def _set_rows(self, letter: Letter, rows: list[list[dict[str, Any]]]) -> None:
        letter.rows = rows
        letter.keyboard_id = f"kb-{self.state.next():012d}" if rows else ""

    # -- webhooks --

    def _hooks(self, bot: Bot, query: Given, body: Any) -> Any:
        return {
            "subscriptions": [
                {"url": hook.url, "time": int(hook.since * 1000), "update_types": hook.kinds or None}
                for hook in bot.subscriptions
            ]
        }

    def _hook(self, bot: Bot, query: Given, body: Any) -> Any:
        given = body if isinstance(body, dict) else {}
        url, secret = str(given.get("url") or ""), given.get("secret")
        if secret is not None and not re.fullmatch(r"[a-zA-Z0-9_-]{5,256}", str(secret)):
            raise bad('secret: must match "^[a-zA-Z0-9_-]{5,256}$"')
        self._check_hook(url)
        kinds = [str(kind) for kind in given.get("update_types") or []]
        bot.subscriptions.append(Subscription(url, str(secret or ""), kinds, self.now()))
        return {"success": True}

    def _check_hook(self, url: str) -> None:
        parts = urlsplit(url)
        if self.loopback and parts.scheme and parts.hostname in ("127.0.0.1", "localhost", "::1"):
            return
        if parts.scheme != "https" or parts.port is not None:
            raise bad("url: must be https:// on port 443 without a port in the address")

    def _unhook(self, bot: Bot, query: Given, body: Any) -> Any:
        url = str(query.get("url", ""))
        if all(hook.url != url for hook in bot.subscriptions):
            raise Refused(200, "", "Subscription not found")
        bot.subscriptions[:] = [hook for hook in bot.subscriptions if hook.url != url]
        return {"success": True}

    # -- whom it is for --

    def _recipient(self, query: Given) -> Person:
        """Raises Refused as MAX does for strangers, the not yet started and those who stopped the bot."""
        user, chat = str(query.get("user_id") or ""), str(query.get("chat_id") or "")
        if not user and not chat:
            raise bad("Unknown recipient")
        person = self.state.people.get(user) if user else self._by_chat(chat)
        if person is None or not person.phone.started:
            raise Refused(404, "dialog.not.found", "Key: error.dialog.notfound")
        if person.phone.blocked:
            raise suspended(person)
        return person

    def _by_chat(self, chat: str) -> Person:
        for person in self.state.people.values():
            if str(person.chat_id) == chat and person.phone.started:
                return person
        if chat in ("", "0"):
            raise Refused(403, "chat.denied", "Invalid chatId: 0")
        raise Refused(404, "chat.not.found", f"Chat {chat} not found")

    def _own(self, bot: Bot, mid: str) -> tuple[Person, Letter]:
        found = self.state.letter(mid)
        if found is None:
            raise Refused(404, "not.found", f"Message {mid} not found")
        if found[1].direction == "out" or found[1].bot != bot.token:
            raise Refused(403, "access.denied", "Not an own message")
        return found


def suspended(person: Person) -> Refused:
    """The person stopped the bot."""
    return Refused(403, "chat.denied", f"Key: error.dialog.suspended, args: [{person.chat_id},].")


def _checked(body: Any) -> tuple[str, list[list[dict[str, Any]]] | None]:
    """Text and rows of buttons of a NewMessageBody; None: attachments are not named. Raises Refused."""
    if not isinstance(body, dict):
        raise bad("body: must be an object")
    text = body.get("text")
    if text is not None and not isinstance(text, str):
        raise bad("text: must be a string")
    if len(text or "") > TEXT_LIMIT:
        raise bad(f"text: size must be between 0 and {TEXT_LIMIT}")
    if body.get("format") not in (None, "markdown", "html"):
        raise bad("format: unknown value")
    attachments = body.get("attachments")
    if attachments is None:
        return text or "", None
    if not isinstance(attachments, list) or not all(isinstance(item, dict) for item in attachments):
        raise bad("attachments: must be an array of objects")
    keyboards = [item for item in attachments if item.get("type") == "inline_keyboard"]
    if len(keyboards) != len(attachments) or len(keyboards) > 1:
        raise bad("attachments: only one inline_keyboard is played here")
    return text or "", _rows(keyboards[0]) if keyboards else []


def _rows(keyboard: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    payload = keyboard.get("payload")
    rows = payload.get("buttons") if isinstance(payload, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise bad("buttons: must be a non-empty array of non-empty arrays")
    if len(rows) > ROWS:
        raise bad("Key: errors.maxRows")
    for row in rows:
        narrow = any(isinstance(button, dict) and button.get("type") in NARROW for button in row)
        if len(row) > (NARROW_ROW if narrow else ROW):
            raise bad("Key: errors.maxRowSize")
        for button in row:
            _check_button(button)
    return rows


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or button.get("type") not in KINDS:
        raise bad("button: unknown type")
    if not isinstance(button.get("text"), str) or not 1 <= len(button["text"]) <= LABEL:
        raise bad(f"button.text: size must be between 1 and {LABEL}")
    if button["type"] == "callback" and not 1 <= len(str(button.get("payload") or "")) <= PAYLOAD:
        raise bad(f"button.payload: size must be between 1 and {PAYLOAD}")
    if button["type"] == "link" and not 1 <= len(str(button.get("url") or "")) <= URL:
        raise bad(f"button.url: size must be between 1 and {URL}")
