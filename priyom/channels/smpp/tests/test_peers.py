"""Third parties at the other end of the line: the npm package «smpp» as gateway and as client, smpplib as client."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from priyom.channels.smpp import send
from priyom.channels.smpp.tests.stage import SmppStage, free_port, until
from priyom.contracts.errors import Misconfigured, Throttled
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Asked, Message, Outgoing, Signal
from priyom.contracts.peer import node_peer, python_peer

HERE = Path(__file__).parent
PHONE = "+77011234567"
LONG = "Сәлеметсіз бе, Әсел! " * 6 + "👍" * 10
EXTENDED = "Plain [words] 10€ " * 12


def listens(port: int) -> bool:
    """Whether anybody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def out(key: str, text: str) -> Outgoing:
    return Outgoing(key, PHONE, Message(text), valid_for=7200)


async def test_our_session_against_the_npm_gateway(stage: SmppStage) -> None:
    """Bind, throttling, three alphabets, parts, receipts with ids in the other radix, an SMS in two parts."""
    port = free_port()
    gateway = asyncio.create_task(node_peer(HERE / "peer_node_server.js", "smpp", str(port), "pw-right", timeout=90))
    await until(lambda: listens(port) or gateway.done(), 60)
    held = stage.hold(port=port, password="pw-right", message_ids="hex_then_dec")
    await until(lambda: held.session.bound or gateway.done())
    if gateway.done():
        await gateway
    events: list[Event] = []

    def reported() -> set[str]:
        events.extend(stage.read(held.post))
        return {event.provider_id for event in events if isinstance(event, Reported)}

    with pytest.raises(Misconfigured):
        await send.check(stage.http, stage.channel.account("x", {**stage.settings, "password": "pw-wrong"}, "s"))
    assert (await send.check(stage.http, stage.bare)).note == "Шлюз: NODE"
    with pytest.raises(Throttled):
        await send.send(stage.http, stage.account, out("d1", EXTENDED))
    ids = [
        (await send.send(stage.http, stage.account, out(*item))).provider_id
        for item in (("d1", EXTENDED), ("d2", LONG))
    ]
    assert ids == ["1000,1001", "1002,1003,1004"]
    [found] = await send.ask(stage.http, stage.account, [Asked("1002", "d2", PHONE, stage.world.now())])
    assert found.signal is Signal.DELIVERED
    ids.append((await send.send(stage.http, stage.account, out("d3", "the end"))).provider_id)
    await until(lambda: reported() >= set(ids) and any(isinstance(event, Said) for event in events))
    assert {event.signal for event in events if isinstance(event, Reported)} == {Signal.DELIVERED}
    assert len([event for event in events if isinstance(event, Reported)]) == 3
    [said] = [event for event in events if isinstance(event, Said)]
    assert (said.address, said.text) == (PHONE, "Сәлем! Келемін 👍" * 6)
    await held.end()
    seen = await gateway
    check_what_the_gateway_saw(seen)


def check_what_the_gateway_saw(seen: dict[str, object]) -> None:
    submits = seen["submits"]
    assert isinstance(submits, list)
    assert [item["text"] for item in submits[:2]] == [EXTENDED[:132], EXTENDED[132:]]
    assert "".join(item["text"] for item in submits[2:5]) == LONG
    assert all(item["text"].encode("utf-16-le") for item in submits)  # no half of a pair anywhere
    assert [item["header"][0][3:] for item in submits[:5]] == [[2, 1], [2, 2], [3, 1], [3, 2], [3, 3]]
    assert {tuple(item["from"]) for item in submits} == {(1, 1, "79000000001")}
    assert {tuple(item["to"]) for item in submits} == {(1, 1, "77011234567")}
    assert [item["coding"] for item in submits] == [0, 0, 8, 8, 8, 0]
    assert {item["registered"] for item in submits} == {1}
    assert seen["answers"] == [0] * len(seen["answers"])  # type: ignore[arg-type]
    assert (seen["enquired"], seen["queries"]) == (0, 1)


async def test_the_npm_client_against_our_gateway(stage: SmppStage) -> None:
    told = await node_peer(HERE / "peer_node_client.js", "smpp", *arguments(stage), timeout=90)
    assert told["refused"] == [0x04, 0x0E, 0x05, 0x0A]
    assert told["gateway"] == [0, "PRIYOM-SMSC"]
    assert told["statuses"] == [0] * 4
    assert sorted(told["receipts"]) == sorted([number, 2, "DELIVRD"] for number in told["ids"])
    assert (told["state"], told["enquired"], told["left"]) == (2, 0, 0)
    shown = [message.text for message in stage.emulator.messages(PHONE)]
    assert shown == ["Plain [words] 10€", "Ждём вас 👍", "Қабылдау " * 10 + "👍"]


async def test_smpplib_against_our_gateway(stage: SmppStage) -> None:
    await stage.emulator.say(PHONE, "Да 1")
    told = await python_peer(HERE / "peer_smpplib.py", *arguments(stage), timeout=90)
    assert told["refused"] == [0x0F]
    assert len(told["ids"]) == 2
    assert sorted(told["receipts"]) == sorted([number, 2] for number in told["ids"])
    assert told["words"] == ["Да 1"]
    assert stage.emulator.messages(PHONE)[-1].text == told["text"]


def arguments(stage: SmppStage) -> tuple[str, ...]:
    settings = stage.settings
    return settings["port"], settings["system_id"], settings["password"], settings["sender"], PHONE.lstrip("+")
