"""A request that never left and one that broke on its way are told apart: the second may have been obeyed."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from priyom.foundation.http import Http, NoAnswer, NotSent


@pytest_asyncio.fixture
async def http() -> AsyncIterator[Http]:
    """A client that gives up soon."""
    async with Http(timeout=0.3) as made:
        yield made


async def test_nobody_listens(http: Http) -> None:
    with pytest.raises(NotSent):
        await http.request("POST", "http://127.0.0.1:9/", json={})


@pytest.mark.parametrize("manner", ["closes", "hangs", "half"])
async def test_somebody_heard_it(http: Http, manner: str) -> None:
    heard = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        heard.set()
        if manner == "half":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        elif manner == "hangs":
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NoAnswer):
            await http.request("POST", f"http://127.0.0.1:{port}/", json={"text": "да"})
    assert heard.is_set()


async def test_no_address_in_the_words(http: Http) -> None:
    """A token may stand in it; what went wrong is still told."""
    token = str(2**60)  # made here: a trace quotes the lines of the program too
    with pytest.raises(NotSent, match="tcp connect error") as told:
        await http.request("POST", f"http://127.0.0.1:9/bot{token}/sendMessage", json={})
    assert token not in "".join(traceback.format_exception(told.value))


async def test_a_cancellation_is_not_forgotten_when_the_answer_comes_with_it(http: Http) -> None:
    answered: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.003)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    async def ask(url: str) -> None:
        await http.request("GET", url)
        answered.append(url)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for turn in range(300):
            task = asyncio.get_running_loop().create_task(ask(url))
            await asyncio.sleep(0.002 + turn % 30 / 5000)
            asked_to_stop, before = task.cancel(), len(answered)
            await asyncio.gather(task, return_exceptions=True)
            assert not asked_to_stop or len(answered) == before
