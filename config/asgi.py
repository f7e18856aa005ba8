"""The web process as servers see it: `config.asgi:application`. Webhooks have a door of their own, before Django's."""

from __future__ import annotations

import asyncio
import os
from contextvars import ContextVar
from importlib import import_module
from typing import IO, Any
from weakref import WeakKeyDictionary

import django
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_body: ContextVar[IO[bytes] | None] = ContextVar("body", default=None)


AT_ONCE = 20
"""Requests of one process that are answered at the same time; the others wait their turn. Each has a connection to the
database of its own, of which PostgreSQL has a hundred for everybody: when this process begins anew, all open pages come
back to it within a second."""


class Handler(ASGIHandler):
    """Django's own, that answers a few requests at a time, and closes what it holds of a request also when the server
    ends while the answer is still going out: an open page's stream lasts longer than any server's patience."""

    def __init__(self) -> None:
        super().__init__()
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, whose body may still be to come: neither a slow line nor a live stream keeps a turn."""
        async with self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
            response: HttpResponseBase = await super().get_response_async(request)
            return response

    async def read_body(self, receive: Any) -> IO[bytes]:
        """The request's body, remembered for `handle`."""
        body = await super().read_body(receive)
        _body.set(body)
        return body

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """One request from its first byte to its end, whatever ends it."""
        try:
            await super().handle(scope, receive, send)
        finally:
            if (body := _body.get()) is not None:
                body.close()


django.setup(set_prefix=False)  # which the door needs
application = import_module("priyom.webhooks.door").Door(Handler())
