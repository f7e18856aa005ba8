"""The vendor's own library (pybotx) drives our emulator under its own tokens, and verifies and reads what it calls."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from priyom.channels.express.emulator import Emulator
from priyom.contracts.channel_suite import Stage
from priyom.contracts.message import Button, Message, Outgoing
from priyom.contracts.peer import python_peer
from priyom.contracts.suite_receiving import PHOTO
from priyom.foundation.clock import clock, now

HUID, OTHER = "f16cdc5f-6366-4552-9ecd-c36290ab3d11", "83fbf1c7-f14b-4176-ad32-ca15cf00d4b7"
GROUP = "dea55ee4-7a9f-4da0-8c73-079f400ee517"
ANNA, DESK = f"user:{HUID}", f"chat:{GROUP}"


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_pybotx(version: str) -> None:
    clock.reset()
    stage = await Stage.open("express")
    # The library looks at its tokens, and ours, by the computer's clock.
    stage.world.now = now  # type: ignore[method-assign]
    emulator = stage.emulator
    assert isinstance(emulator, Emulator)
    try:
        emulator.put(ANNA, "Анна", True)
        emulator.put(f"user:{OTHER}", "Бек", True)
        emulator.put(DESK, "Регистратура", True)
        emulator._bot(stage.settings["bot_id"], "").second = version == "v1"
        number, calls = await _calls(stage)
        host = stage.base_url + "/express"
        script = Path(__file__).parent / "peer_pybotx.py"
        settings = stage.settings
        said = await python_peer(
            script, host, settings["bot_id"], settings["secret_key"], f"{HUID},{OTHER}", GROUP, calls, version
        )
        assert said["understood"] == [
            ["created", HUID, 2],
            ["да", {}, None, HUID, "PERSONAL_CHAT", "photo.jpg"],
            ["/priyom", {"press": "t:17:take"}, number, HUID, "GROUP_CHAT", None],
        ]
        assert said["forged"] == ["UnverifiedRequestError"] * 4
        assert said["status"] == [[HUID], [HUID]]
        assert said["made"] is True
        assert said["chats"] == ["Регистратура"]
        refusals = ("ChatNotFound", "EventNotFound", "ChatCreation", "MessageNotFound")
        assert said["refused"] == [f"{name}Error" for name in refusals]
        shown = emulator.messages(ANNA)[-1]
        assert (shown.id, shown.text, shown.buttons, shown.files, shown.edited) == (
            said["sent"], "Взяла Анна", (), ("a.pdf",), True,
        )  # fmt: skip
        assert emulator.messages(DESK)[-1].id == said["later"]
        assert emulator.typed == [DESK]
    finally:
        await stage.close()


async def _calls(stage: Stage) -> tuple[str, str]:
    """One call of each kind, and the number of the pressed message; the calls as JSON."""
    emulator = stage.emulator
    await emulator.start_chat(ANNA, "")
    await emulator.say(ANNA, "да", [PHOTO])
    account = stage.channel.account("suite", {**stage.settings, "at_once": "false"}, "x")
    task = Outgoing("k", DESK, Message("Задача 17", rows=((Button("Взял", "t:17:take"),),)))
    number = (await stage.channel.sender.send(stage.http, account, task)).provider_id
    await emulator.press(DESK, number, "0.0")
    await stage.world.settled()
    calls = [
        {"path": urlsplit(hook.url).path, "headers": dict(hook.headers), "body": hook.body.decode()}
        for hook in stage.world.calls
    ]
    return number, json.dumps(calls)
