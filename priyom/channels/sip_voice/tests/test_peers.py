"""Third parties check the calls: baresip and SIPp take them as telephones and trunks that know nothing of us, and
aiosipua calls our emulator as a foreign caller."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from priyom.channels.sip_voice.emulator_trunk import CALLER, DOMAIN, PASSWORD, USER
from priyom.channels.sip_voice.tests.phones import baresip, sipp
from priyom.channels.sip_voice.tests.stage import VoiceStage, opened
from priyom.contracts.errors import NotReachable
from priyom.contracts.events import Pressed, Reported, Said
from priyom.contracts.message import Button, Message, Outgoing, Signal
from priyom.contracts.peer import python_peer

PHONE = "+77011234567"
LISTENING = 0.6
"""Seconds in which a person hears that words have begun."""
OFFER = Message("Ждем вас завтра", rows=((Button("Приду", "7:1"), Button("Нет", "7:2")),))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[VoiceStage]:
    """A stage whose line may be led to anybody's port."""
    stage = await opened()
    try:
        yield stage
    finally:
        await stage.close()


def towards(port: int, **more: str) -> dict[str, str]:
    """Settings of a trunk without registration on this machine."""
    return {"port": str(port), "register": "false", "domain": "", "follow_up_seconds": "1", **more}


async def test_baresip_takes_the_call_and_presses_a_key(stage: VoiceStage, tmp_path: Path) -> None:
    async with baresip(tmp_path, PHONE.lstrip("+")) as phone:
        receipt = await stage.send(Outgoing("d1", PHONE, OFFER), **towards(phone.port))
        await stage.until(lambda: phone.seen("CALL_ESTABLISHED"), "an established call")
        report = await stage.event(Reported, receipt.provider_id)
        assert report.signal is Signal.DELIVERED
        await asyncio.sleep(LISTENING)
        await phone.command("sndcode", "2")
        pressed = await stage.event(Pressed)
        assert (pressed.address, pressed.payload) == (PHONE, "7:2")
        await stage.until(lambda: phone.seen("CALL_CLOSED"), "our BYE")


async def test_baresip_hangs_up_on_us(stage: VoiceStage, tmp_path: Path) -> None:
    async with baresip(tmp_path, PHONE.lstrip("+")) as phone:
        receipt = await stage.send(Outgoing("d1", PHONE, OFFER), **towards(phone.port))
        assert (await stage.event(Reported, receipt.provider_id)).signal is Signal.DELIVERED
        await phone.command("hangup")
        assert stage.held is not None
        await stage.until(lambda: stage.held and not stage.held.line.talking, "the end of the call")


async def test_a_call_that_baresip_lets_ring_is_taken_back(stage: VoiceStage, tmp_path: Path) -> None:
    async with baresip(tmp_path, PHONE.lstrip("+"), "manual") as phone:
        receipt = await stage.send(Outgoing("d1", PHONE, OFFER), **towards(phone.port, ring_seconds="5"))
        await stage.until(lambda: phone.seen("CALL_INCOMING"), "ringing")
        report = await stage.event(Reported, receipt.provider_id)
        assert (report.signal, report.code) == (Signal.FAILED, "no-answer")
        await stage.until(lambda: phone.seen("CALL_CLOSED"), "our CANCEL")


HEADERS = """\
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]SIPpTag[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      [last_Record-Route:]
      Contact: <sip:patient@[local_ip]:[local_port]>"""
THERE = """
  <nop next="10"/>
  <label id="9"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]SIPpTag[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <label id="10"/>
</scenario>
"""
"""Our question whether anybody is there is a dialog of its own."""
BUSY = f"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="refuses">
  <recv request="OPTIONS" optional="true" next="9"/>
  <recv request="INVITE" crlf="true"/>
  <send><![CDATA[
      SIP/2.0 %s
{HEADERS}
      Content-Length: 0

  ]]></send>
  <recv request="ACK" timeout="30000"/>
{THERE}"""
ANSWERS = f"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="answers behind a proxy">
  <recv request="OPTIONS" optional="true" next="9"/>
  <recv request="INVITE" crlf="true" rrs="true"/>
  <send><![CDATA[
      SIP/2.0 180 Ringing
{HEADERS}
      Content-Length: 0

  ]]></send>
  <pause milliseconds="200"/>
  <send retrans="500"><![CDATA[
      SIP/2.0 200 OK
      Record-Route: <sip:[local_ip]:[local_port];lr>
{HEADERS}
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0 101
      a=rtpmap:0 PCMU/8000
      a=rtpmap:101 telephone-event/8000
  ]]></send>
  <recv request="ACK" timeout="30000"/>
"""


def answers(digit: str) -> str:
    """A trunk that answers, sends a key as SIPp has it recorded, and waits for our BYE."""
    return (
        ANSWERS
        + f"""  <pause milliseconds="1500"/>
  <nop><action><exec play_pcap_audio="/usr/share/sip-tester/dtmf_2833_{digit}.pcap"/></action></nop>
  <recv request="BYE" timeout="30000"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
{THERE}"""
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [("486 Busy Here", "busy"), ("603 Decline", "rejected"), ("480 Temporarily Unavailable", "unreachable")],
)
async def test_sipp_refuses(stage: VoiceStage, tmp_path: Path, said: str, code: str) -> None:
    async with sipp(tmp_path, BUSY % said) as (port, process):
        receipt = await stage.send(Outgoing("d1", PHONE, OFFER), **towards(port))
        report = await stage.event(Reported, receipt.provider_id)
        assert (report.signal, report.code) == (Signal.FAILED, code)
        assert await asyncio.wait_for(process.wait(), 60) == 0, "SIPp missed our ACK"


async def test_sipp_knows_no_such_number(stage: VoiceStage, tmp_path: Path) -> None:
    async with sipp(tmp_path, BUSY % "404 Not Found") as (port, process):
        with pytest.raises(NotReachable):
            await stage.send(Outgoing("d1", PHONE, OFFER), **towards(port))
        assert await asyncio.wait_for(process.wait(), 60) == 0, "SIPp missed our ACK"


@pytest.mark.skipif(os.geteuid() != 0, reason="SIPp plays recorded packets over a raw socket")
async def test_sipp_answers_and_a_recorded_key_is_heard(stage: VoiceStage, tmp_path: Path) -> None:
    async with sipp(tmp_path, answers("1")) as (port, process):
        await stage.send(Outgoing("d1", PHONE, OFFER), **towards(port))
        pressed = await stage.event(Pressed)
        assert pressed.payload == "7:1"
        assert await asyncio.wait_for(process.wait(), 60) == 0, "SIPp missed our BYE"


async def test_a_foreign_caller_is_understood_by_the_emulator(stage: VoiceStage) -> None:
    stage.emulator.put(PHONE, "Анна", True)
    script = Path(__file__).parent / "peer_aiosipua.py"
    calling = asyncio.ensure_future(
        python_peer(script, str(stage.network.port), DOMAIN, USER, PASSWORD, CALLER, PHONE.lstrip("+"))
    )
    try:
        network = stage.network
        await stage.until(lambda: calling.done() or network.answered(PHONE), "a call")
        if not calling.done():
            await network.say(PHONE, "5")
    finally:
        told = await calling
    assert told == {"registered": True, "wrong_password": 403, "answered": True, "key": "5", "no_such_number": 484}


async def test_the_operator_is_asked_for(stage: VoiceStage, tmp_path: Path) -> None:
    """A key that is no choice, by a foreign phone."""
    async with baresip(tmp_path, PHONE.lstrip("+")) as phone:
        await stage.send(Outgoing("d1", PHONE, OFFER), **towards(phone.port))
        await stage.event(Reported)
        await asyncio.sleep(LISTENING)
        await phone.command("sndcode", "0")
        assert (await stage.event(Said)).text == "0: просит перезвонить"
