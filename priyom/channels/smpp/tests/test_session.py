"""The session: what goes over the line, how it comes back, what it tells of messages in parts, and what it never
acknowledges too early."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from priyom.channels.smpp import send
from priyom.channels.smpp.binding import Bound, bind
from priyom.channels.smpp.gateway import RATE, WINDOW, Line
from priyom.channels.smpp.pdu import Command, Found, Pdu, Sm, decode
from priyom.channels.smpp.session import FAILURES
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.tests.stage import SmppStage, until
from priyom.contracts.channel import Request
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.events import Reported, Said
from priyom.contracts.message import Asked, Message, Outgoing, Receipt, Signal
from priyom.contracts.suite_world import KeptPost
from priyom.foundation.clock import clock

PHONE = "+77011234567"
LONG = "Ждём вас завтра в 10:30 👍 " * 6
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


async def submit(stage: SmppStage, text: str, key: str = "d1", **more: int) -> Receipt:
    """Send over the newest session, once it is bound."""
    await stage.ready()
    outgoing = Outgoing(key, PHONE, Message(text), valid_for=more.get("valid_for"))
    return await send.send(stage.http, stage.account, outgoing)


def reports(events: list[object]) -> list[tuple[str, Signal]]:
    return [(event.provider_id, event.signal) for event in events if isinstance(event, Reported)]


async def heard(stage: SmppStage) -> list[tuple[str, Signal]]:
    return reports(list(await stage.heard()))


def spy(stage: SmppStage) -> list[Sm]:
    """Every short message the gateway has taken from now on."""
    seen: list[Sm] = []
    accept = stage.smsc.accept

    async def watched(sm: Sm, *rest: object) -> str:
        seen.append(sm)
        return await accept(sm, *rest)  # type: ignore[arg-type]

    stage.smsc.accept = watched  # type: ignore[method-assign, assignment]
    return seen


async def test_a_message_in_parts_is_delivered_when_all_its_parts_are(stage: SmppStage) -> None:
    stage.hold()
    receipt = await submit(stage, LONG)
    assert (receipt.provider_id, receipt.segments) == ("1000001,1000002,1000003", 3)
    assert await heard(stage) == [(receipt.provider_id, Signal.DELIVERED)]
    assert [message.text for message in stage.emulator.messages(PHONE)] == [LONG]


async def test_one_lost_part_fails_the_message(stage: SmppStage) -> None:
    stage.hold()
    stage.smsc.habits.lost = frozenset({2})
    receipt = await submit(stage, LONG)
    assert await heard(stage) == [(receipt.provider_id, Signal.FAILED)]
    assert stage.emulator.messages(PHONE) == []


@pytest.mark.parametrize("text", ["Придёте?", LONG])
@pytest.mark.parametrize("tlvs", [True, False])
@pytest.mark.parametrize("early", [True, False])
async def test_receipts_find_their_message(stage: SmppStage, text: str, tlvs: bool, early: bool) -> None:
    """In the other radix, with and without parameters, before and after the answer to submit_sm."""
    habits = stage.smsc.habits
    habits.hex_ids, habits.tlvs, habits.early = True, tlvs, early
    stage.hold(message_ids="hex_then_dec")
    receipt = await submit(stage, text)
    assert await heard(stage) == [(receipt.provider_id, Signal.DELIVERED)]


@pytest.mark.parametrize("way", ["sar", "payload"])
async def test_other_ways_of_binding_parts(stage: SmppStage, way: str) -> None:
    stage.hold(long_messages=way)
    receipt = await submit(stage, LONG)
    assert [message.text for message in stage.emulator.messages(PHONE)] == [LONG]
    assert await heard(stage) == [(receipt.provider_id, Signal.DELIVERED)]
    assert receipt.segments == 3
    assert ("," in receipt.provider_id) == (way == "sar")


async def test_a_dead_number_is_told_from_a_lost_message(stage: SmppStage) -> None:
    stage.hold()
    await stage.emulator.block(PHONE, True)
    await submit(stage, "Придёте?")
    [dead] = await stage.heard()
    assert isinstance(dead, Reported)
    assert (dead.signal, dead.code, dead.gone, dead.evidence) == (Signal.FAILED, "1", True, "SMPP: UNDELIV, err 1")
    await stage.emulator.block(PHONE, False)
    stage.smsc.habits.lost = frozenset({1})
    await submit(stage, "Придёте?")
    [lost] = await stage.heard()
    assert isinstance(lost, Reported)
    assert (lost.signal, lost.gone) == (Signal.FAILED, False)


async def test_the_receipts_of_parts_are_put_together_over_a_restart(stage: SmppStage) -> None:
    """Two receipts before, one after; what the first session knew is all in the text it kept."""
    first = stage.hold()
    stage.smsc.habits.early = False
    receipt = await submit(stage, LONG)
    await stage.heard()
    one, two, three = (receipt_of(stage, part) for part in receipt.provider_id.split(","))
    kept = json.loads(first.post.position)
    assert [item["ids"] for item in kept["longs"]] == [receipt.provider_id.split(",")]
    kept["longs"][0]["signals"] = {}
    await first.end()
    second = stage.hold(KeptPost(first.post.identify, position=json.dumps(kept)))
    await stage.ready()
    await deliver(stage, one, two)
    assert await heard(stage) == []
    position = second.post.position
    await second.end()
    stage.hold(KeptPost(first.post.identify, position=position))
    await stage.ready()
    await deliver(stage, three)
    assert await heard(stage) == [(receipt.provider_id, Signal.DELIVERED)]


def receipt_of(stage: SmppStage, message_id: str) -> Pdu:
    """A receipt of that part, made by hand."""
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:2603200900 done date:2603200900 stat:DELIVRD err:000 text:"
    sm = Sm(send.source(stage.bare.settings), send.source(stage.bare.settings), text.encode(), 0, 0x04)
    return Pdu(Command.DELIVER_SM, sm)


async def deliver(stage: SmppStage, *pdus: Pdu) -> list[int]:
    """Bring these over the session's line, one after the other; the statuses of the answers."""
    await until(lambda: any(line.receives for line in stage.smsc.lines))
    line = next(line.link for line in stage.smsc.lines if line.receives)
    return [(await line.request(Command.DELIVER_SM, pdu.body, pdu.tlvs)).status for pdu in pdus]


@pytest.mark.parametrize("restarted", [False, True])
async def test_throttled_half_way_goes_on_with_the_next_part(stage: SmppStage, restarted: bool) -> None:
    stage.hold()
    seen = spy(stage)
    stage.smsc.too_fast = lambda: len(seen) == 1  # type: ignore[method-assign]
    with pytest.raises(Throttled) as caught:
        await submit(stage, LONG)
    assert caught.value.after >= 1
    stage.smsc.too_fast = lambda: False  # type: ignore[method-assign]
    if restarted:
        await stage.now.end()
        stage.hold(stage.now.post)
    receipt = await submit(stage, LONG)
    assert len(seen) == 3
    assert [message.text for message in stage.emulator.messages(PHONE)] == [LONG]
    assert await heard(stage) == [(receipt.provider_id, Signal.DELIVERED)]


async def test_a_part_refused_stops_the_rest(stage: SmppStage) -> None:
    stage.hold()
    seen = spy(stage)
    with pytest.raises(Rejected):
        await submit(stage, "я" * 671)
    assert seen == []
    with pytest.raises(Misconfigured) as caught:
        await submit_as(stage, "STRANGER")
    assert caught.value.code == "0x0A"


async def submit_as(stage: SmppStage, sender: str) -> Receipt:
    await stage.ready()
    account = replace(stage.account, settings=replace(stage.account.settings, sender=sender))
    return await send.send(stage.http, account, Outgoing("d9", PHONE, Message("Да")))


async def test_what_is_under_way_when_the_line_breaks_is_uncertain(stage: SmppStage) -> None:
    stage.hold()
    await stage.ready()
    stage.emulator.mode = Mode.HANG
    sending = asyncio.create_task(submit(stage, "Придёте?"))
    await until(lambda: stage.emulator.messages(PHONE))
    stage.smsc.drop_lines()
    with pytest.raises(Uncertain):
        await sending
    stage.emulator.mode = Mode.OK
    await until(lambda: stage.smsc.binds == 2)
    await submit(stage, "Снова здесь", "d2")


async def test_many_messages_fill_the_window_and_no_more(stage: SmppStage) -> None:
    """The gateway refuses what goes beyond its own window; the session keeps within its setting."""
    stage.hold(window=WINDOW)
    await stage.ready()
    receipts = await asyncio.gather(*(submit(stage, f"№ {number}", f"d{number}") for number in range(RATE)))
    assert len({receipt.provider_id for receipt in receipts}) == RATE
    with pytest.raises(Throttled):
        await submit(stage, "Ещё", "d999")
    stage.world.turn(timedelta(seconds=1))
    await submit(stage, "Ещё", "d999")


async def test_our_window_is_kept(stage: SmppStage) -> None:
    """What waits for a place has not left, and is told so when the line breaks."""
    stage.hold(window=3)
    await stage.ready()
    stage.emulator.mode = Mode.HANG
    sent = [asyncio.create_task(submit(stage, f"№ {number}", f"d{number}")) for number in range(5)]
    await until(lambda: len(stage.emulator.messages(PHONE)) >= 3)
    await stage.world.settled()
    assert len(stage.emulator.messages(PHONE)) == 3
    stage.emulator.mode = Mode.OK
    stage.smsc.drop_lines()
    kinds = [type(error) for error in await asyncio.gather(*sent, return_exceptions=True)]
    assert kinds == [Uncertain] * 3 + [Unavailable] * 2


async def test_beyond_the_gateway_s_window(stage: SmppStage) -> None:
    stage.hold(window=WINDOW + 1)
    await stage.ready()
    stage.emulator.mode = Mode.HANG
    sent = [asyncio.create_task(submit(stage, f"№ {number}", f"d{number}")) for number in range(WINDOW)]
    await until(lambda: len(stage.emulator.messages(PHONE)) == WINDOW)
    with pytest.raises(Throttled):
        await submit(stage, "Ещё", "d999")
    stage.smsc.drop_lines()
    assert {type(error) for error in await asyncio.gather(*sent, return_exceptions=True)} == {Uncertain}


async def test_the_life_of_a_message(stage: SmppStage) -> None:
    seen = spy(stage)
    clock.freeze(AT)
    try:
        stage.hold()
        for seconds in (7200, 5, 99999999):
            await submit(stage, "Да", f"d{seconds}", valid_for=seconds)
        await submit(stage, "Да", "d0")
        stage.hold(validity="absolute")
        await submit(stage, "Да", "d1", valid_for=7200)
    finally:
        clock.reset()
    lives = ["000000020000000R", "000000000100000R", "000007000000000R", "", "260320110000000+"]
    assert [sm.validity for sm in seen] == lives


async def test_the_sender_s_type(stage: SmppStage) -> None:
    settings = stage.bare.settings
    table = {"PRIYOM": (5, 0), "79000000001": (1, 1), "+79000000001": (1, 1), "1234": (3, 1)}
    for name, kinds in table.items():
        made = send.source(replace(settings, sender=name))
        assert (made.ton, made.npi, made.number) == (*kinds, name.lstrip("+"))
    assert send.source(replace(settings, source_ton=0, source_npi=1)).ton == 0
    with pytest.raises(Misconfigured):
        send.source(replace(settings, source_ton=256))


async def test_what_people_write_is_put_together(stage: SmppStage) -> None:
    stage.hold()
    await stage.ready()
    await stage.emulator.say(PHONE, "Да")
    await stage.emulator.say(PHONE, LONG)
    await stage.emulator.say(PHONE, "[1] €")
    events = await stage.heard()
    assert [(event.address, event.text) for event in events if isinstance(event, Said)] == [
        (PHONE, "Да"), (PHONE, LONG), (PHONE, "[1] €"),
    ]  # fmt: skip
    assert len({event.provider_id for event in events if isinstance(event, Said)}) == 3


class BadPost(KeptPost):
    """A post whose shelf can be full."""

    full = True

    async def take(self, request: Request) -> None:
        """Refuses while it is full."""
        if self.full:
            raise OSError("the database is away")
        await super().take(request)


async def test_nothing_is_acknowledged_before_it_is_kept(stage: SmppStage) -> None:
    post = BadPost(stage.post().identify)
    stage.hold(post)
    await stage.ready()
    await stage.emulator.say(PHONE, "Да")
    await stage.world.settled()
    assert (post.taken, stage.smsc.dump()["outbox"] != []) == ([], True)
    post.full = False
    await stage.emulator.say(PHONE, "Нет")
    assert [event.text for event in await stage.heard() if isinstance(event, Said)] == ["Да", "Нет"]
    assert stage.smsc.dump()["outbox"] == []


async def test_what_comes_again_after_a_lost_answer_changes_nothing(stage: SmppStage) -> None:
    """The same SMS over a new line is a repeat; the same words over the same line were written twice."""
    held = stage.hold()
    await stage.ready()
    sm = Sm(send.source(stage.bare.settings), send.source(stage.bare.settings), b"1", 0)
    sm = replace(sm, source=replace(sm.source, number="77011234567"))
    assert await deliver(stage, Pdu(Command.DELIVER_SM, sm), Pdu(Command.DELIVER_SM, sm)) == [0, 0]
    assert len(stage.read(held.post)) == 2
    await held.end()
    again = stage.hold(held.post)
    await stage.ready()
    assert await deliver(stage, Pdu(Command.DELIVER_SM, sm)) == [0]
    assert (len(again.post.taken), again.post.repeats) == (0, 1)


async def test_half_a_message_waits_over_a_restart_and_then_comes_with_a_gap(stage: SmppStage) -> None:
    stage.hold()
    await stage.ready()
    await stage.emulator.say(PHONE, LONG)
    await stage.world.settled()
    [request] = stage.now.post.taken
    pdus = [bytes.fromhex(raw) for raw in json.loads(request.body)["pdus"]]
    await stage.now.end()
    held = stage.hold(KeptPost(stage.now.post.identify))
    await stage.ready()
    assert await deliver(stage, decode(pdus[0])) == [0]
    assert held.post.taken == []
    await held.end()
    clock.freeze(datetime.now(UTC) + timedelta(minutes=16))
    try:
        late = stage.hold(KeptPost(held.post.identify, position=held.post.position))
        await until(lambda: late.post.taken)
        [event] = stage.read(late.post)
    finally:
        clock.reset()
    assert isinstance(event, Said)
    assert event.text.endswith("[…]")
    assert LONG.startswith(event.text[:-3])
    assert 60 < len(event.text) < 75


async def test_lost_reports_are_asked_for(stage: SmppStage) -> None:
    stage.hold()
    whole = await submit(stage, LONG)
    stage.smsc.habits.lost = frozenset({1})
    lost = await submit(stage, "Придёте?", "d2")
    asked = [Asked(number, "d", PHONE, AT) for number in (whole.provider_id, lost.provider_id, "777", "parts:9:abc")]
    found = await send.ask(stage.http, stage.account, asked)
    assert reports(list(found)) == [(whole.provider_id, Signal.DELIVERED), (lost.provider_id, Signal.FAILED)]
    quiet = replace(stage.account, settings=replace(stage.account.settings, asks=False))
    assert list(await send.ask(stage.http, quiet, asked)) == []
    with pytest.raises(Unavailable):
        await send.ask(stage.http, stage.bare, asked)


async def test_a_message_is_delivered_by_asking_only_when_all_parts_are(stage: SmppStage) -> None:
    stage.hold()
    whole = await submit(stage, LONG)
    found = stage.smsc.found
    stage.smsc.found = lambda query: (  # type: ignore[method-assign]
        Found(query.message_id, "", 1, 0) if query.message_id.endswith("2") else found(query)
    )
    [report] = await send.ask(stage.http, stage.account, [Asked(whole.provider_id, "d", PHONE, AT)])
    assert report.signal is Signal.SENT


async def test_unbind_at_the_end_and_on_the_gateway_s_word(stage: SmppStage, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    asked = Line._asked

    async def watched(self: Line, pdu: Pdu) -> Pdu | None:
        heard.append(pdu.command)
        return await asked(self, pdu)

    monkeypatch.setattr(Line, "_asked", watched)
    held = stage.hold()
    await stage.ready()
    [line] = stage.smsc.lines
    assert (await line.link.request(Command.UNBIND)).status == 0
    await until(lambda: stage.smsc.binds == 2 and held.session.bound)
    await held.end()
    assert heard == [Command.BIND_TRANSCEIVER, Command.BIND_TRANSCEIVER, Command.UNBIND]
    await until(lambda: not stage.smsc.lines)
    with pytest.raises(Unavailable):
        await send.send(stage.http, stage.account, Outgoing("d1", PHONE, Message("Да")))


async def test_the_line_is_asked_after_both_ways(stage: SmppStage) -> None:
    stage.hold(enquire_seconds=1)
    await stage.ready()
    [line] = stage.smsc.lines
    assert (await line.link.request(Command.ENQUIRE_LINK)).status == 0
    before = asyncio.get_running_loop().time()
    await until(lambda: line.link.heard_at > before + 0.5)


async def test_a_gateway_that_falls_silent_is_left(stage: SmppStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("priyom.channels.smpp.session.PATIENCE", 0.05)
    held = stage.hold(enquire_seconds=1)
    await stage.ready()
    [line] = stage.smsc.lines
    line.link._take = lambda raw: None  # type: ignore[method-assign]
    await until(lambda: stage.smsc.binds == 2)
    assert not held.task.done()


def spy_binds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of every port a session has tried."""
    tries: list[int] = []

    async def counted(settings: Settings, *rest: Any, **more: Any) -> Bound:
        tries.append(settings.port)
        return await bind(settings, *rest, **more)

    monkeypatch.setattr("priyom.channels.smpp.session.bind", counted)
    return tries


async def test_nobody_there_is_told(stage: SmppStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once when the line has never stood; after several tries when it had."""
    tries, good = spy_binds(monkeypatch), stage.settings["port"]
    held = stage.hold(port=9)
    with pytest.raises(Unavailable):
        await held.task
    assert len(tries) == 1
    with pytest.raises(Unavailable):
        await send.send(stage.http, stage.account, Outgoing("d1", PHONE, Message("Да")))
    monkeypatch.setattr("priyom.channels.smpp.session.FIRST_PAUSE", 0.01)
    held = stage.hold(port=good)
    await stage.ready()
    stage.emulator.mode = Mode.DOWN
    with pytest.raises(Unavailable):
        await held.task
    assert len(tries) == 2 + FAILURES


@pytest.mark.parametrize("change", [{"port": "0"}, {"system_id": "stranger"}, {"security": "tls", "ca_pem": "x"}])
async def test_wrong_settings_are_told_at_once(stage: SmppStage, change: dict[str, str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        await stage.hold(None, **change).task
    assert stage.settings["password"] not in caught.value.text


@pytest.mark.parametrize(
    ("status", "after", "outcome"),
    [(0x05, None, "открыты"), (0x0D, 0, "Шлюз"), (0x0D, 0x0D, Misconfigured), (0x0E, 0, Misconfigured),
     (0x03, 0, "Шлюз"), (0x58, 0, Unavailable), (0x08, 0, Unavailable)],
)  # fmt: skip
async def test_the_check_binds_as_a_transmitter_first(
    stage: SmppStage, monkeypatch: pytest.MonkeyPatch, status: int, after: int | None, outcome: str | type[ChannelError]
) -> None:
    """And tries the transceiver where the gateway knows no other kind of line."""
    asked: list[int] = []

    def bind(line: object, pdu: Pdu, body: object) -> Pdu:
        asked.append(pdu.command)
        return pdu.answer(status if pdu.command == Command.BIND_TRANSMITTER else after or 0)

    monkeypatch.setattr("priyom.channels.smpp.gateway.Line._bind", bind)
    if isinstance(outcome, str):
        assert outcome in (await send.check(stage.http, stage.bare)).note
    else:
        with pytest.raises(outcome):
            await send.check(stage.http, stage.bare)
    assert asked[0] == Command.BIND_TRANSMITTER
    assert (len(asked) == 2) is (status in (0x0D, 0x03))


async def test_the_check_of_a_worker_uses_its_line(stage: SmppStage) -> None:
    stage.hold()
    await stage.ready()
    assert (await send.check(stage.http, stage.account)).note == "Сеанс открыт: PRIYOM-SMSC"
    assert stage.smsc.binds == 1
