"""The methods of the fake Bot API that speak of messages: what each takes, and what it refuses in Telegram's words."""

from __future__ import annotations

from typing import Any

from priyom.channels.telegram.emulator_checks import (
    Given,
    Refused,
    bad,
    caption,
    contact_label,
    inline,
    nested,
    too_fast,
    whole,
    words,
)
from priyom.channels.telegram.emulator_files import Files
from priyom.channels.telegram.emulator_state import Bot, Note, State, Talk, chat, next_id, user
from priyom.channels.telegram.emulator_updates import PRESS_LIFE, Updates
from priyom.contracts.emulator import World
from priyom.contracts.phonebook import Patience

BOT_PACE = 30.0
CHAT_PACE, CHAT_BURST = 1.0, 20.0
"""Telegram publishes «about one a second in one chat, short bursts pass»; how long a burst may be, nobody says."""
ACTIONS = {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class Api:
    """The methods over one state."""

    def __init__(self, state: State, world: World, updates: Updates) -> None:
        self.state = state
        self._world = world
        self._updates = updates
        self._files = Files(state)
        self._of_bot, self._of_chat = Patience(BOT_PACE, BOT_PACE), Patience(CHAT_PACE, CHAT_BURST)
        self._methods = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "sendmediagroup": self._send_album,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete,
            "answercallbackquery": self._answer_press,
            "setwebhook": updates.set_webhook,
            "deletewebhook": updates.delete_webhook,
            "getwebhookinfo": updates.webhook_info,
            "getfile": self._files.get_file,
            "sendchataction": self._chat_action,
        }

    async def call(self, bot: Bot, method: str, given: Given) -> Any:
        """The `result` of one call; method names know no case. Raises Refused."""
        name = method.lower()
        if name == "getupdates":
            return await self._updates.get_updates(bot, given)
        if (kind := self._files.kind_of(name)) is not None:
            return self._send_file(bot, kind, given)
        found = self._methods.get(name)
        if found is None:
            raise Refused(404, "Not Found: method not found")
        return found(bot, given)

    def picture(self, bot: Bot, talk: Talk, note: Note) -> dict[str, Any]:
        """The Message object of a message."""
        made: dict[str, Any] = {
            "message_id": int(note.id),
            "from": bot.user() if note.direction == "in" else user(talk),
            "chat": chat(talk),
            "date": int(note.at),
            **note.content,
        }
        if note.text and "contact" not in note.content:
            made["caption" if note.has_file else "text"] = note.text
        if note.inline:
            made["reply_markup"] = {"inline_keyboard": note.inline}
        if note.edited:
            made["edit_date"] = int(self._world.now().timestamp())
        if quoted := talk.letter(note.quoted):
            made["reply_to_message"] = self.picture(bot, talk, quoted)
        return made

    # -- sending --

    def _get_me(self, bot: Bot, given: Given) -> Any:
        abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**bot.user(), **abilities}

    def _send_message(self, bot: Bot, given: Given) -> Any:
        text = words(given)
        return self._put(bot, given, [({}, "", text)])[0]

    def _send_file(self, bot: Bot, kind: str, given: Given) -> Any:
        text = caption(given)
        content, name = self._files.keep(kind, given, given.get(kind))
        return self._put(bot, given, [(content, name, text)])[0]

    def _send_album(self, bot: Bot, given: Given) -> Any:
        group = str(13_000_000_000_000_000 + self.state.next())
        items = self._files.album(given)
        made = [({**content, "media_group_id": group}, name, caption(item)) for content, name, item in items]
        return self._put(bot, given, made)

    def _put(self, bot: Bot, given: Given, items: list[tuple[dict[str, Any], str, str]]) -> list[dict[str, Any]]:
        """Put messages (content, file's name, words) into the chat; their Message objects."""
        markup = nested(given, "reply_markup")
        rows = inline(markup)
        talk = self._talk(given)
        quoted = self._quoted(talk, given)
        address = talk.phone.address
        for _ in items:
            if wait := self._of_bot.wait(bot.token, self._world.now()):
                raise too_fast(wait)
            if wait := self._of_chat.wait(f"{bot.id}:{address}", self._world.now()):
                raise too_fast(wait)
        made = []
        for content, name, text in items:
            at, files = self._world.now().timestamp(), [name] if name else []
            note = Note(next_id(talk), at, "in", text, False, files, bot.token, rows, content, quoted)
            made.append(self.picture(bot, talk, self.state.book.add(address, note)))
        talk.phone.extra["bot"] = bot.token
        if (label := contact_label(markup)) is not None:
            talk.phone.extra["contact_button"] = label
        return made

    def _quoted(self, talk: Talk, given: Given) -> str:
        wanted = nested(given, "reply_parameters")
        if not isinstance(wanted, dict):
            return ""
        key = str(wanted.get("message_id") or "")
        if talk.letter(key) is not None:
            return key
        if not wanted.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return ""

    def _chat_action(self, bot: Bot, given: Given) -> Any:
        if given.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        talk = self._talk(given)
        talk.phone.extra["typing_at"] = self._world.now().timestamp()
        self.state.book.touch(talk.phone.address)
        return True

    # -- what stands --

    def _edit_text(self, bot: Bot, given: Given) -> Any:
        text = words(given)
        return self._edit(bot, given, text, under_file=False)

    def _edit_caption(self, bot: Bot, given: Given) -> Any:
        return self._edit(bot, given, caption(given), under_file=True)

    def _edit_markup(self, bot: Bot, given: Given) -> Any:
        return self._edit(bot, given, None, under_file=False)

    def _edit(self, bot: Bot, given: Given, text: str | None, *, under_file: bool) -> Any:
        rows = inline(nested(given, "reply_markup"))
        talk, note = self._own(bot, given, "edit")
        if text is not None and note.has_file and not under_file:
            raise bad("there is no text in the message to edit")
        if under_file and not note.has_file:
            raise bad("there is no caption in the message to edit")
        wanted = note.text if text is None else text
        if (note.text, note.inline) == (wanted, rows):
            raise bad(NOT_MODIFIED)
        note.text, note.inline, note.edited = wanted, rows, True
        self.state.book.touch(talk.phone.address)
        return self.picture(bot, talk, note)

    def _delete(self, bot: Bot, given: Given) -> Any:
        talk, note = self._own(bot, given, "delete")
        if self._world.now().timestamp() - note.at > 48 * 3600:
            raise bad("message can't be deleted for everyone")
        talk.letters.remove(note)
        self.state.book.touch(talk.phone.address)
        return True

    def _answer_press(self, bot: Bot, given: Given) -> Any:
        press = self.state.presses.get(str(given.get("callback_query_id", "")))
        if press is None or self._world.now().timestamp() - press.at > PRESS_LIFE.total_seconds():
            raise bad("query is too old and response timeout expired or query ID is invalid")
        text = str(given.get("text") or "")
        if len(text) > 200:
            raise bad("MESSAGE_TOO_LONG")
        press.answer = text
        self.state.book.touch(str(press.chat))
        return True

    def _own(self, bot: Bot, given: Given, what: str) -> tuple[Talk, Note]:
        talk = self._talk(given)
        note = talk.letter(str(whole(given, "message_id", "message identifier is not specified")))
        if note is None or note.bot != bot.token:
            raise bad(f"message to {what} not found")
        if note.direction == "out" and what == "edit":
            raise bad("message can't be edited")
        return talk, note

    def _talk(self, given: Given) -> Talk:
        """Whom the call is for. Raises Refused as Telegram does for strangers, the not yet started and the blocked."""
        wanted = given.get("chat_id")
        if wanted in (None, ""):
            raise bad("chat_id is empty")
        talk = self.state.book.chats.get(str(wanted))
        if talk is None:
            raise bad("chat not found")
        if talk.phone.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if not talk.phone.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return talk
