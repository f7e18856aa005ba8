"""Two tiny channels for the tests: a messenger that must be started, and texts to a phone number. No vendor's protocol:
`POST /<key>/send {"to", "text", "buttons"}` puts a message on the phone, what people do goes to the hook as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from priyom.contracts.card import Audience, Buttons, Card, Sort
from priyom.contracts.channel import Channel
from priyom.contracts.emulator import Hook, Impossible, Mode, NoSuchPhone, Phone, PhoneMessage, World
from priyom.contracts.message import File, Signal


@dataclass(frozen=True, slots=True)
class NoSettings:
    """The fake channels need none."""


CHAT = Card(
    key="chatter", title="Болталка", sort=Sort.MESSENGER, contact_kind="chat", buttons=Buttons.PRESSED,
    signals=frozenset({Signal.ACCEPTED}), needs_start=True, text_limit=4096, label_limit=64, pace=30,
    settings=NoSettings, asks_contact=True, carries_files=True,
)  # fmt: skip
TEXTS = replace(
    CHAT, key="texter", title="Тексты", sort=Sort.SMS, contact_kind="phone", buttons=Buttons.DIGITS, needs_start=False,
    asks_contact=False, carries_files=False,
)  # fmt: skip
CALLS = replace(TEXTS, key="caller", title="Робот", sort=Sort.VOICE)
OFFICE = replace(CHAT, key="office", title="Контора", contact_kind="office", audience=Audience.STAFF, needs_start=False)
SITE = replace(CHAT, key="corner", title="Чат в углу", contact_kind="webchat")
CARDS = {card.key: card for card in (CHAT, TEXTS)}


class FakeEmulator:
    """Keeps phones and messages in dictionaries; see the module."""

    def __init__(self, card: Card, world: World) -> None:
        self.card = card
        self.channel, self.contact_kind = card.key, card.contact_kind
        self.mode = Mode.OK
        self.world = world
        self.people: dict[str, Phone] = {}
        self.chats: dict[str, list[PhoneMessage]] = {}
        self.hook: tuple[Mapping[str, str], str, str] | None = None
        self.running = False

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.post(f"/{self.channel}/send", self.take)]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.mode is Mode.LOSE:
            return web.json_response({"ok": True})
        if self.mode is not Mode.OK:
            return web.Response(status=503)
        self.arrive(body["to"], body["text"], tuple(map(tuple, body.get("buttons", ()))))
        return web.json_response({"ok": True})

    def arrive(self, address: str, text: str, buttons: Any = (), **more: Any) -> None:
        if address not in self.people:
            raise web.HTTPNotFound
        self._add(address, "in", text, buttons, **more)

    def _add(self, address: str, direction: str, text: str, buttons: Any = (), **more: Any) -> None:
        chat = self.chats.setdefault(address, [])
        chat.append(PhoneMessage(str(len(chat) + 1), self.world.now(), direction, text, buttons, **more))
        self.world.changed(self.contact_kind, address)

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        return {}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        self.hook = (account_settings, hook_url, hook_secret)

    def put(self, address: str, name: str, started: bool) -> Phone:
        if address == "impossible":
            raise Impossible("таких номеров не бывает")
        phone = self.people.setdefault(address, Phone(address, name))
        phone.name, phone.started = name, started
        return phone

    def phones(self) -> list[Phone]:
        return list(self.people.values())

    def messages(self, address: str) -> list[PhoneMessage]:
        if address not in self.people:
            raise NoSuchPhone(address)
        return list(self.chats.get(address, ()))

    async def press(self, address: str, message: str, button: str) -> None:
        shown = [item for item in self.messages(address) if item.id == message]
        if not shown or button not in dict(shown[0].buttons):
            raise Impossible("Такой кнопки нет")
        self._tell({"press": button, "from": address})

    async def say(self, address: str, text: str, files: Sequence[File] = ()) -> None:
        if self.card.sort is Sort.VOICE:
            raise Impossible("Здесь никто не слушает")
        if not self.people[address].started and self.card.needs_start:
            raise Impossible("Сначала нажмите «Старт»")
        self._add(address, "out", text, files=tuple(file.name for file in files))
        self._tell({"text": text, "from": address})

    async def start_chat(self, address: str, payload: str) -> None:
        if not self.card.needs_start:
            raise Impossible("Здесь нет ботов")
        self.people[address].started = True
        self._add(address, "out", f"/start {payload}".strip())

    async def share_phone(self, address: str, phone: str) -> None:
        self._add(address, "out", phone)

    async def block(self, address: str, blocked: bool) -> None:
        self.people[address].blocked = blocked
        self.world.changed(self.contact_kind, address)

    def _tell(self, news: Mapping[str, str]) -> None:
        if self.hook is None:
            return
        hook = Hook(self.hook[1], {"X-Secret": self.hook[2]}, json.dumps(news).encode())

        async def call() -> None:
            await self.world.call(hook)

        self.world.spawn(call)

    def dump(self) -> dict[str, Any]:
        return {
            "people": [asdict(phone) for phone in self.people.values()],
            "chats": {
                address: [{**asdict(item), "at": item.at.isoformat()} for item in chat]
                for address, chat in self.chats.items()
            },
        }

    def load(self, state: Mapping[str, Any]) -> None:
        self.people = {item["address"]: Phone(**item) for item in state["people"]}
        self.chats = {
            address: [
                PhoneMessage(
                    **{
                        **item,
                        "at": datetime.fromisoformat(item["at"]),
                        "buttons": tuple(map(tuple, item["buttons"])),
                        "files": tuple(item["files"]),
                    }
                )
                for item in chat
            ]
            for address, chat in state["chats"].items()
        }


class FakeRegistry:
    """Stands where `contracts.registry` stands."""

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(CARDS))

    def channel(self, key: str) -> Channel:
        return Channel(CARDS[key], None, None)  # type: ignore[arg-type]

    def cards(self) -> tuple[Card, ...]:
        return tuple(CARDS.values())

    def emulator(self, key: str, world: World) -> FakeEmulator:
        return FakeEmulator(CARDS[key], world)


class HandClock:
    """A clock that stands still unless turned."""

    def __init__(self, at: datetime) -> None:
        self.start = at
        self.offset = timedelta(0)
        self.shown: list[datetime] = []

    def now(self) -> datetime:
        return self.start + self.offset

    def turn(self, offset: timedelta) -> None:
        self.offset = offset
        self.shown.append(self.now())
