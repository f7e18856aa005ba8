"""The fake SMS centre is as strict as a live one: what it refuses, how it fails, what it keeps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from priyom.channels.smpp.binding import Bound, bind
from priyom.channels.smpp.emulator import SmppEmulator
from priyom.channels.smpp.gateway import refused
from priyom.channels.smpp.pdu import Address, Command, Named, Pdu, Query, Sm, Tag
from priyom.channels.smpp.tests.stage import SmppStage, until
from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
from priyom.contracts.errors import Unavailable
from priyom.contracts.message import File
from priyom.contracts.suite_world import SuiteWorld

PHONE = "+77011234567"
GOOD = Sm(Address(1, 1, "79000000001"), Address(1, 1, "77011234567"), b"Hi", registered=1)
NAME = Address(5, 0, "PRIYOM")
SAR: dict[int, bytes] = {Tag.SAR_MSG_REF_NUM: b"\0\7", Tag.SAR_TOTAL_SEGMENTS: b"\2", Tag.SAR_SEGMENT_SEQNUM: b"\1"}
UDH = bytes.fromhex("050003070201")


@pytest.mark.parametrize(
    ("changes", "tlvs", "status"),
    [
        ({}, {}, 0),
        ({"source": NAME}, {}, 0),
        ({"source": replace(NAME, ton=1)}, {}, 0x48),
        ({"source": Address(5, 0, "79000000001")}, {}, 0x48),
        ({"source": Address(5, 0, "STRANGER")}, {}, 0x0A),
        ({"source": Address(1, 1, "79995556677")}, {}, 0x0A),
        ({"to": Address(0, 1, "77011234567")}, {}, 0x50),
        ({"to": Address(1, 0, "77011234567")}, {}, 0x51),
        ({"to": Address(1, 1, "+77011234567")}, {}, 0x0B),
        ({"to": Address(1, 1, "123")}, {}, 0x0B),
        ({"to": Address(1, 1, "")}, {}, 0x0B),
        ({"esm_class": 0x03}, {}, 0),
        ({"esm_class": 0x04}, {}, 0x43),
        ({"validity": "000000020000000R"}, {}, 0),
        ({"validity": "260320110000000+"}, {}, 0),
        ({"validity": "tomorrow"}, {}, 0x62),
        ({"data_coding": 4}, {}, 0x45),
        ({"message": b"a" * 160}, {}, 0),
        ({"message": b"a" * 161}, {}, 0x01),
        ({"message": b"\0\x41" * 70, "data_coding": 8}, {}, 0),
        ({"message": b"\0\x41" * 71, "data_coding": 8}, {}, 0x01),
        ({"message": b"\0\x41\0", "data_coding": 8}, {}, 0x01),
        ({"message": b""}, {}, 0x01),
        ({"message": UDH + b"a" * 153, "esm_class": 0x40}, {}, 0),
        ({"message": UDH + b"a" * 154, "esm_class": 0x40}, {}, 0x01),
        ({"message": UDH + b"\0a" * 67, "esm_class": 0x40, "data_coding": 8}, {}, 0),
        ({"message": UDH + b"\0a" * 68, "esm_class": 0x40, "data_coding": 8}, {}, 0x01),
        ({"message": b"no header", "esm_class": 0x40}, {}, 0x01),
        ({"message": bytes.fromhex("050003070b01") + b"a", "esm_class": 0x40}, {}, 0x01),
        ({"message": b"a" * 153}, SAR, 0),
        ({"message": b"a" * 154}, SAR, 0x01),
        ({"message": b""}, {Tag.MESSAGE_PAYLOAD: b"a" * 1530}, 0),
        ({"message": b""}, {Tag.MESSAGE_PAYLOAD: b"a" * 1531}, 0x01),
        ({"message": b"a"}, {Tag.MESSAGE_PAYLOAD: b"a"}, 0x01),
    ],
)
def test_what_is_refused(changes: dict[str, Any], tlvs: dict[int, bytes], status: int) -> None:
    sm = replace(GOOD, **changes)
    assert refused(Pdu(Command.SUBMIT_SM, sm, tlvs=tlvs), sm) == status


async def line(stage: SmppStage, command: Command = Command.BIND_TRANSCEIVER) -> Bound:
    """A bound line that acknowledges whatever is brought."""

    async def asked(pdu: Pdu) -> Pdu | None:
        return pdu.answer(0, Named())

    return await bind(stage.bare.settings, command, asked, timeout=10, connect_timeout=10)


async def test_a_line_does_only_what_it_was_bound_for(stage: SmppStage) -> None:
    receiver = await line(stage, Command.BIND_RECEIVER)
    assert (await receiver.link.request(Command.SUBMIT_SM, GOOD)).status == 0x04
    sender = await line(stage, Command.BIND_TRANSMITTER)
    assert (await sender.link.request(Command.SUBMIT_SM, GOOD)).status == 0
    await stage.world.settled()
    assert stage.smsc.dump()["outbox"] == []  # the receipt came over the other line
    assert (await sender.link.request(Command.QUERY_SM, Query("1000001", GOOD.source))).status == 0
    assert (await sender.link.request(Command.QUERY_SM, Query("1000001", NAME))).status == 0x67
    await receiver.close()
    await sender.close()


async def test_what_no_line_takes_waits(stage: SmppStage) -> None:
    sender = await line(stage, Command.BIND_TRANSMITTER)
    await sender.link.request(Command.SUBMIT_SM, GOOD)
    await stage.world.settled()
    assert len(stage.smsc.dump()["outbox"]) == 1
    stage.hold()
    await stage.ready()
    assert len(await stage.heard()) == 1
    await sender.close()


async def raw(stage: SmppStage, *frames: str) -> bytes:
    """What a stranger gets who sends these bytes, until the gateway hangs up or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(stage.settings["port"]))
    for frame in frames:
        writer.write(bytes.fromhex(frame))
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


ENQUIRE = "00000010000000150000000000000007"


@pytest.mark.parametrize(
    ("frames", "answer"),
    [
        ([ENQUIRE], "00000010800000150000000000000007"),
        (["00000010" "00000777" "00000000" "00000008"], "00000010800000000000000300000008"),
        (["00000014" "00000004" "00000000" "00000009" "00000000"], "00000010800000000000000200000009"),
        (["00000010" "00000006" "00000000" "00000009"], "00000010800000060000000400000009"),
        (["00000014" "80000004" "00000000" "00000009" "ffffffff"], ""),
        (["0000000f" "00000015" "00000000" "00000007"], ""),
        (["7fffffff" "00000015" "00000000" "00000007"], ""),
        (["474554202f20485454502f312e310d0a"], ""),
    ],
)  # fmt: skip
async def test_strangers_bytes(stage: SmppStage, frames: list[str], answer: str) -> None:
    assert (await raw(stage, *frames)).hex() == answer


async def test_down_breaks_what_is_open(stage: SmppStage) -> None:
    bound = await line(stage)
    stage.emulator.mode = Mode.DOWN
    await until(lambda: bound.link.down)
    with pytest.raises(Unavailable):
        await line(stage)
    stage.emulator.mode = Mode.OK
    await (await line(stage)).close()


async def test_the_phones_side(stage: SmppStage) -> None:
    emulator = stage.emulator
    for act in (emulator.press(PHONE, "1", "1"), emulator.start_chat(PHONE, ""), emulator.share_phone(PHONE, PHONE)):
        with pytest.raises(Impossible):
            await act
    with pytest.raises(Impossible):
        await emulator.say(PHONE, "вот", [File("a.jpg", "image/jpeg", b"x")])
    with pytest.raises(NoSuchPhone):
        emulator.messages("+79990000000")
    bound = await line(stage)
    await bound.link.request(Command.SUBMIT_SM, replace(GOOD, source=NAME))
    with pytest.raises(Impossible):
        await emulator.say(PHONE, "1")
    await emulator.block(PHONE, True)
    with pytest.raises(Impossible):
        await emulator.say(PHONE, "1")
    await bound.close()


async def test_the_port_is_the_same_next_time(stage: SmppStage) -> None:
    kept = stage.emulator.dump()
    other = SmppEmulator(SuiteWorld())
    other.load(kept)
    await other.start()  # taken: another one is found
    assert other.demo_account("")["port"] != stage.settings["port"]
    await other.stop()
    await stage.emulator.stop()
    again = SmppEmulator(SuiteWorld())
    again.load(kept)
    await again.start()
    assert again.demo_account("")["port"] == stage.settings["port"]
    await again.stop()
