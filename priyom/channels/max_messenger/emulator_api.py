"""The methods of the fake MAX Bot API that speak of messages: what each takes, and what it refuses with the vendor's
codes. Groups are not played."""

from __future__ import annotations

import re
from typing import Any

from priyom.channels.max_messenger.emulator_checks import Given, Refused, Rows, Wanted, bad, checked
from priyom.channels.max_messenger.emulator_state import SEQ_BASE, Bot, Note, State, Talk, dialog, number, user
from priyom.channels.max_messenger.emulator_updates import Updates
from priyom.channels.max_messenger.emulator_uploads import Uploads
from priyom.contracts.emulator import World
from priyom.contracts.phonebook import Patience

EDIT_SECONDS = 7 * 24 * 3600
BOT_PACE, BOT_BURST = 30.0, 60.0
DIALOG_PACE, DIALOG_BURST = 2.0, 20.0
"""MAX publishes 30 a second for a bot and 2 for a dialog, not over how long it counts."""
ACTIONS = {"typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file"}


class Api:
    """The methods over one state."""

    def __init__(self, state: State, world: World, updates: Updates, uploads: Uploads) -> None:
        self.state = state
        self._world = world
        self._updates, self._uploads = updates, uploads
        self._of_bot, self._of_dialog = Patience(BOT_PACE, BOT_BURST), Patience(DIALOG_PACE, DIALOG_BURST)
        self._methods = {
            ("GET", "me"): self._me,
            ("POST", "messages"): self._send,
            ("PUT", "messages"): self._edit,
            ("DELETE", "messages"): self._delete,
            ("GET", "messages"): self._history,
            ("POST", "answers"): self._answer,
            ("POST", "uploads"): uploads.ask,
            ("GET", "subscriptions"): updates.hooks,
            ("POST", "subscriptions"): updates.hook,
            ("DELETE", "subscriptions"): updates.unhook,
        }

    async def call(self, bot: Bot, verb: str, path: str, query: Given, body: Any) -> Any:
        """The answer of one call. Raises Refused."""
        if verb != "GET" and self._of_bot.wait(bot.token, self._world.now()):
            raise too_fast()
        if (verb, path) == ("GET", "updates"):
            return await self._updates.updates(bot, query)
        if found := self._methods.get((verb, path)):
            return found(bot, query, body)
        if verb == "GET" and (named := re.fullmatch(r"messages/([^/]+)", path)):
            return self._one(bot, named[1])
        if verb == "POST" and (named := re.fullmatch(r"chats/(-?\d+)/actions", path)):
            return self._act(bot, named[1], body)
        if path in {known for _, known in self._methods}:
            raise Refused(405, "method.not.allowed", "Method not allowed")
        raise Refused(404, "not.found", "Unknown path")

    def now(self) -> float:
        """Unix seconds of the world's clock."""
        return self._world.now().timestamp()

    def new_note(self, bot: Bot, talk: Talk, direction: str, text: str) -> Note:
        """A message to be put at the end of the dialog."""
        order = self.state.next()
        mid = f"mid.{dialog(bot, number(talk)):016x}019fa5{order:010x}"
        return Note(mid, self.now(), direction, text, seq=SEQ_BASE + order, bot=bot.token)

    def picture(self, bot: Bot, talk: Talk, note: Note) -> dict[str, Any]:
        """The Message object of a message."""
        incoming = note.direction == "in"
        whom = number(talk) if incoming else bot.id
        made = {
            "recipient": {"chat_id": dialog(bot, number(talk)), "chat_type": "dialog", "user_id": whom},
            "timestamp": int(note.at * 1000),
            "body": note.body(),
            "sender": bot.user(self.now()) if incoming else user(talk, self.now()),
        }
        if quoted := talk.letter(note.quoted):
            made["link"] = {"type": "reply", "message": quoted.body(), "chat_id": dialog(bot, number(talk))}
        return made

    # -- messages --

    def _me(self, bot: Bot, query: Given, body: Any) -> Any:
        return bot.user(self.now())

    def _send(self, bot: Bot, query: Given, body: Any) -> Any:
        wanted = checked(body)
        if not (wanted.text or "").strip() and not wanted.rows and not wanted.files:
            raise bad("text: must not be empty")
        talk = self._recipient(bot, query)
        if wanted.quoted and talk.letter(wanted.quoted) is None:
            raise Refused(404, "not.found", f"Message {wanted.quoted} not found")
        attachments = self._uploads.named(wanted)
        self._pace(bot, talk)
        note = self.new_note(bot, talk, "in", wanted.text or "")
        note.quoted = wanted.quoted
        self._fill(note, wanted.rows or [], attachments)
        talk.phone.extra["bot"] = bot.token
        if labels := [b["text"] for row in wanted.rows or [] for b in row if b["type"] == "request_contact"]:
            talk.phone.extra["contact_button"] = labels[0]
        self.state.book.add(talk.phone.address, note)
        return {"message": self.picture(bot, talk, note)}

    def _one(self, bot: Bot, mid: str) -> Any:
        talk, note = self._seen(bot, mid)
        return self.picture(bot, talk, note)

    def _edit(self, bot: Bot, query: Given, body: Any) -> Any:
        wanted = checked(body)
        talk, note = self._own(bot, str(query.get("message_id", "")))
        if talk.phone.blocked:
            raise suspended(bot, talk)
        if not note.rows and self.now() - note.at > EDIT_SECONDS:
            raise Refused(200, "", "Message is too old to be edited")
        self._pace(bot, talk)
        self._replace(talk, note, wanted)
        return {"success": True}

    def _delete(self, bot: Bot, query: Given, body: Any) -> Any:
        talk, note = self._own(bot, str(query.get("message_id", "")))
        talk.letters.remove(note)
        self.state.book.touch(talk.phone.address)
        return {"success": True}

    def _history(self, bot: Bot, query: Given, body: Any) -> Any:
        talk = self._by_chat(bot, str(query.get("chat_id", "")))
        if talk.phone.blocked:
            raise suspended(bot, talk)
        newest = [note for note in reversed(talk.letters) if note.bot == bot.token]
        count = int(query.get("count") or 50)
        return {"messages": [self.picture(bot, talk, note) for note in newest[:count]]}

    def _answer(self, bot: Bot, query: Given, body: Any) -> Any:
        given = body if isinstance(body, dict) else {}
        said, message = given.get("notification"), given.get("message")
        if not said and message is None:
            raise bad("`message` or `notification` required")
        press = self.state.presses.get(str(query.get("callback_id", "")))
        if press is None:
            raise Refused(404, "not.found", "Callback not found")
        talk = self.state.book.chat(str(press.user))
        self._pace(bot, talk)
        note = talk.letter(press.mid)
        if message is not None and note is not None:
            self._replace(talk, note, checked(message))
        if said:
            press.notes.append(str(said))
        self.state.book.touch(talk.phone.address)
        return {"success": True}

    def _act(self, bot: Bot, chat: str, body: Any) -> Any:
        if not isinstance(body, dict) or body.get("action") not in ACTIONS:
            raise bad("action: unknown value")
        talk = self._by_chat(bot, chat)
        if talk.phone.blocked:
            raise suspended(bot, talk)
        talk.phone.extra["typing_at"] = self.now()
        self.state.book.touch(talk.phone.address)
        return {"success": True}

    def _replace(self, talk: Talk, note: Note, wanted: Wanted) -> None:
        if wanted.rows is not None:
            self._fill(note, wanted.rows, self._uploads.named(wanted))
        if wanted.text is not None:
            note.text = wanted.text
        note.edited = True
        self.state.book.touch(talk.phone.address)

    def _fill(self, note: Note, rows: Rows, attachments: list[dict[str, Any]]) -> None:
        note.rows = rows
        note.keyboard_id = f"kb-{self.state.next():012d}" if rows else ""
        note.attachments, note.files = attachments, self._uploads.names(attachments)

    def _pace(self, bot: Bot, talk: Talk) -> None:
        if self._of_dialog.wait(f"{bot.id}:{talk.phone.address}", self._world.now()):
            raise too_fast()

    # -- whom it is for --

    def _recipient(self, bot: Bot, query: Given) -> Talk:
        """Raises Refused as MAX does for strangers, the not yet started and those who stopped the bot."""
        wanted, chat = str(query.get("user_id") or ""), str(query.get("chat_id") or "")
        if not wanted and not chat:
            raise bad("Unknown recipient")
        talk = self.state.book.chats.get(wanted) if wanted else self._by_chat(bot, chat)
        if talk is None or not talk.phone.started:
            raise Refused(404, "dialog.not.found", "Key: error.dialog.notfound")
        if talk.phone.blocked:
            raise suspended(bot, talk)
        return talk

    def _by_chat(self, bot: Bot, chat: str) -> Talk:
        if chat in ("", "0"):
            raise Refused(403, "chat.denied", "Invalid chatId: 0")
        talk = self.state.book.chats.get(str(int(chat) ^ bot.id)) if chat.isdecimal() else None
        if talk is None or not talk.phone.started:
            raise Refused(404, "chat.not.found", f"Chat {chat} not found")
        return talk

    def _seen(self, bot: Bot, mid: str) -> tuple[Talk, Note]:
        found = self.state.note(mid)
        if found is None or found[1].bot != bot.token:
            raise Refused(404, "not.found", f"Message {mid} not found")
        return found

    def _own(self, bot: Bot, mid: str) -> tuple[Talk, Note]:
        found = self.state.note(mid)
        if found is None:
            raise Refused(404, "not.found", f"Message {mid} not found")
        if found[1].direction == "out" or found[1].bot != bot.token:
            raise Refused(403, "access.denied", "Not an own message")
        return found


def suspended(bot: Bot, talk: Talk) -> Refused:
    """The person stopped the bot."""
    return Refused(403, "chat.denied", f"Key: error.dialog.suspended, args: [{dialog(bot, number(talk))},].")


def too_fast() -> Refused:
    """More than the published pace; the words of this answer are not published."""
    return Refused(429, "too.many.requests", "Too many requests")
