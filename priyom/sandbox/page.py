"""The page «Телефоны»: its files, the people it lists, and the one stream of events that keeps it live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web
from django.db import Error as DatabaseError

from priyom.sandbox.attach import zones
from priyom.sandbox.database import ask
from priyom.sandbox.news import news, plan
from priyom.sandbox.people import arrange, read_people, read_staff
from priyom.sandbox.phones import Phones
from priyom.sandbox.routes import Contract
from priyom.sandbox.world import Viewers

FILES = Path(__file__).parent / "static" / "sandbox"
HEARTBEAT = 15.0
GATHER = 0.15
"""Facts come in bursts; the line below the clock is told at most so often."""


@dataclass(slots=True)
class Page:
    """Handlers of the page; `public_url` is where the staff's pages are."""

    phones: Phones
    contract: Contract
    viewers: Viewers
    public_url: str
    _last_fact: int = 0
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Every path of the page."""
        return [
            web.get("/", self.index),
            web.get("/page/start", self.start),
            web.get("/page/people", self.people),
            web.get("/page/live", self.live),
            web.static("/page/static", FILES),
        ]

    async def index(self, request: web.Request) -> web.FileResponse:
        """The page itself."""
        return web.FileResponse(FILES / "phones.html", headers={"Cache-Control": "no-cache"})

    async def start(self, request: web.Request) -> web.Response:
        """Everything the page needs first."""
        told = await self._database(lambda: news(0), [])
        return web.json_response(
            {
                "clock": self.contract.turner.picture(),
                "gateways": self.contract.gateways(),
                "zones": await self._database(zones, []),
                "news": told,
                "plan": await self._database(plan, None),
                "office": self.public_url,
            }
        )

    async def people(self, request: web.Request) -> web.Response:
        """Whose phones are here, by `q`."""
        search = request.query.get("q", "").strip()[:100]
        people = await self._database(lambda: [*read_people(search), *read_staff(search)], [])
        return web.json_response(arrange(people, self.phones, search))

    async def live(self, request: web.Request) -> web.StreamResponse:
        """The stream: `clock`, `phone`, `people`, `gateways`, `news`."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        queue = self.viewers.join()
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while True:
                try:
                    line = await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    line = b": still here\n\n"
                if line is None:
                    break
                await response.write(line)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.viewers.leave(queue)
        return response

    async def heard(self, payload: str) -> None:
        """A notification of the database: something happened in the house."""
        if payload != "clock":
            self._stirred.set()

    async def tell_news(self) -> None:
        """Send the new facts to whoever looks, for ever."""
        while True:
            await self._stirred.wait()
            await asyncio.sleep(GATHER)
            self._stirred.clear()
            told = await self._database(lambda: news(self._last_fact), [])
            if told:
                self._last_fact = told[-1]["id"]
            self.viewers.tell("news", {"news": told, "plan": await self._database(plan, None)})

    @staticmethod
    async def _database(work: Callable[[], Any], otherwise: Any) -> Any:
        """What the house knows, or `otherwise` while its database is away or empty: phones work all the same."""
        with suppress(DatabaseError, psycopg.Error):
            return await ask(work)
        return otherwise
