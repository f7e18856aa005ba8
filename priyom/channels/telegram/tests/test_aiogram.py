"""A third party agrees with our fake Telegram: aiogram's Bot talks to it, its polling and its webhook server read our
updates."""

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

ADDRESS, BLOCKED, UNSTARTED = "500100200", "500100208", "500100209"
SCRIPT = Path(__file__).parent / "peer_aiogram.py"
JPEG = File("снимок.jpg", "image/jpeg", b"\xff\xd8\xff made up")
OGG = File("голос.ogg", "audio/ogg", b"OggS made up")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with people of every sort."""
    made = await Stage.open("telegram")
    made.emulator.put(ADDRESS, "Анна", True)
    made.emulator.put(BLOCKED, "Бек", True)
    made.emulator.put(UNSTARTED, "Вера", False)
    await made.emulator.block(BLOCKED, True)
    await made.heard()
    try:
        yield made
    finally:
        await made.close()


async def peer(stage: Stage, what: str, *more: str) -> Any:
    """What aiogram says of it."""
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
    """How aiogram understands `act`."""
    return [
        ["press", "v:1:ok", int(message), True],
        ["photo", "вот", JPEG.content.decode("latin-1")],
        ["voice", "audio/ogg", OGG.content.decode()],
        ["contact", "79001234567", True],
    ]


async def test_it_talks_to_our_emulator(stage: Stage) -> None:
    said = await peer(stage, "talk")
    refusals = said.pop("errors")
    assert said == {
        "me": "clinic_demo_bot",
        "sent": ["Ждём вас", int(ADDRESS), "v:1:no"],
        "quoted": "Ждём вас",
        "edited": "Перенесено",
        "photo": ["снимок", 2],
        "document": ["Анализ.pdf", "application/octet-stream"],
        "again": True,
        "album": [1, 2],
        "voice": True,
        "caption": "x",
        "typing": True,
        "downloaded": "%PDF made up",
        "hook": stage.hook_url,
    }
    wanted = [
        ("TelegramBadRequest", "chat not found"),
        ("TelegramBadRequest", "message text is empty"),
        ("TelegramBadRequest", "message is too long"),
        ("TelegramBadRequest", "IMAGE_PROCESS_FAILED"),
        ("TelegramBadRequest", "caption is too long"),
        ("TelegramBadRequest", "2-10 media"),
        ("TelegramBadRequest", "message is not modified"),
        ("TelegramBadRequest", "no caption"),
        ("TelegramBadRequest", "to be replied not found"),
        ("TelegramBadRequest", "query is too old"),
        ("TelegramConflictError", "while webhook is active"),
        ("TelegramBadRequest", "HTTPS URL"),
        ("TelegramForbiddenError", "can't initiate conversation"),
        ("TelegramForbiddenError", "blocked by the user"),
    ]
    for (kind, words), (wanted_kind, piece) in zip(refusals, wanted, strict=False):
        assert kind == wanted_kind, words
        assert piece in words
    assert refusals[len(wanted) :] == [["TelegramRetryAfter", 1]]


async def test_its_polling_reads_our_updates(stage: Stage) -> None:
    message = await offer(stage)
    await stage.http.request("GET", f"{stage.settings['base_url']}/bot{stage.settings['token']}/deleteWebhook")
    await act(stage, message)
    await stage.emulator.start_chat(UNSTARTED, "p-9f3kQ2")
    await stage.emulator.block(ADDRESS, True)
    more = [["start", int(UNSTARTED), "p-9f3kQ2"], ["member", "member", "kicked"]]
    assert await peer(stage, "poll", "6") == [*heard(message), *more]


async def test_its_webhook_server_reads_our_updates(stage: Stage) -> None:
    message = await offer(stage)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = asyncio.get_running_loop().create_task(peer(stage, "hook", str(port), "secret_1", "4"))
    while f":{port}/hook" not in str(stage.emulator.dump()["bots"]) and not running.done():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await act(stage, message)
    assert await running == heard(message)
    await stage.world.settled()
    assert stage.received == []
