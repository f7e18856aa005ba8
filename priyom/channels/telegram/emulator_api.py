"""The methods of the fake Bot API: what each takes, and what it refuses in Telegram's own words.

It knows plain text only: the house never sends `parse_mode`, so asking for one is refused.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.telegram.emulator_state import Bot, Letter, Person, State
from priyom.contracts.emulator import World
from priyom.contracts.hook_post import HookPost

TEXT_LIMIT = 4096
CALLBACK_SECONDS = 150
PORTS = (443, 80, 88, 8443)


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


def bad(text: str) -> Refused:
    """HTTP 400."""
    return Refused(400, f"Bad Request: {text}")


class Api:
    """The methods over one state. `loopback`: webhooks may be plain HTTP on any port of this machine."""

    def __init__(self, state: State, world: World, post: HookPost, *, loopback: bool = True) -> None:
        self.state = state
        self._world = world
        self._post = post
        self.loopback = loopback
        self._methods = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "editmessagetext": self._edit_text,
            "editmessagereplymarkup": self._edit_markup,
            "answercallbackquery": self._answer_press,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
            "getupdates": self._get_updates,
            "getfile": self._get_file,
            "sendchataction": self._chat_action,
        }

    def call(self, bot: Bot, method: str, given: Mapping[str, Any]) -> Any:
        """The `result` of one call; method names know no case. Raises Refused."""
        found = self._methods.get(method.lower())
        if found is None:
            raise Refused(404, "Not Found: method not found")
        return found(bot, given)

    def picture(self, bot: Bot, person: Person, letter: Letter) -> dict[str, Any]:
        """The Message object of a letter."""
        made: dict[str, Any] = {
            "message_id": letter.number,
            "from": bot.user() if letter.direction == "in" else person.user(),
            "chat": person.chat(),
            "date": int(letter.at),
            "text": letter.text,
        }
        if letter.inline:
            made["reply_markup"] = {"inline_keyboard": letter.inline}
        if letter.edited:
            made["edit_date"] = int(self._world.now().timestamp())
        return made

    # -- methods --

    def _get_me(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**bot.user(), **abilities}

    def _send_message(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        text = _text(given)
        markup = _nested(given, "reply_markup")
        inline = _inline(markup)
        person = self._person(given)
        if _units(text) > TEXT_LIMIT:
            raise bad("message is too long")
        now = self._world.now().timestamp()
        letter = Letter(person.next_number(), bot.token, now, "in", text, inline)
        person.letters.append(letter)
        person.last_bot = bot.token
        self._keep_keyboard(person, markup)
        self._world.changed("telegram", person.phone.address)
        return self.picture(bot, person, letter)

    def _edit_text(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        text = _text(given)
        if _units(text) > TEXT_LIMIT:
            raise bad("message is too long")
        return self._edit(bot, given, text)

    def _edit_markup(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        return self._edit(bot, given, None)

    def _edit(self, bot: Bot, given: Mapping[str, Any], text: str | None) -> Any:
        inline = _inline(_nested(given, "reply_markup"))
        person = self._person(given)
        letter = person.letter(_number(given, "message_id", "message identifier is not specified"))
        if letter is None or letter.bot != bot.token:
            raise bad("message to edit not found")
        if letter.direction == "out":
            raise bad("message can't be edited")
        wanted = letter.text if text is None else text
        if (letter.text, letter.inline) == (wanted, inline):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        letter.text, letter.inline, letter.edited = wanted, inline, True
        self._world.changed("telegram", person.phone.address)
        return self.picture(bot, person, letter)

    def _answer_press(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        press = self.state.presses.get(str(given.get("callback_query_id", "")))
        if press is None or self._world.now().timestamp() - press.at > CALLBACK_SECONDS:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        text = str(given.get("text") or "")
        if len(text) > 200:
            raise bad("MESSAGE_TOO_LONG")
        press.answer = text
        self._world.changed("telegram", str(press.chat))
        return True

    def _set_webhook(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        url, secret = str(given.get("url") or ""), str(given.get("secret_token") or "")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token contains unallowed characters")
        if url:
            self._check_hook(url)
        allowed = _nested(given, "allowed_updates")
        if allowed is not None:
            bot.allowed = [str(kind) for kind in allowed] if isinstance(allowed, list) else []
        if _flag(given, "drop_pending_updates"):
            self._post.drop()
            bot.loose.clear()
        bot.hook_url, bot.hook_secret = url, secret
        return True

    def _check_hook(self, url: str) -> None:
        parts = urlsplit(url)
        local = _is_local(parts.hostname or "")
        if local and self.loopback:
            return
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if local:
            raise bad(f"bad webhook: IP address {parts.hostname} is reserved")

    def _delete_webhook(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        return self._set_webhook(bot, {"url": "", "drop_pending_updates": given.get("drop_pending_updates")})

    def _webhook_info(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        made: dict[str, Any] = {
            "url": bot.hook_url,
            "has_custom_certificate": False,
            "pending_update_count": self._post.waiting() if bot.hook_url else len(bot.loose),
            "max_connections": 40,
        }
        if bot.allowed:
            made["allowed_updates"] = bot.allowed
        if bot.hook_url and self._post.last_failure is not None:
            at, status = self._post.last_failure
            made["last_error_date"] = int(at.timestamp())
            made["last_error_message"] = (
                f"Wrong response from the webhook: {status}" if status else "Connection refused"
            )
        return made

    def _get_updates(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        if bot.hook_url:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        offset = int(given.get("offset") or 0)
        bot.loose[:] = [update for update in bot.loose if update["update_id"] >= offset]
        return bot.loose[: int(given.get("limit") or 100)]

    def _get_file(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        key = str(given.get("file_id") or "")
        stored = self.state.files.get(key)
        if stored is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        size = len(stored.bytes())
        if size > 20 * 1024 * 1024:
            raise bad("file is too big")
        return {"file_id": key, "file_unique_id": key[-8:], "file_size": size, "file_path": stored.path}

    def _chat_action(self, bot: Bot, given: Mapping[str, Any]) -> Any:
        self._person(given)
        return True

    # -- the chat --

    def _person(self, given: Mapping[str, Any]) -> Person:
        """Whom the call is for. Raises Refused as Telegram does for strangers, the not yet started and the blocked."""
        chat = given.get("chat_id")
        if chat in (None, ""):
            raise bad("chat_id is empty")
        person = self.state.people.get(str(chat))
        if person is None:
            raise bad("chat not found")
        if person.phone.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if not person.phone.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return person

    def _keep_keyboard(self, person: Person, markup: Any) -> None:
        """A contact button stands under the input field till another keyboard takes its place."""
        if not isinstance(markup, dict):
            return
        if "keyboard" in markup:
            labels = [
                b["text"] for row in markup["keyboard"] for b in row if isinstance(b, dict) and b.get("request_contact")
            ]
            person.phone.extra["contact_button"] = labels[0] if labels else ""
        elif "remove_keyboard" in markup:
            person.phone.extra["contact_button"] = ""


def _text(given: Mapping[str, Any]) -> str:
    if given.get("parse_mode"):
        raise bad("unsupported parse_mode")
    text = str(given.get("text") or "").strip()
    if not text:
        raise bad("message text is empty")
    return text


def _units(text: str) -> int:
    """UTF-16 code units: the strictest way to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _number(given: Mapping[str, Any], name: str, missing: str) -> int:
    try:
        return int(given[name])
    except (KeyError, TypeError, ValueError):
        raise bad(missing) from None


def _flag(given: Mapping[str, Any], name: str) -> bool:
    return str(given.get(name)).lower() in ("true", "1")


def _nested(given: Mapping[str, Any], name: str) -> Any:
    """An object given as JSON or, in forms and queries, as JSON text."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value)
    except ValueError:
        raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None


def _inline(markup: Any) -> list[list[dict[str, Any]]]:
    """The checked rows of an inline keyboard. Raises Refused."""
    if markup is None:
        return []
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
    if sum(map(len, rows)) > 100:
        raise bad("reply markup is too long")
    return [[_button(button) for button in row] for row in rows if row]


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: expected an Object")
    if not str(button.get("text") or "").strip():
        raise bad('can\'t parse inline keyboard button: field "text" must be non-empty')
    actions = [name for name in ("callback_data", "url", "copy_text", "web_app", "login_url") if button.get(name)]
    if len(actions) != 1:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if actions == ["callback_data"] and len(str(button["callback_data"]).encode()) > 64:
        raise bad("BUTTON_DATA_INVALID")
    if actions == ["url"] and urlsplit(str(button["url"])).scheme not in ("http", "https", "tg"):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return button


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
