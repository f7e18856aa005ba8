"""The methods of the fake BotX API: what each takes, and what it refuses with the vendor's reasons."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from priyom.channels.express.emulator_state import Bot, Letter, State
from priyom.contracts.emulator import World

BODY = 4096
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATA_URI = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,(.*)", re.DOTALL)


class Refused(Exception):
    """An answer with `status: error`."""

    def __init__(self, status: int, reason: str, description: str = "", *errors: str) -> None:
        super().__init__(reason)
        self.status = status
        data = {"error_description": description} if description else {}
        self.body = {"status": "error", "reason": reason, "errors": list(errors), "error_data": data}


class Api:
    """The methods over one state. `delivers`: phones are switched on, so that messages are received at once."""

    def __init__(self, state: State, world: World) -> None:
        self.state = state
        self.loses: Callable[[], bool] = lambda: False
        self.delivers = True
        self.typed: list[str] = []
        self._world = world

    def read(self, bot: Bot, path: str, query: Mapping[str, str]) -> Any:
        """GET methods; their `result`. Raises Refused."""
        match path:
            case "v3/botx/chats/list":
                return [
                    {**self._chat(bot, address), "members": self.state.people()}
                    for address in self.state.phones
                    if address.startswith("chat:")
                ]
            case "v1/botx/chats/personal":
                huid = query.get("user_huid", "")
                if f"{bot.id}:{huid}" not in self.state.chats:
                    raise Refused(404, "chat_not_found", "Personal chat with specified user_huid is not found")
                return self._chat(bot, f"user:{huid}")
            case "v3/botx/chats/info":
                address = self._standing(bot, query)
                return self._chat(bot, address)
        if found := re.fullmatch(r"v3/botx/events/([0-9a-f-]+)/status", path):
            return self._status(found[1])
        raise Refused(404, "not_found")

    def write(self, bot: Bot, path: str, given: Any) -> Any:
        """POST methods but the sends; their `result`. Raises Refused."""
        if not isinstance(given, dict):
            raise Refused(400, "malformed_request")
        match path:
            case "v3/botx/chats/create":
                return {"chat_id": self._create(bot, given)}
            case "v3/botx/events/edit_event":
                return self._edit(bot, given)
            case "v3/botx/events/delete_event":
                letter = self._own(bot, given, "sync_id_not_found")
                del self.state.letters[letter.sync_id]
                return "event_deleted"
            case "v3/botx/events/typing":
                self.typed.append(self._standing(bot, given))
                return "typing_event_pushed"
        raise Refused(404, "not_found")

    def accept(self, bot: Bot, given: Any) -> Letter:
        """What `direct` refuses at once; the message it would be, not yet standing."""
        notification = given.get("notification") if isinstance(given, dict) else None
        chat = str(given.get("group_chat_id", "")) if isinstance(given, dict) else ""
        if not isinstance(notification, dict) or not UUID_TEXT.fullmatch(chat):
            raise Refused(400, "malformed_request", "", "group_chat_id")
        text, file = notification.get("body"), given.get("file")
        if not isinstance(text, str) or len(text) > BODY or (not text and not file):
            raise Refused(400, "malformed_request", "", "body")
        bubble = _bubble(notification)
        letter = Letter(self.state.uuid(), chat, "", bot.id, bot.id, self._world.now().isoformat(), text, bubble)
        letter.metadata = dict(notification.get("metadata") or {})
        letter.recipients = list(given.get("recipients") or ())
        letter.quiet = not ((given.get("opts") or {}).get("notification_opts") or {}).get("send", True)
        if file:
            if not DATA_URI.fullmatch(str(file.get("data"))) or not file.get("file_name"):
                raise Refused(400, "malformed_request", "", "file")
            base64.b64decode(str(file["data"]).partition(";base64,")[2], validate=True)
            letter.files.append(str(file["file_name"]))
        return letter

    def stand(self, bot: Bot, letter: Letter) -> None:
        """Put the message into its chat. Raises Refused with what a callback would say."""
        address = self.state.address_of(bot, letter.chat_id)
        if address is None:
            raise Refused(404, "chat_not_found", "Chat not found")
        if address.startswith("chat:") and self.state.phones[address].blocked:
            raise Refused(403, "bot_is_not_a_chat_member", "Bot is not a chat member")
        members = self.state.people() if address.startswith("chat:") else [address.removeprefix("user:")]
        to = [huid for huid in letter.recipients or members if huid in members and huid in self.state.people()]
        if not to:
            raise Refused(422, "event_recipients_list_is_empty", "Event recipients list is empty")
        letter.address, letter.recipients = address, to
        letter.lost = self.loses()
        arrives = self.delivers and not letter.lost
        letter.received = dict.fromkeys(to, self._world.now().isoformat()) if arrives else {}
        self.state.letters[letter.sync_id] = letter
        if not letter.lost:
            self._world.changed("express", address)

    def _create(self, bot: Bot, given: Mapping[str, Any]) -> str:
        members = [str(huid) for huid in given.get("members") or ()]
        if given.get("chat_type") not in ("chat", "group_chat", "channel") or not given.get("name"):
            raise Refused(400, "malformed_request")
        if given["chat_type"] == "chat" and len(members) != 1:
            raise Refused(422, "members_count_error", "", "chat of two has one other member")
        if strangers := [huid for huid in members if huid not in self.state.people()]:
            raise Refused(422, "members_not_found", "", *strangers)
        chat = self.state.uuid()
        if given["chat_type"] == "chat":
            return self.state.chats.setdefault(f"{bot.id}:{members[0]}", chat)
        raise Refused(403, "chat_creation_is_prohibited", "This bot makes no group chats")

    def _edit(self, bot: Bot, given: Mapping[str, Any]) -> str:
        letter, payload = self._own(bot, given, "event_not_found"), given.get("payload") or {}
        if "body" in payload:
            if not isinstance(payload["body"], str) or not 0 < len(payload["body"]) <= BODY:
                raise Refused(400, "malformed_request", "", "body")
            letter.text = payload["body"]
        if "bubble" in payload:
            letter.bubble = _bubble(payload)
        letter.edited = True
        self._world.changed("express", letter.address)
        return "event_updated"

    def _status(self, sync_id: str) -> dict[str, Any]:
        letter = self.state.letters.get(sync_id)
        if letter is None:
            raise Refused(404, "event_not_found")
        return {
            "group_chat_id": letter.chat_id,
            "sent_to": letter.recipients,
            "received_by": [{"user_huid": huid, "received_at": at} for huid, at in letter.received.items()],
            "read_by": [{"user_huid": huid, "read_at": at} for huid, at in letter.read.items()],
        }

    def _own(self, bot: Bot, given: Mapping[str, Any], reason: str) -> Letter:
        letter = self.state.letters.get(str(given.get("sync_id")))
        if letter is None or letter.author != bot.id:
            raise Refused(404, reason)
        return letter

    def _standing(self, bot: Bot, given: Mapping[str, Any]) -> str:
        address = self.state.address_of(bot, str(given.get("group_chat_id")))
        if address is None:
            raise Refused(404, "chat_not_found", "Chat not found")
        return address

    def _chat(self, bot: Bot, address: str) -> dict[str, Any]:
        kind, _, number = address.partition(":")
        personal = kind == "user"
        members = [number] if personal else self.state.people()
        chat = self.state.chats[f"{bot.id}:{number}"] if personal else number
        listed = [{"admin": False, "user_huid": huid, "user_kind": "cts_user"} for huid in members]
        common = {
            "chat_type": "chat" if personal else "group_chat", "description": None, "group_chat_id": chat,
            "inserted_at": "2026-01-01T00:00:00.000000Z", "updated_at": "2026-01-01T00:00:00.000000Z",
            "name": self.state.phones[address].name or "Беседа", "shared_history": False,
        }  # fmt: skip
        return {**common, "creator": bot.id, "members": listed}


def _bubble(given: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    rows = given.get("bubble") or []
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, "malformed_request", "", "bubble")
    for button in (button for row in rows for button in row):
        link = (button.get("opts") or {}).get("link")
        if not button.get("label") or not (button.get("command") or link):
            raise Refused(400, "malformed_request", "", "bubble")
    return [list(row) for row in rows]
