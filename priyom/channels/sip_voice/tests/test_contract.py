"""The automatic call against the suite of channels. What the suite would hear by webhook comes from the line here."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import pytest

from priyom.channels.sip_voice.tests.stage import VoiceStage, end, opened
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured
from priyom.contracts.events import Pressed, Reported
from priyom.contracts.message import Button, Message, Receipt, Signal
from priyom.contracts.suite_world import HOOK_SECRET

KEYS = count(1)


class TestContract(ChannelSuite):
    """Any number can be called; a declined call is no block; nobody can speak to a robot."""

    key = "sip_voice"
    address = "+77011234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_replies = False

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """A stage with a line."""
        return await opened(timeout=timeout)

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Call, once the call before is over, and wait until the words are seen."""
        assert isinstance(stage, VoiceStage)
        address = address or self.address
        known = {phone.address for phone in stage.emulator.phones()}
        before = len(stage.emulator.messages(address)) if address in known else 0
        await stage.quiet(address)
        receipt = await stage.send(self.outgoing(message, address, f"d{next(KEYS)}"))
        await stage.until(lambda: len(stage.emulator.messages(address)) > before, "the words")
        return receipt

    def nowhere(self, stage: Stage) -> Mapping[str, str]:
        """A port where nobody listens."""
        return {**stage.settings, "port": "9"}

    async def test_wrong_secret(self, stage: Stage) -> None:
        """The line says so, and so does the check."""
        assert isinstance(stage, VoiceStage)
        account = stage.channel.account("suite", self.spoiled(stage), HOOK_SECRET)
        with pytest.raises(Misconfigured):
            await stage.channel.sender.check(stage.http, account)
        with pytest.raises(Misconfigured):
            await stage.send(self.outgoing("Здравствуйте"), password="demo-password-2")
        assert stage.held is not None
        with pytest.raises(Misconfigured):
            await stage.held.running

    async def test_gateway_takes_it_and_never_delivers(self, stage: Stage) -> None:
        """It rings nowhere, and nobody ever says how it ended but our own line, when it gives up."""
        assert isinstance(stage, VoiceStage)
        stage.emulator.mode = Mode.LOSE
        receipt = await stage.send(self.outgoing("Это не дойдет", key="lost"))
        assert receipt.signal is Signal.ACCEPTED
        await stage.until(lambda: stage.network.trunk_calls, "the call")
        assert stage.emulator.messages(self.address) == []
        assert not stage.network.answered(self.address)
        stage.emulator.mode = Mode.OK
        await self.send(stage, "А это дойдет")
        assert [message.text for message in stage.emulator.messages(self.address)] == ["А это дойдет"]
        assert (await stage.event(Reported, receipt.provider_id)).signal is Signal.FAILED

    async def test_a_press_comes_back(self, stage: Stage) -> None:
        """A key pressed in the call is the button's press; the message counts as delivered by it."""
        assert isinstance(stage, VoiceStage)
        message = Message("Ждём вас", rows=((Button("Приду", "v:1:ok"), Button("Нет", "v:1:no")),))
        receipt = await self.send(stage, message)
        shown = self.last(stage)
        await stage.emulator.press(self.address, shown.id, shown.buttons[1][0])
        pressed = await stage.event(Pressed)
        assert (pressed.address, pressed.payload, pressed.provider_id) == (self.address, "v:1:no", receipt.provider_id)
        assert (await stage.event(Reported, receipt.provider_id)).signal is Signal.DELIVERED

    async def test_a_line_that_is_put_away_says_what_became_of_its_call(self, stage: Stage) -> None:
        """The worker stops in the middle of a call."""
        assert isinstance(stage, VoiceStage)
        stage.emulator.put(self.address, "Анна", True).extra["behaves"] = "away"
        receipt = await self.send(stage, "Здравствуйте")
        assert stage.held is not None
        await end(stage.held)
        report = await stage.event(Reported, receipt.provider_id)
        assert (report.signal, report.code) == (Signal.FAILED, "interrupted")
