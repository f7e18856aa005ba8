"""Third parties agree with our fake VK: vk_api (Python) by Bots Long Poll, vk-io (Node.js) by Callback API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from priyom.contracts.channel_suite import Stage
from priyom.contracts.message import File
from priyom.contracts.peer import node_peer, python_peer

HERE = Path(__file__).parent
ME, GROUP = "500100200", "222000001"
PAPER = File("анализ.pdf", "application/pdf", b"%PDF made up")
SECONDS = 120.0


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person; nobody of ours is called."""
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


async def until(stage: Stage, happened: Callable[[], Any]) -> None:
    """Wait for it, while the clock runs on, so that the pace of twenty a second never matters."""
    async with asyncio.timeout(SECONDS):
        while not happened():
            stage.world.turn(timedelta(seconds=0.2))
            await asyncio.sleep(0.01)


async def live(stage: Stage, ready: Callable[[], Any]) -> None:
    """What the person does once the peer listens and its keyboard stands on the phone."""
    phone: Any = stage.emulator
    await until(stage, ready)
    [shown] = [one for one in phone.messages(ME) if one.buttons]
    assert [label for _, label in shown.buttons] == ["Приду", "Позже"]
    await phone.press(ME, shown.id, "0.0")
    await until(stage, lambda: phone.answers(ME) == ["Записали"])
    await until(stage, lambda: phone.messages(ME)[int(shown.id) - 1].edited)
    await phone.type(ME)
    await phone.block(ME, True)
    await phone.start_chat(ME, "p-9f3kQ2_x")
    await phone.say(ME, "вот", [PAPER])
    await phone.say(ME, "хватит")
    await until(stage, lambda: True)


def names(stage: Stage) -> list[str]:
    """The files on the phone that the peer has sent."""
    return [name for one in stage.emulator.messages(ME) if one.direction == "in" for name in one.files]


EVENTS = [
    ["message_event", "ok"],
    ["message_deny", int(ME)],
    ["message_allow", int(ME)],
    ["message_new", "Начать", "p-9f3kQ2_x", 0],
    ["message_new", "вот", "", 1],
    ["message_new", "хватит", "", 0],
]


async def peer_beside(stage: Stage, peer: Any, ready: Callable[[], Any]) -> Any:
    """Run the peer and the person side by side; the peer's word. A peer that falls ends the test at once."""
    running = asyncio.create_task(peer)
    living = asyncio.create_task(live(stage, ready))
    try:
        done, _ = await asyncio.wait({running, living}, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        return await running
    finally:
        for task in (running, living):
            task.cancel()
        await asyncio.gather(running, living, return_exceptions=True)


async def test_vk_api(stage: Stage) -> None:
    arguments = (stage.settings["base_url"], stage.settings["token"], GROUP, ME)
    peer = python_peer(HERE / "peer_vk_api.py", *arguments, timeout=SECONDS)
    seen = await peer_beside(stage, peer, lambda: state(stage).poll_key)
    assert seen["events"] == EVENTS
    assert (seen["group"], seen["sent"], seen["same"], seen["refused"]) == ("clinic_demo", 1, True, 901)
    assert seen["read"] == "%PDF made up"
    assert names(stage) == ["file0.jpg", "Памятка.pdf"]  # the library names a picture so


async def test_vk_io(stage: Stage) -> None:
    arguments = (stage.settings["base_url"], stage.settings["token"], GROUP, ME)
    peer = node_peer(HERE / "peer_vk_io.cjs", "vk-io", *arguments, timeout=SECONDS)
    seen = await peer_beside(stage, peer, lambda: state(stage).people[ME].typing_at)
    assert [event for event in seen["events"] if event[0] != "typing"] == EVENTS
    assert ["typing", int(ME)] in seen["events"]
    assert (seen["sent"], seen["refused"], seen["attached"]) == (1, 901, ["photo", "doc"])
    assert seen["file"] == "анализ.pdf"
    assert names(stage) == ["map.jpg", "Памятка.pdf"]
    [server] = state(stage).servers.values()
    assert (server.title, server.status) == ("vk-io", "ok")
