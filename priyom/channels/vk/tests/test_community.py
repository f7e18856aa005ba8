"""The community's side: who we are, what the key lacks, and how our address gets onto VK's list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import web

from priyom.contracts import registry
from priyom.contracts.channel import Account, Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import ChannelError, Misconfigured, Unavailable, Uncertain
from priyom.contracts.message import Message, Outgoing
from priyom.foundation.http import Http

CHANNEL = registry.channel("vk")
TOKEN = "vk1.a.made-up-key-that-nobody-may-see"
ME = "500100200"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator, whose list of servers is empty."""
    made = await Stage.open("vk")
    state(made).servers.clear()
    made.emulator.put(ME, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


def state(stage: Stage) -> Any:
    """What the emulator remembers."""
    emulator: Any = stage.emulator
    return emulator.state


def servers(stage: Stage) -> list[Any]:
    """The list of Callback API."""
    return list(state(stage).servers.values())


async def connect(stage: Stage, **settings: str) -> Account:
    """Press «Connect»."""
    account = stage.channel.account("suite", {**stage.settings, **settings}, stage.account.hook_secret)
    await stage.channel.sender.connect(stage.http, account, stage.hook_url)
    await stage.world.settled()
    return account


async def test_our_address_is_registered_and_answers_the_trial(stage: Stage) -> None:
    await connect(stage)
    [server] = servers(stage)
    assert (server.status, server.secret, server.version) == ("ok", stage.account.hook_secret, "5.199")
    assert len(server.title) <= 14
    assert set(server.events) >= {"message_new", "message_event", "message_allow", "message_deny", "message_read"}
    [trial] = stage.received
    CHANNEL.receiver.verify(stage.account, trial)
    status, _, code = CHANNEL.receiver.reply(stage.account, trial)
    assert (status, code.decode()) == (200, trial.query["confirm"])
    assert code.decode() not in ("", "ok")
    stage.received.clear()
    await stage.emulator.say(ME, "да")
    assert len(await stage.heard()) == 1


async def test_connecting_again_changes_nothing_but_the_code(stage: Stage) -> None:
    await connect(stage)
    first = servers(stage)[0].url
    await connect(stage)
    [server] = servers(stage)
    assert server.url != first
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert identity.webhook == stage.hook_url
    assert (identity.name, identity.title, identity.note) == ("clinic_demo", "Клиника", "")


async def test_others_servers_are_left_alone(stage: Stage) -> None:
    await connect(stage)
    servers(stage)[0].url, servers(stage)[0].secret = "https://crm.example/vk", "theirs"
    assert (await stage.channel.sender.check(stage.http, stage.account)).webhook == ""
    await connect(stage)
    assert [server.secret for server in servers(stage)] == ["theirs", stage.account.hook_secret]
    assert urlsplit(servers(stage)[0].url).netloc == "crm.example"


async def test_a_wrong_answer_to_the_trial_is_told(stage: Stage) -> None:
    stage.refusals[:] = [500]
    try:
        await connect(stage)
    except Misconfigured:
        return  # the trial was quicker than our look at the list
    assert "верного ответа" in (await stage.channel.sender.check(stage.http, stage.account)).note


async def test_the_list_is_not_endless(stage: Stage) -> None:
    for _ in range(10):
        await connect(stage)
        servers(stage)[-1].url = "https://crm.example/vk"
        stage.world.turn(timedelta(seconds=1))
    with pytest.raises(Misconfigured) as caught:
        await connect(stage)
    assert caught.value.code == "2000"


async def test_a_key_without_rights(stage: Stage) -> None:
    state(stage).rights = 4096
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert identity.note == "У ключа нет прав: фотографии, документы, управление"
    with pytest.raises(Misconfigured):
        await connect(stage)
    state(stage).rights = 4
    with pytest.raises(Misconfigured, match="нет права на сообщения"):
        await stage.channel.sender.check(stage.http, stage.account)


async def test_long_poll_takes_our_address_off(stage: Stage) -> None:
    await connect(stage)
    await connect(stage, receive="long_poll")
    assert servers(stage) == []
    assert state(stage).polling
    assert set(state(stage).polled) >= {"message_new", "message_read"}


class Gateway:
    """Keeps what it is sent and answers what it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, str], dict[str, Any]]] = []
        self.status, self.body = 200, "{}"
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Keep it."""
        self.sent.append((str(request.rel_url), dict(request.headers), dict(await request.post())))
        return web.Response(status=self.status, text=self.body, content_type="application/json")

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


async def refused(gateway: Gateway, body: object, *, status: int = 200, send: bool = True) -> ChannelError:
    """What an answer that means nothing good comes to."""
    gateway.status, gateway.body = status, body if isinstance(body, str) else json.dumps(body)
    async with Http() as http:
        account, sender = gateway.account(), CHANNEL.sender
        attempt = sender.send(http, account, Outgoing("k", ME, Message("да"))) if send else sender.check(http, account)
        with pytest.raises(ChannelError) as caught:
            await attempt
    return caught.value


async def test_what_leaves(gateway: Gateway) -> None:
    assert type(await refused(gateway, {"response": [{}]})) is Uncertain
    [(path, headers, form)] = gateway.sent
    assert path == "/method/messages.send"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert (form["peer_ids"], form["message"], form["v"], form["dont_parse_links"]) == (ME, "да", "5.199", "1")
    assert "access_token" not in form
    assert not {"keyboard", "attachment", "forward"} & set(form)


@pytest.mark.parametrize("code", [1, 10, 36])
async def test_vk_s_own_trouble_is_uncertain_only_where_a_repeat_would_harm(gateway: Gateway, code: int) -> None:
    body = {"error": {"error_code": code, "error_msg": "Internal server error"}}
    assert type(await refused(gateway, body)) is Uncertain
    assert type(await refused(gateway, body, send=False)) is Unavailable


@pytest.mark.parametrize("body", ["<html>no</html>", "[]", "7", '{"error": 7}', '{"error": []}', "{}", ""])
async def test_a_stranger_is_not_vk(gateway: Gateway, body: str) -> None:
    assert type(await refused(gateway, body, status=403)) is Misconfigured
    assert type(await refused(gateway, body, status=500)) is Uncertain
    assert type(await refused(gateway, body, status=500, send=False)) is Unavailable


@pytest.mark.parametrize("body", [7, None, [], {}, {"groups": []}, {"groups": [7]}, {"groups": [{"id": "7"}]}])
async def test_a_key_of_something_else_is_told(gateway: Gateway, body: object) -> None:
    assert type(await refused(gateway, {"response": body}, send=False)) is Misconfigured


async def test_no_secret_in_an_error(gateway: Gateway) -> None:
    error = await refused(gateway, {"error": {"error_code": 100, "error_msg": f"bad access_token {TOKEN}"}})
    assert TOKEN not in repr(error)
    assert TOKEN not in error.text
    assert TOKEN not in repr(gateway.account())


def test_the_trial_before_the_secret_is_known() -> None:
    account = CHANNEL.account("a", {"token": TOKEN, "confirmation": " 12ab34cd "}, "s" * 32)
    trial = Request({}, {}, b'{"type": "confirmation", "group_id": 1}')
    CHANNEL.receiver.verify(account, trial)
    assert CHANNEL.receiver.reply(account, trial)[2] == b"12ab34cd"


def test_a_sandbox_that_starts_again_makes_no_second_server(stage: Stage) -> None:
    for url in (stage.hook_url, f"{stage.hook_url}?confirm=12ab34cd", stage.hook_url):
        stage.emulator.attach(stage.settings, stage.hook_url, "new" + stage.account.hook_secret[3:])
        servers(stage)[0].url = url
    assert [server.secret[:3] for server in servers(stage)] == ["new"]
