"""The sandbox's contract over HTTP: people's phones, the gateways' modes, the clock. Others build on it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
from priyom.contracts.message import File
from priyom.sandbox.clock import Backwards, Turner
from priyom.sandbox.duration import BadTime, read_duration, read_moment
from priyom.sandbox.keep import Keeper
from priyom.sandbox.phones import Phones, shown
from priyom.sandbox.problems import Problem, body_of, files_of, flag_of, text_of
from priyom.sandbox.world import Viewers


@dataclass(slots=True)
class Contract:
    """The handlers, and what they work on."""

    phones: Phones
    turner: Turner
    viewers: Viewers
    keeper: Keeper

    def routes(self) -> list[web.AbstractRouteDef]:
        """Every path of the contract."""
        phone = "/phones/{kind}/{address}"
        return [
            web.get("/phones", self.list_phones),
            web.put(phone, self.put_phone),
            web.get(phone, self.get_phone),
            web.get(f"{phone}/messages", self.messages),
            web.post(f"{phone}/press", self.press),
            web.post(f"{phone}/say", self.say),
            web.post(f"{phone}/block", self.block),
            web.post(f"{phone}/start", self.start),
            web.post(f"{phone}/share", self.share),
            web.get("/gateways", self.list_gateways),
            web.post("/gateways/{channel}/mode", self.set_mode),
            web.get("/clock", self.get_clock),
            web.post("/clock", self.turn_clock),
        ]

    # -- phones --

    async def list_phones(self, request: web.Request) -> web.Response:
        """All phones."""
        return web.json_response(self.phones.everyone())

    async def put_phone(self, request: web.Request) -> web.Response:
        """Make or change a phone."""
        body = await body_of(request, empty=True)
        name = text_of(body, "name") if body.get("name") is not None else None
        started = flag_of(body, "started", False) if "started" in body else None
        picture, new = self.phones.put(*_whose(request), name, started)
        self.keeper.touch()
        self.viewers.tell("people", {})
        return web.json_response(picture, status=201 if new else 200)

    async def get_phone(self, request: web.Request) -> web.Response:
        """One phone."""
        return web.json_response(self.phones.one(*_whose(request)))

    async def messages(self, request: web.Request) -> web.Response:
        """The chat of one phone, oldest first."""
        chat = self.phones.messages(*_whose(request))
        return web.json_response([shown(message, channel) for channel, message in chat])

    async def press(self, request: web.Request) -> web.Response:
        """Press a button of a message."""
        body = await body_of(request)
        message, button = text_of(body, "message"), text_of(body, "button")
        channel = text_of(body, "channel") if body.get("channel") is not None else ""
        emulator, address = self.phones.talking(*_whose(request), message, channel)
        return await self._act(request, emulator.press(address, message, button))

    async def say(self, request: web.Request) -> web.Response:
        """Type a text, perhaps with files: `[{"name", "mime", "content" (base64)}]`. It goes where the last message
        came from, or over `channel` where the person chooses among several; where nobody can write (a call, a notice),
        to the next one of the kind."""
        body = await body_of(request)
        files = files_of(body)
        text = text_of(body, "text") if body.get("text") is not None or not files else ""
        if not text.strip() and not files:
            raise Problem(422, "Пустой текст не отправить")
        channel = text_of(body, "channel") if body.get("channel") is not None else ""
        return await self._act(request, self._say(*_whose(request), text, files, channel))

    async def _say(self, kind: str, address: str, text: str, files: Sequence[File], channel: str) -> None:
        impossible: Impossible | None = None
        found = self.phones.all_talking(kind, address)
        for emulator, spelled in [pair for pair in found if channel in ("", pair[0].channel)]:
            try:
                await (emulator.say(spelled, text, files) if files else emulator.say(spelled, text))
            except Impossible as error:
                impossible = impossible or error
            else:
                return
        raise impossible or Impossible(f"этого телефона нет на канале {channel}")

    async def block(self, request: web.Request) -> web.Response:
        """Block the clinic; `{"blocked": false}` lets it in again."""
        blocked = flag_of(await body_of(request, empty=True), "blocked", True)
        kind, address = _whose(request)
        self.phones.talking(kind, address)
        for gateway in self.phones.of_kind(kind):
            phone = self.phones.find(gateway, address)
            if phone is not None:
                await gateway.emulator.block(phone.address, blocked)
        return await self._act(request, None)

    async def start(self, request: web.Request) -> web.Response:
        """Open the bot, perhaps by a deep link's payload."""
        body = await body_of(request, empty=True)
        payload = text_of(body, "payload") if body.get("payload") is not None else ""
        emulator, address = self.phones.talking(*_whose(request))
        return await self._act(request, emulator.start_chat(address, payload))

    async def share(self, request: web.Request) -> web.Response:
        """Press the contact button."""
        number = text_of(await body_of(request), "phone")
        emulator, address = self.phones.talking(*_whose(request))
        return await self._act(request, emulator.share_phone(address, number))

    async def _act(self, request: web.Request, deed: Coroutine[Any, Any, None] | None) -> web.Response:
        if deed is not None:
            await deed
        self.keeper.touch()
        return web.json_response(self.phones.one(*_whose(request)))

    # -- gateways --

    def gateways(self) -> list[dict[str, Any]]:
        """Every gateway with its mode."""
        return [
            {
                "channel": gateway.key,
                "kind": gateway.kind,
                "sort": gateway.card.sort.value,
                "audience": gateway.card.audience.value,
                "title": gateway.card.title,
                "mode": gateway.emulator.mode.value,
                "modes": [mode.value for mode in Mode],
                "needs_start": gateway.needs_start,
                "asks_contact": gateway.card.asks_contact,
                "carries_files": gateway.card.carries_files,
            }
            for gateway in self.phones.gateways.values()
        ]

    async def list_gateways(self, request: web.Request) -> web.Response:
        """All gateways."""
        return web.json_response(self.gateways())

    async def set_mode(self, request: web.Request) -> web.Response:
        """Break a gateway, or mend it; the channel is named by its key or by its kind of address."""
        name = request.match_info["channel"]
        word = text_of(await body_of(request), "mode")
        try:
            mode = Mode(word)
        except ValueError:
            raise Problem(422, f"Режима «{word}» нет, есть: {', '.join(Mode)}") from None
        named = self.phones.gateways.get(name)
        found = [named] if named is not None else self.phones.of_kind(name)
        for gateway in found:
            gateway.emulator.mode = mode
        self.keeper.touch()
        self.viewers.tell("gateways", {"gateways": self.gateways()})
        return web.json_response(next(g for g in self.gateways() if g["channel"] == found[0].key))

    # -- the clock --

    async def get_clock(self, request: web.Request) -> web.Response:
        """What time it is."""
        return web.json_response(self.turner.picture())

    async def turn_clock(self, request: web.Request) -> web.Response:
        """Turn it; answers when it has arrived."""
        body = await body_of(request)
        try:
            await asyncio.shield(asyncio.ensure_future(self._turned(body)))
        except BadTime as error:
            raise Problem(422, str(error)) from None
        except Backwards as error:
            raise Problem(409, str(error)) from None
        return web.json_response(self.turner.picture())

    def _turned(self, body: dict[str, Any]) -> Coroutine[Any, Any, None]:
        given = {"advance", "to"} & body.keys()
        if len(given) != 1:
            raise Problem(422, "Нужно одно из двух: «advance» (PT23H) или «to» (2026-11-24T18:00:00+05:00)")
        if "to" in given:
            return self.turner.to(read_moment(text_of(body, "to")))
        by = read_duration(text_of(body, "advance"))
        return self.turner.advance(by)


def _whose(request: web.Request) -> tuple[str, str]:
    kind, address = request.match_info["kind"], request.match_info["address"]
    if not address.strip():
        raise NoSuchPhone(address)
    return kind, address
