"""How a call goes, person by person: busy, away, a machine, one who hangs up, one who presses this or that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from priyom.channels.sip_voice.leg import request
from priyom.channels.sip_voice.register import trunk_of
from priyom.channels.sip_voice.sip import SipMessage
from priyom.channels.sip_voice.tests.stage import VoiceStage, opened
from priyom.channels.sip_voice.wire import Wire
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import Misconfigured, NotReachable, Throttled
from priyom.contracts.events import Pressed, Reported, Said, Stopped
from priyom.contracts.message import Button, Message, Outgoing, Receipt, Signal, Wording
from priyom.contracts.suite_world import HOOK_SECRET

ANNA, BEK = "+77011234567", "+79221234567"
ASK = Message("Ждем вас завтра", rows=((Button("Приду", "7:1"),), (Button("Перенести", "7:2"), Button("Нет", "7:3"))))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[VoiceStage]:
    """Anna's phone, and a line that waits little."""
    stage = await opened()
    stage.settings = {**stage.settings, "follow_up_seconds": "1"}
    try:
        stage.emulator.put(ANNA, "Анна", True)
        yield stage
    finally:
        await stage.close()


async def call(stage: VoiceStage, message: Message = ASK, key: str = "d1", **changed: str) -> Receipt:
    """Call Anna."""
    return await stage.send(Outgoing(key, ANNA, message), **changed)


@pytest.mark.parametrize(
    ("behaves", "code"),
    [("busy", "busy"), ("off", "unreachable"), ("impatient", "hung-up"), ("machine", "machine"), ("away", "no-answer")],
)
async def test_nobody_listens(stage: VoiceStage, behaves: str, code: str) -> None:
    stage.emulator.phones()[0].extra["behaves"] = behaves
    receipt = await call(stage, machine_seconds="2" if behaves == "machine" else "0", ring_seconds="5")
    report = await stage.event(Reported, receipt.provider_id)
    assert (report.signal, report.code, report.gone) == (Signal.FAILED, code, False)


async def test_a_person_is_not_taken_for_a_machine(stage: VoiceStage) -> None:
    """Silence is a person's; the machine's check lets it pass."""
    receipt = await call(stage, machine_seconds="2")
    assert (await stage.event(Reported, receipt.provider_id)).signal is Signal.DELIVERED


async def test_a_number_that_does_not_exist_is_told_at_once(stage: VoiceStage) -> None:
    stage.emulator.phones()[0].extra["behaves"] = "gone"
    with pytest.raises(NotReachable):
        await call(stage)


async def test_a_declined_call_is_no_opting_out(stage: VoiceStage) -> None:
    await stage.emulator.block(ANNA, True)
    receipt = await call(stage)
    report = await stage.event(Reported, receipt.provider_id)
    assert (report.code, report.gone) == ("rejected", False)


async def test_zero_asks_for_a_person(stage: VoiceStage) -> None:
    receipt = await call(stage)
    await stage.emulator.say(ANNA, "0")
    said = await stage.event(Said)
    assert (said.address, said.text, said.reply_to) == (ANNA, "0: просит перезвонить", receipt.provider_id)


async def test_nine_stops_calls(stage: VoiceStage) -> None:
    await call(stage)
    await stage.emulator.say(ANNA, "9")
    assert (await stage.event(Stopped)).address == ANNA


async def test_nine_is_nothing_where_the_clinic_does_not_offer_it(stage: VoiceStage) -> None:
    await call(stage, opt_out="false", repeats="1")
    await stage.emulator.say(ANNA, "9")
    await stage.emulator.say(ANNA, "1")
    assert (await stage.event(Pressed)).payload == "7:1"
    assert not [event for event in stage.all_events if isinstance(event, Stopped)]


async def test_a_star_repeats_and_a_wrong_key_costs_a_try(stage: VoiceStage) -> None:
    await call(stage, repeats="1")
    for key in "*81":
        await stage.emulator.say(ANNA, key)
    assert (await stage.event(Pressed)).payload == "7:1"


async def test_what_follows_a_key_is_said_in_the_same_call(stage: VoiceStage) -> None:
    """«Перенести», then the free times: one call, no second ringing."""
    await call(stage, follow_up_seconds="15")
    first = stage.emulator.messages(ANNA)[-1]
    await stage.emulator.press(ANNA, first.id, "2")
    assert (await stage.event(Pressed)).payload == "7:2"
    offers = Message(
        "Выберите новое время:", rows=((Button("чт 26.11 14:00", "8:1"),), (Button("пт 27.11 9:30", "8:2"),))
    )
    second = await call(stage, offers, key="d2")
    await stage.until(lambda: stage.emulator.messages(ANNA)[-1].buttons, "the offers")
    shown = stage.emulator.messages(ANNA)[-1]
    assert [label for _, label in shown.buttons] == ["чт 26.11 14:00", "пт 27.11 9:30"]
    assert len(stage.network.trunk_calls) == 1
    with pytest.raises(Impossible):
        await stage.emulator.press(ANNA, first.id, "1")
    await stage.emulator.press(ANNA, shown.id, "2")
    await stage.until(lambda: _pressed(stage, second.provider_id), "the chosen time")
    assert _pressed(stage, second.provider_id) == ["8:2"]


def _pressed(stage: VoiceStage, name: str) -> list[str]:
    assert stage.held is not None
    stage.all_events += stage.read(stage.held.post)
    return [event.payload for event in stage.all_events if isinstance(event, Pressed) and event.provider_id == name]


async def test_a_press_after_the_call_is_impossible(stage: VoiceStage) -> None:
    await call(stage)
    shown = stage.emulator.messages(ANNA)[-1]
    await stage.quiet(ANNA)
    assert stage.emulator.messages(ANNA)[-1].buttons == ()
    with pytest.raises(Impossible):
        await stage.emulator.press(ANNA, shown.id, "1")
    with pytest.raises(Impossible):
        await stage.emulator.say(ANNA, "1")


async def test_a_robot_understands_no_words(stage: VoiceStage) -> None:
    await call(stage)
    with pytest.raises(Impossible):
        await stage.emulator.say(ANNA, "да, приду")


async def test_more_calls_than_lines_slow_the_account(stage: VoiceStage) -> None:
    stage.emulator.put(BEK, "Бек", True)
    held = stage.with_line(lines="1")
    assert stage.held is not None
    stage.held.line._patience = 0.5
    await stage.channel.sender.send(stage.http, held, Outgoing("d1", ANNA, ASK))
    with pytest.raises(Throttled):
        await stage.channel.sender.send(stage.http, held, Outgoing("d2", BEK, ASK))
    assert stage.emulator.messages(BEK) == []
    await stage.quiet(ANNA)
    await stage.channel.sender.send(stage.http, held, Outgoing("d2", BEK, ASK))
    assert stage.emulator.messages(BEK)


async def test_the_wording_is_said_and_not_the_short_text(stage: VoiceStage) -> None:
    values = {
        "patient.given": "Анна", "clinic.name": "Клиника «Пример»", "visit.local_date": "четверг, 26 ноября",
        "visit.local_time": "14:00", "practitioner.name": "",
    }  # fmt: skip
    outgoing = Outgoing(
        "d1", ANNA, replace(ASK, text="Визит чт 26.11 14:00"), wording=Wording("reminder_24h", "ru", values)
    )
    await stage.send(outgoing)
    shown = stage.emulator.messages(ANNA)[-1].text
    assert shown.startswith("Здравствуйте, Анна! Вам звонит автоматический помощник, Клиника «Пример».")
    assert "четверг, 26 ноября, 14:00." in shown
    assert "Врач" not in shown


async def test_a_line_without_a_voice_says_so(stage: VoiceStage) -> None:
    mute = {**stage.settings, "rehearsal": "false", "speech": "нет"}
    account = stage.channel.account("suite", mute, HOOK_SECRET)
    with pytest.raises(Misconfigured, match="нечем говорить"):
        await stage.channel.sender.check(stage.http, account)
    with pytest.raises(Misconfigured, match="фраза не записана"):
        await stage.send(Outgoing("d1", ANNA, ASK), rehearsal="false", speech="нет")
    assert stage.emulator.messages(ANNA) == []


@pytest.mark.parametrize(
    "wrong", [{"rtp_ports": "many"}, {"rtp_ports": "9-10"}, {"port": "0"}, {"prompts": "/nowhere"}]
)
async def test_settings_that_cannot_be(stage: VoiceStage, wrong: dict[str, str]) -> None:
    account = stage.channel.account("suite", {**stage.settings, **wrong}, HOOK_SECRET)
    with pytest.raises(Misconfigured):
        await stage.channel.sender.check(stage.http, account)


async def test_words_go_in_writing_to_this_machine_only(stage: VoiceStage) -> None:
    account = stage.channel.account("suite", {**stage.settings, "host": "192.0.2.1"}, HOOK_SECRET)
    with pytest.raises(Misconfigured, match="учебный режим"):
        await stage.channel.sender.check(stage.http, account)


async def test_the_trunk_refuses_a_foreign_caller_id(stage: VoiceStage) -> None:
    with pytest.raises(Misconfigured):
        await call(stage, register="false", caller_id="+74950000002")


async def test_calls_from_outside_are_not_taken(stage: VoiceStage) -> None:
    """Whoever calls the clinic's line hears that nobody is there, and nobody can end a call that is not theirs."""
    await call(stage)
    line = stage.with_line().session
    trunk = await trunk_of(stage.account.settings)
    wire = Wire(lambda message, source: None)
    here = await wire.open("127.0.0.1")
    try:
        there = line._registration.here
        said = {}
        for method in ("INVITE", "BYE", "OPTIONS", "NOTIFY", "SUBSCRIBE", "INFO"):
            asked = request(trunk, here, method, "sip:clinic@127.0.0.1", "<sip:clinic@127.0.0.1>", "c", 1, "t")
            said[method] = (await wire.ask(asked, there, within=10)).status
        assert said == {"INVITE": 480, "BYE": 481, "OPTIONS": 200, "NOTIFY": 200, "SUBSCRIBE": 405, "INFO": 481}
        [talk] = line._calls.values()
        bye = request(trunk, here, "BYE", "sip:clinic@127.0.0.1", "<sip:clinic@127.0.0.1>;tag=x", talk.leg.call, 9, "t")
        assert (await wire.ask(bye, there, within=10)).status == 481, "whoever has seen the Call-ID cannot hang up"
        assert line.talking
    finally:
        wire.close()


async def test_a_key_by_info_counts_once_beside_the_sound(stage: VoiceStage) -> None:
    """Some trunks tell a press both ways."""
    await call(stage, repeats="3")
    line = stage.with_line().session
    [talk] = line._calls.values()
    await stage.until(lambda: talk.stream.codec and stage.network.answered(ANNA) and talk._now, "talking")
    await asyncio.sleep(0.5)
    info = SipMessage(method="INFO", uri="sip:x", headers=[("content-type", "application/dtmf-relay")])
    info.body = b"Signal=*\r\nDuration=160\r\n"
    heard: list[str] = []
    keep, talk.keys.put_nowait = talk.keys.put_nowait, heard.append
    talk.pressed("*")
    talk.leg.serve(info, b"")
    info.headers, info.body = [("content-type", "application/dtmf")], b"3"
    talk.leg.serve(info, b"")
    talk.keys.put_nowait = keep
    assert heard == ["*", "3"]
