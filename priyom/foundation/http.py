"""Outgoing HTTP behind one door: pyreqwest today (docs/decisions/0003), replaceable here alone.

Two failures are told apart because they have different consequences: `NotSent` (the request never left,
so it may be repeated) and `NoAnswer` (it left, or may have left; the outcome is unknown).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Self

import orjson
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    Cause,
    ConnectError,
    ConnectTimeoutError,
    DetailedPyreqwestError,
    PoolTimeoutError,
    PyreqwestError,
)
from pyreqwest.http import Url
from pyreqwest.multipart import FormBuilder, PartBuilder
from pyreqwest.proxy import ProxyBuilder


class HttpError(Exception):
    """The exchange failed below HTTP."""


class NotSent(HttpError):
    """No connection could be made: the request has not left this machine."""


class NoAnswer(HttpError):
    """The request left or may have left, and no whole answer came back: the outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Via:
    """How to get out for one account: a proxy URL and extra root certificates (PEM), both optional."""

    proxy: str = ""
    ca_pem: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; headers are found by their names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is not."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart form."""

    name: str
    mime: str
    content: bytes


DIRECT = Via()
GIVE_UP = 5.0
"""Seconds for which the system repeats packets nobody confirms. A request that is over, or whose process is dead, can
still arrive for so long and no longer: whoever asks the other side whether it came must ask later than that."""


class Http:
    """A pool of connections, one per way out. Open it inside a running event loop; close it at the end."""

    def __init__(self, *, timeout: float = 15.0, connect_timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._clients: dict[Via, Client] = {}
        self._closers: list[Callable[[], Awaitable[None]]] = []

    @property
    def timeout(self) -> float:
        """Seconds to wait for an answer."""
        return self._timeout

    @property
    def connect_timeout(self) -> float:
        """Seconds to wait for a connection."""
        return self._connect_timeout

    def also_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Call `closer` when this door closes: for a channel that keeps connections of its own (mail)."""
        self._closers.append(closer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        closers, self._closers = self._closers, []
        for closer in closers:
            await closer()
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, Upload] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        via: Via = DIRECT,
    ) -> Answer:
        """One exchange. `timeout` in seconds. Raises NotSent or NoAnswer (their words name no address); any HTTP status
        is an Answer."""
        call = self._client(via).request(method, _parsed(url))
        if headers:
            call = call.headers(dict(headers))
        if timeout is not None:
            call = call.timeout(timedelta(seconds=timeout))
        if files is not None:
            call = call.multipart(_multipart(form or {}, files))
        elif form is not None:
            call = call.form(dict(form))
        elif json is not None:
            call = call.header("content-type", "application/json").body_bytes(orjson.dumps(json))
        elif body is not None:
            call = call.body_bytes(body)
        task = asyncio.current_task()
        cancels = task.cancelling() if task else 0
        try:
            response = await call.build().send()
            content = bytes(await response.bytes())
        except PyreqwestError as error:
            _heed(task, cancels)
            # Without its cause: that quotes the address, and in an address may stand a token.
            raise (NotSent if _never_left(error) else NoAnswer)(_words(error)) from None
        _heed(task, cancels)
        return Answer(response.status, response.headers, content)

    def _client(self, via: Via) -> Client:
        client = self._clients.get(via)
        if client is None:
            builder = (
                ClientBuilder()
                .timeout(timedelta(seconds=self._timeout))
                .connect_timeout(timedelta(seconds=self._connect_timeout))
                .tcp_user_timeout(timedelta(seconds=GIVE_UP))
                .follow_redirects(False)
                .user_agent("priyom")
            )
            builder = builder.proxy(ProxyBuilder.all(via.proxy)) if via.proxy else builder.no_proxy()
            if via.ca_pem:
                builder = builder.add_root_certificate_pem(via.ca_pem.encode())
            client = self._clients[via] = builder.build()
        return client


@lru_cache(maxsize=512)
def _parsed(url: str) -> Url:
    """A gateway is called at few addresses, many times a second."""
    return Url(url)


def _heed(task: asyncio.Task[Any] | None, cancels: int) -> None:
    """The client forgets a cancellation that comes together with the answer; whoever cancelled a loop that asks again
    and again would then wait for it for ever."""
    if task and task.cancelling() > cancels:
        raise asyncio.CancelledError


def _words(error: PyreqwestError) -> str:
    """What went wrong, from the outside in, without any address."""
    said = [str(error.args[0]) if error.args else type(error).__name__, *(c["message"] for c in _causes(error))]
    return ": ".join(words for words in said if "://" not in words)


def _causes(error: PyreqwestError) -> list[Cause]:
    return (error.details or {}).get("causes") or [] if isinstance(error, DetailedPyreqwestError) else []


def _never_left(error: PyreqwestError) -> bool:
    """Whether no connection was made. The client's ConnectError also covers a connection that broke, or a time-out
    that struck, after the request had gone; only its inner cause tells the two apart."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, (ConnectError, ConnectTimeoutError)):
        return False
    return any(cause["message"] == "client error (Connect)" for cause in _causes(error))


def _multipart(form: Mapping[str, str], files: Mapping[str, Upload]) -> FormBuilder:
    builder = FormBuilder()
    for name, value in form.items():
        builder = builder.text(name, value)
    for name, upload in files.items():
        part = PartBuilder.from_bytes(upload.content).file_name(upload.name).mime(upload.mime)
        builder = builder.part(name, part)
    return builder
