"""Clients others have written for SMSC, against our fake gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from priyom.contracts.channel_suite import Stage
from priyom.contracts.peer import node_peer, python_peer

HERE = Path(__file__).parent
PHONE = "+77011234567"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("smsc")
    yield made
    await made.close()


def arguments(stage: Stage) -> tuple[str, ...]:
    settings = stage.settings
    return settings["base_url"], settings["login"], settings["password"], PHONE.lstrip("+")


async def test_the_python_client(stage: Stage) -> None:
    told = await python_peer(HERE / "peer_smsc.py", *arguments(stage))
    assert told["cost"] == [9.0, 2]
    number, *bill = told["sent"]
    assert bill == [9.0, 2]
    assert number
    [shown] = stage.emulator.messages(PHONE)
    assert told["status"] == [1, "Доставлено", "77011234567", shown.text]
    assert told["balance"] == [99991.0, "RUR"]
    assert (told["again"], told["refused"]) == (9, 2)


async def test_the_node_client(stage: Stage) -> None:
    told = await node_peer(HERE / "peer_node_smsc.js", "node-smsc", *arguments(stage))
    assert told["cost"] == {"cost": "4.50", "cnt": 1}
    assert told["sent"] == {"id": 77, "cnt": 1, "cost": "4.50", "balance": "99995.50"}
    assert (told["one"]["status"], told["one"]["err"]) == (1, 0)
    assert [(item["id"], item["phone"], item["status"]) for item in told["list"]] == [
        (77, "77011234567", 1), (78, "79990000000", -3),
    ]  # fmt: skip
    assert told["balance"] == {"balance": "99995.50", "currency": "RUR"}
    assert told["refused"] == {"error": "authorise error", "error_code": 2}
    assert [message.text for message in stage.emulator.messages(PHONE)] == ["Ждём вас"]
