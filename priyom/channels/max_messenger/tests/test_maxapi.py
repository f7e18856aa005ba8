"""A third party agrees with our fake MAX: maxapi talks to it, its polling and its webhook server read our updates."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from priyom.contracts.channel_suite import Stage
from priyom.contracts.message import Button, File, Message, Outgoing
from priyom.contracts.peer import python_peer

ADDRESS, STOPPED, UNSTARTED = "210045", "210047", "210048"
SCRIPT = Path(__file__).parent / "peer_maxapi.py"
JPEG = File("снимок.jpg", "image/jpeg", b"\xff\xd8\xff made up")
OGG = File("голос.ogg", "audio/ogg", b"OggS made up")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with people of every sort."""
    made = await Stage.open("max_messenger")
    made.emulator.put(ADDRESS, "Анна", True)
    made.emulator.put(STOPPED, "Бек", True)
    made.emulator.put(UNSTARTED, "Вера", False)
    await made.emulator.block(STOPPED, True)
    await made.heard()
    try:
        yield made
    finally:
        await made.close()


async def peer(stage: Stage, what: str, *more: str) -> Any:
    """What maxapi says of it."""
    return await python_peer(SCRIPT, what, stage.settings["base_url"], stage.settings["token"], ADDRESS, *more)


async def act(stage: Stage, message: str) -> None:
    """Four things a person does."""
    phone = stage.emulator
    await phone.press(ADDRESS, message, "0.0")
    await phone.say(ADDRESS, "вот", [JPEG])
    await phone.say(ADDRESS, "", [OGG])
    await phone.share_phone(ADDRESS, "+79001234567")


async def offer(stage: Stage) -> str:
    """Our adapter offers a choice; the message's number."""
    message = Message("Ждём вас", rows=((Button("Приду", "v:1:ok"),),))
    await stage.channel.sender.send(stage.http, stage.account, Outgoing("k", ADDRESS, message))
    return stage.emulator.messages(ADDRESS)[-1].id


def heard(message: str) -> list[list[Any]]:
    """How maxapi understands `act`."""
    return [
        ["press", "v:1:ok", message, True],
        ["message", int(ADDRESS), "вот", [["image", JPEG.content.decode("latin-1")]]],
        ["message", int(ADDRESS), "", [["audio", OGG.content.decode()]]],
        ["message", int(ADDRESS), "", [["contact", "79001234567"]]],
    ]


async def test_it_talks_to_our_emulator(stage: Stage) -> None:
    said = await peer(stage, "talk")
    refusals = said.pop("errors")
    assert said == {
        "me": ["id0277000001_bot", True],
        "sent": ["Ждём вас", True, True],
        "buttons": ["v:1:ok", "v:1:no"],
        "quoted": "Ждём вас",
        "edited": True,
        "standing": ["Перенесено", []],
        "file": ["file", "inline_keyboard"],
        "downloaded": "%PDF-1.4 made up",
        "image": ["image", True],
        "audio": "audio",
        "typing": True,
        "history": "audio",
        "hooks": [stage.hook_url],
    }
    assert refusals == [
        [404, "dialog.not.found"],
        [404, "chat.not.found"],
        [400, "proto.payload"],
        [400, "proto.payload"],
        [0, "upload"],
        [404, "not.found"],
        [404, "not.found"],
        [405, "method.not.allowed"],
        [403, "chat.denied"],
        [404, "dialog.not.found"],
        [401, "token"],
    ]


async def test_its_polling_reads_our_updates(stage: Stage) -> None:
    message = await offer(stage)
    account = stage.channel.account("suite", {**stage.settings, "updates": "polling"}, "s" * 32)
    await stage.channel.sender.connect(stage.http, account, "")
    await act(stage, message)
    await stage.emulator.start_chat(UNSTARTED, "p-9f3kQ2")
    await stage.emulator.block(ADDRESS, True)
    more = [["start", int(UNSTARTED), "p-9f3kQ2"], ["stop", int(ADDRESS)]]
    assert await peer(stage, "poll", "6") == [*heard(message), *more]


async def test_its_webhook_server_reads_our_updates(stage: Stage) -> None:
    """maxapi subscribes HTTPS addresses only: the emulator finds the same path's door on this machine."""
    message = await offer(stage)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stage.emulator.attach(stage.settings, f"http://127.0.0.1:{port}/hook", "x" * 32)
    running = asyncio.get_running_loop().create_task(peer(stage, "hook", str(port), "secret_1", "4"))
    while "clinic.example" not in str(stage.emulator.dump()["bots"]) and not running.done():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await act(stage, message)
    assert sorted(await running) == sorted(heard(message))
    await stage.world.settled()
    assert stage.received == []
