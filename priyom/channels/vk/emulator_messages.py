"""The messages.* methods of the fake VK: what each takes, and what it refuses under VK's codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from priyom.channels.vk import emulator_keyboard as keyboard
from priyom.channels.vk.emulator_files import Files
from priyom.channels.vk.emulator_news import News
from priyom.channels.vk.emulator_state import GROUP, Letter, Person, Refused, State, missing
from priyom.contracts.emulator import World

TEXT_LIMIT = 4096
HOUR, DAY, PRESS_LIFE = 3600.0, 86400.0, 60.0
REMEMBERED = 100
"""Messages of a dialog in which a double is looked for."""
CHATS = 2_000_000_000

Given = Mapping[str, str]


class Messages:
    """The methods over one state."""

    def __init__(self, state: Callable[[], State], world: World, news: News, files: Files) -> None:
        self._get, self._world, self._news, self._files = state, world, news, files
        self.loses: Callable[[], bool] = lambda: False
        self.methods: dict[str, Callable[[Given], Any]] = {
            "messages.send": self._send,
            "messages.edit": self._edit,
            "messages.setActivity": self._activity,
            "messages.sendMessageEventAnswer": self._answer_press,
            "messages.getConversationsById": self._conversations,
            "messages.getHistory": self._history,
            "messages.isMessagesFromGroupAllowed": self._is_allowed,
        }

    @property
    def _state(self) -> State:
        return self._get()

    def _now(self) -> float:
        return self._world.now().timestamp()

    def _send(self, given: Given) -> Any:
        number = _int(given, "random_id")
        if not -(2**31) <= number < 2**31:
            raise missing("random_id should be integer between -2147483648 and 2147483647")
        made = self._draft(given, number)
        if single := given.get("peer_id") or given.get("user_id"):
            return self._deliver(_peer(single), made, given).id
        peers = given.get("peer_ids") or given.get("user_ids")
        if not peers:
            raise missing("you should specify peer_id, user_id, domain, chat_id or user_ids param")
        if peers.count(",") >= 100:
            raise missing("peer_ids should contain no more than 100 elements")
        return [self._item(_peer(peer), made, given) for peer in peers.split(",")]

    def _item(self, peer: int, made: Letter, given: Given) -> dict[str, Any]:
        try:
            letter = self._deliver(peer, made, given)
        except Refused as refused:
            error = {"code": refused.code, "description": refused.text}
            return {"peer_id": peer, "message_id": 0, "conversation_message_id": 0, "error": error}
        return {"peer_id": peer, "message_id": letter.id, "conversation_message_id": letter.number}

    def _draft(self, given: Given, random_id: int) -> Letter:
        """The message before it has a number. Raises Refused."""
        text = given.get("message", "")
        attached = self._files.named(given.get("attachment", ""))
        if not text.strip() and not attached:
            raise missing("message is empty or invalid")
        if len(text) > TEXT_LIMIT:
            raise Refused(914, "Message is too long")
        rows = self._rows(given.get("keyboard", ""))
        pictures, names = [self._files.picture(file) for file in attached], [file.name for file in attached]
        return Letter(0, 0, self._now(), "in", text, rows, False, pictures, names, random_id)

    def _rows(self, text: str) -> list[list[dict[str, Any]]]:
        if not text:
            return []
        if not self._state.capabilities:
            raise Refused(912, "This is a chat bot feature, change this status in settings")
        return keyboard.rows(text)

    def _deliver(self, peer: int, made: Letter, given: Given) -> Letter:
        person = self._open(peer)
        if twin := self._twin(person, made.random_id):
            return twin
        quoted = _quoted(given)
        if quoted and person.letter(quoted) is None:
            raise missing("forward contains unknown message")
        letter = Letter(
            person.letters[-1].number + 1 if person.letters else 1, self._state.next(), made.at, "in", made.text,
            made.rows, False, made.attachments, made.files, made.random_id, quoted, self.loses(),
        )  # fmt: skip
        person.letters.append(letter)
        if letter.lost:
            return letter
        self._world.changed("vk", person.phone.address)
        self._news.tell("message_reply", str(peer), self.picture(person, letter))
        return letter

    def _twin(self, person: Person, random_id: int) -> Letter | None:
        late = self._now() - HOUR
        for letter in person.letters[-REMEMBERED:]:
            if random_id and letter.direction == "in" and letter.random_id == random_id and letter.at >= late:
                return letter
        return None

    def _open(self, peer: int) -> Person:
        """The person, if the community may write to them. Raises Refused."""
        if peer >= CHATS:
            raise Refused(917, "You don't have access to this chat")
        person = self._state.people.get(str(peer))
        if person is not None and person.banned:
            raise Refused(900, "Can't send messages for users from blacklist")
        if person is None or not person.allowed:
            raise Refused(901, "Can't send messages for users without permission")
        return person

    def _edit(self, given: Given) -> Any:
        person = self._open(_peer(given.get("peer_id", "")))
        number = _int(given, "cmid") if given.get("cmid") else 0
        wanted = 0 if number else _int(given, "message_id")
        letter = next((one for one in person.letters if (number and one.number == number) or one.id == wanted), None)
        if letter is None:
            raise missing("message_id is invalid")
        if letter.direction == "out":
            raise Refused(920, "Can't edit this kind of message")
        if self._now() - letter.at > DAY:
            raise Refused(909, "Can't edit this message, because it's too old")
        made = self._draft(given, letter.random_id)
        letter.text, letter.rows, letter.edited = made.text, made.rows, True
        letter.attachments, letter.files = made.attachments, made.files
        self._world.changed("vk", person.phone.address)
        self._news.tell("message_edit", person.phone.address, self.picture(person, letter))
        return 1

    def _activity(self, given: Given) -> Any:
        peer = _peer(given.get("peer_id") or given.get("user_id") or "")
        if given.get("type") not in ("typing", "audiomessage", "file", "photo", "video"):
            raise missing("type is invalid")
        person = self._state.people.get(str(peer))
        if person is None:
            raise Refused(936, "Contact not found")
        person.typing_at = self._now()
        self._world.changed("vk", person.phone.address)
        return 1

    def _answer_press(self, given: Given) -> Any:
        press = self._state.presses.get(given.get("event_id", ""))
        fits = press is not None and str(press.user) == given.get("user_id") == given.get("peer_id")
        if press is None or not fits or press.answer is not None or self._now() - press.at > PRESS_LIFE:
            raise missing("event_id is invalid")
        press.answer = _note(given.get("event_data", ""))
        self._world.changed("vk", str(press.user))
        return 1

    def _conversations(self, given: Given) -> Any:
        peers = [_peer(peer) for peer in given.get("peer_ids", "").split(",") if peer]
        if not 0 < len(peers) <= 100:
            raise missing("peer_ids is invalid")
        people = [self._state.people[str(peer)] for peer in peers if str(peer) in self._state.people]
        return {"count": len(people), "items": [_conversation(person) for person in people]}

    def _history(self, given: Given) -> Any:
        peer = given.get("peer_id") or given.get("user_id") or ""
        person = self._state.people.get(str(_peer(peer)))
        letters = list(reversed(person.letters)) if person else []
        count = min(200, _int({"count": given.get("count") or "20"}, "count"))
        items = [self.picture(person, letter) for letter in letters[:count]] if person else []
        return {"count": len(letters), "items": items}

    def _is_allowed(self, given: Given) -> Any:
        person = self._state.people.get(given.get("user_id", ""))
        return {"is_allowed": int(person is not None and person.allowed and not person.banned)}

    def picture(self, person: Person, letter: Letter) -> dict[str, Any]:
        """The message object of a letter."""
        ours = letter.direction == "in"
        made: dict[str, Any] = {
            "id": letter.id,
            "conversation_message_id": letter.number,
            "version": 10_000_000 + letter.id,
            "date": int(letter.at),
            "peer_id": person.id,
            "from_id": -GROUP if ours else person.id,
            "out": int(ours),
            "text": letter.text,
            "attachments": letter.attachments,
            "fwd_messages": [],
            "important": False,
            "is_hidden": False,
            "random_id": letter.random_id,
        }
        if letter.rows:
            made["keyboard"] = {"one_time": False, "inline": True, "buttons": letter.rows}
        if letter.edited:
            made["update_time"] = int(self._now())
        if letter.quoted and (quoted := person.letter(letter.quoted)) is not None:
            made["reply_message"] = self.picture(person, quoted)
        return made


def _int(given: Given, name: str) -> int:
    if not given.get(name):
        raise missing(f"{name} is a required parameter")
    try:
        return int(given[name])
    except ValueError:
        raise missing(f"{name} should be integer") from None


def _peer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise missing("peer_id should be integer") from None


def _quoted(given: Given) -> int:
    """The number of the quoted message, 0 for none."""
    if not given.get("forward"):
        return 0
    try:
        forward = json.loads(given["forward"])
        [number] = forward["conversation_message_ids"]
        return int(number) if forward["is_reply"] else 0
    except (ValueError, KeyError, TypeError):
        raise missing("forward is invalid") from None


def _note(event_data: str) -> str:
    """What the person sees over the pressed button."""
    if len(event_data) > 1000:
        raise missing("event_data is too long")
    try:
        said = json.loads(event_data) if event_data else {}
    except ValueError:
        raise missing("event_data is invalid") from None
    if said and said.get("type") not in ("show_snackbar", "open_link", "open_app"):
        raise missing("event_data has unknown type")
    text = str(said.get("text", ""))
    if said.get("type") == "show_snackbar" and not 0 < len(text) <= 90:
        raise missing("event_data: text should be 1 to 90 characters")
    return text


def _conversation(person: Person) -> dict[str, Any]:
    last = person.letters[-1] if person.letters else None
    read = person.letter(person.read)
    return {
        "peer": {"id": person.id, "type": "user", "local_id": person.id},
        "last_message_id": last.id if last else 0,
        "last_conversation_message_id": last.number if last else 0,
        "in_read": last.id if last else 0,
        "out_read": read.id if read else 0,
        "in_read_cmid": last.number if last else 0,
        "out_read_cmid": person.read,
        "version": 10_000_000,
        "sort_id": {"major_id": 0, "minor_id": last.id if last else 0},
        "can_write": {"allowed": True} if person.allowed else {"allowed": False, "reason": 901},
    }
