"""A fake WhatsApp: Meta's Graph API under `/whatsapp/v.../`, 360dialog's door under `/whatsapp/d360/`, and phones.

Everybody who has a phone here has WhatsApp; a number nobody has is undeliverable, as a number without WhatsApp is. An
address like `KZ.1349` is a person who hides the number. Messages are delivered at once and read when the person does
something in the chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from priyom.channels.whatsapp.emulator_api import Api
from priyom.channels.whatsapp.emulator_doors import Doors
from priyom.channels.whatsapp.emulator_hooks import Hooks
from priyom.channels.whatsapp.emulator_state import (
    ANY,
    DEMO_BUSINESS,
    DEMO_KEY,
    DEMO_NUMBER,
    DEMO_SECRET,
    DEMO_TOKEN,
    Letter,
    Number,
    Person,
    State,
)
from priyom.channels.whatsapp.receive import SECRET_HEADER
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.message import File

ADDRESS = re.compile(r"\+[1-9]\d{6,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128}")
GREETING = "Здравствуйте! Код: "


def make(world: World) -> Emulator:
    """A fresh fake WhatsApp."""
    return Emulator(world)


class Emulator:
    """See the module."""

    channel = "whatsapp"
    contact_kind = "whatsapp"

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = State()
        self._hooks = Hooks(world)
        self.api = Api(self._state, world, self._hooks)
        self._doors = Doors(self._state, self.api)
        self.api.loses = lambda: self.mode is Mode.LOSE

    @property
    def mode(self) -> Mode:
        """How the gateway behaves."""
        return self._doors.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._doors.mode = mode

    # -- the vendor's side --

    def routes(self) -> list[web.AbstractRouteDef]:
        """Meta's and 360dialog's doors."""
        return self._doors.routes()

    async def start(self) -> None:
        """Try what was left over; nothing of its own to open."""
        self._doors.stopping.clear()
        self._hooks.post.again()

    async def stop(self) -> None:
        """Let go of those who wait on a hanging gateway."""
        self._doors.stopping.set()

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        """Settings of the demo clinic's number, straight at Meta."""
        self._demo()
        return {
            "token": DEMO_TOKEN,
            "app_secret": DEMO_SECRET,
            "phone_number_id": DEMO_NUMBER,
            "waba_id": DEMO_BUSINESS,
            "style": "meta",
            "base_url": f"{base_url.rstrip('/')}/whatsapp",
        }

    def reseller_account(self, base_url: str) -> Mapping[str, str]:
        """Settings of the same number through 360dialog."""
        self._demo()
        root = f"{base_url.rstrip('/')}/whatsapp/d360"
        return {"token": DEMO_KEY, "style": "360dialog", "phone": "+77270000000", "base_url": root}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """As if the number's webhook had been set in the cabinet; a number not seen before is made."""
        settings = account_settings
        if settings.get("style") == "360dialog":
            number = next((n for n in self._state.numbers.values() if n.key == settings["token"]), None) or self._demo()
            number.key, number.signs, number.hook_headers = settings["token"], False, {SECRET_HEADER: hook_secret}
        else:
            number = self._number(settings["phone_number_id"], settings["waba_id"])
            number.token, number.app_secret = settings["token"], settings["app_secret"]
            number.signs, number.hook_headers = True, {}
        number.hook_url = hook_url

    def _number(self, number: str, business: str) -> Number:
        return self._state.numbers.setdefault(number, Number(number, business, "", ""))

    def _demo(self) -> Number:
        made = self._number(DEMO_NUMBER, DEMO_BUSINESS)
        made.token, made.app_secret = made.token or DEMO_TOKEN, made.app_secret or DEMO_SECRET
        made.key = made.key or DEMO_KEY
        return made

    # -- the people's side --

    def put(self, address: str, name: str, started: bool) -> Phone:
        """Make or change a phone. `started`: the person wrote just now, so the window is open. Raises Impossible."""
        if not ADDRESS.fullmatch(address):
            raise Impossible("Адрес в WhatsApp - номер вида +77011234567 или идентификатор вида KZ.1349")
        person = self._state.person(address) or self._state.make(address, name)
        if started and not person.phone.started:
            person.wrote[ANY] = self._world.now().timestamp()
        person.phone.name, person.phone.started = name, started
        self._world.changed(self.contact_kind, person.phone.address)
        return person.phone

    def phones(self) -> list[Phone]:
        """All phones."""
        return [person.phone for person in self._state.people.values()]

    def messages(self, address: str) -> list[PhoneMessage]:
        """The chat, oldest first. Raises NoSuchPhone."""
        return self._person(address).shown()

    async def press(self, address: str, message: str, button: str) -> None:
        """Press a button under a message, or choose a row of its list. Raises NoSuchPhone, Impossible."""
        person = self._talking(address)
        letter = person.letter(message)
        if letter is None or not button.isdecimal() or int(button) >= len(letter.buttons):
            raise Impossible("Такой кнопки под этим сообщением нет")
        pressed = letter.buttons[int(button)]
        number = self._state.numbers[letter.number]
        content: dict[str, Any] = {"context": {"from": number.digits, "id": letter.id}}
        if pressed["kind"] == "button":
            content |= {"type": "button", "button": {"payload": pressed["id"], "text": pressed["label"]}}
        else:
            reply = {"id": pressed["id"], "title": pressed["label"]}
            content |= {"type": "interactive", "interactive": {"type": pressed["kind"], pressed["kind"]: reply}}
        self._wrote(person, pressed["label"], content)

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        """Type a text, or send files, the first with the text under it. Raises NoSuchPhone, Impossible."""
        person = self._talking(address)
        if not files:
            self._wrote(person, text, {"type": "text", "text": {"body": text}})
        for place, file in enumerate(files):
            self._send(person, file, "" if place else text)

    async def start_chat(self, address: str, payload: str) -> None:
        """Follow the clinic's link and send the words it brings. Raises NoSuchPhone, Impossible."""
        if self._person(address).phone.blocked:
            await self.block(address, False)
        text = f"{GREETING}{payload}" if payload else "Здравствуйте!"
        await self.say(address, text)

    async def share_phone(self, address: str, phone: str) -> None:
        """Press «share phone number» under the clinic's request. Raises NoSuchPhone, Impossible."""
        person = self._talking(address)
        if not any(letter.kind == "contact" for letter in person.letters):
            raise Impossible("Клиника не просила номер")
        digits = "".join(c for c in phone if c.isdecimal())
        card = {"origin": "contact_request", "phones": [{"phone": phone, "wa_id": digits, "type": "CELL"}]}
        self._wrote(person, f"+{digits}", {"type": "contacts", "contacts": [card]})

    async def block(self, address: str, blocked: bool) -> None:
        """Block the clinic or let it in; nobody is told. Raises NoSuchPhone."""
        person = self._person(address)
        person.phone.blocked = blocked
        self._world.changed(self.contact_kind, person.phone.address)

    def stop_marketing(self, address: str, stopped: bool) -> None:
        """Refuse the clinic's marketing, or take it again: that alone Meta tells."""
        person = self._person(address)
        person.no_marketing = stopped
        self._hooks.preference(self._talks_to(person), person, "stop" if stopped else "resume")

    def announce(self, field: str, value: dict[str, Any]) -> None:
        """Tell every clinic something of its account, as Meta does of its own accord."""
        for number in self._state.numbers.values():
            self._hooks.account(number, field, value)

    def number(self, phone_number_id: str = DEMO_NUMBER) -> Number:
        """A clinic's number, to change its rating or limit."""
        return self._state.numbers[phone_number_id]

    def dump(self) -> dict[str, Any]:
        """All state."""
        return {"state": self._state.dump(), "post": self._hooks.post.dump()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up a dumped state."""
        self._state.load(state["state"])
        self._hooks.post.load(state["post"])

    def _person(self, address: str) -> Person:
        found = self._state.person(address)
        if found is None:
            raise NoSuchPhone(address)
        return found

    def _talking(self, address: str) -> Person:
        person = self._person(address)
        if person.phone.blocked:
            raise Impossible("Клиника заблокирована: сначала разблокируйте ее")
        return person

    def _talks_to(self, person: Person) -> Number:
        return self._state.numbers.get(person.last_number()) or next(iter(self._state.numbers.values()), self._demo())

    def _send(self, person: Person, file: File, caption: str) -> None:
        kind = file.mime.partition("/")[0]
        kind = kind if kind in ("image", "audio", "video") else "document"
        media = self.api.keep(file.mime, file.name, file.content)
        told = {"id": media, "mime_type": file.mime, "sha256": self._state.media[media].digest()}
        if kind == "document":
            told["filename"] = file.name
        if caption:
            told["caption"] = caption
        self._wrote(person, caption, {"type": kind, kind: told}, [file.name])

    def _wrote(self, person: Person, text: str, content: dict[str, Any], files: Sequence[str] = ()) -> None:
        """The person did something: the window opens anew, and what was delivered has been read."""
        number, now = self._talks_to(person), self._world.now().timestamp()
        for letter in person.letters:
            if letter.number == number.id and letter.direction == "in" and letter.status == "delivered":
                self._hooks.status(number, person.phone.address, person, letter, "read")
        letter = Letter(self._state.wamid(), number.id, now, "out", text, files=list(files))
        person.letters.append(letter)
        person.wrote[number.id] = now
        person.phone.started = True
        self._world.changed(self.contact_kind, person.phone.address)
        self._hooks.message(number, person, content, letter.id)
