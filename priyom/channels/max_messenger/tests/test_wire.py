"""What exactly leaves: no sound when asked for none, no previews made of personal links, no secret in an error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from priyom.contracts import registry
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, Uncertain
from priyom.contracts.message import Message, Outgoing
from priyom.foundation.http import Http

CHANNEL = registry.channel("max_messenger")
TOKEN = "7000000001:made-up-token-that-nobody-may-see-01"
ADDRESS = "210045"


class Gateway:
    """Keeps what it is sent and answers what it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[Mapping[str, str], Any]] = []
        self.answer = web.Response()
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Keep it."""
        self.sent.append((dict(request.query), await request.json()))
        return self.answer

    def account(self) -> Account:
        """An account that leads here."""
        return CHANNEL.account("a", {"token": TOKEN, "base_url": self.url}, "s" * 32)


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway on loopback."""
    made = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def attempt(gateway: Gateway, *, quiet: bool) -> ChannelError:
    """One send to a gateway whose answer means nothing good."""
    async with Http() as http:
        with pytest.raises(ChannelError) as caught:
            await CHANNEL.sender.send(http, gateway.account(), Outgoing("k", ADDRESS, Message("да"), quiet=quiet))
    return caught.value


async def test_what_leaves(gateway: Gateway) -> None:
    gateway.answer = web.json_response({"ok": True, "result": {}})
    assert isinstance(await attempt(gateway, quiet=True), Uncertain)
    gateway.answer = web.json_response({"ok": True, "result": {}})
    await attempt(gateway, quiet=False)
    (query, quiet), (_, loud) = gateway.sent
    assert quiet["notify"] is False
    assert loud == {"text": "да"}
    assert query == {"user_id": ADDRESS, "disable_link_preview": "true"}


async def test_no_secret_in_an_error(gateway: Gateway) -> None:
    gateway.answer = web.Response(status=403, text=f"no way to /bot{TOKEN}/")
    error = await attempt(gateway, quiet=False)
    assert isinstance(error, Misconfigured)
    assert TOKEN not in repr(error)
    assert TOKEN not in repr(gateway.account())
