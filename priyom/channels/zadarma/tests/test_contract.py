"""Zadarma's recorded calls against the suite of channels. The words of a message are not spoken, and a person answers
by a key alone, so the suite's tests of words are said anew here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from priyom.channels.zadarma.emulator import HEARD
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Forged, Rejected, Uncertain
from priyom.contracts.events import Said
from priyom.contracts.message import Signal
from priyom.foundation.clock import now


class TestContract(ChannelSuite):
    """Any number can be called; a declined call is learned later, by asking."""

    key = "zadarma"
    address = "+79161234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False
    has_replies = False

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """The statistics are asked for up to the present moment, and no longer than a month of them."""
        stage = await super().open(timeout=timeout)
        stage.world.at = now()
        return stage

    def signed(self, body: bytes) -> Request:
        """A form."""
        return Request({"content-type": "application/x-www-form-urlencoded"}, {}, body)

    def unsigned(self, request: Request) -> list[Request]:
        """Without a signature, with a wrong one, and with another phone under the same one."""
        bare = {name: value for name, value in request.headers.items() if name != "signature"}
        return [
            replace(request, headers=bare),
            replace(request, headers={**request.headers, "signature": "AAAA"}),
            replace(request, body=request.body.replace(b"7916", b"7917")),
            replace(request, body=request.body.replace(b"NOTIFY_IVR", b"NOTIFY_NEW")),
        ]

    async def called(self, stage: Stage, address: str = "") -> None:
        """A call that is on, its webhook put aside."""
        await self.send(stage, "Здравствуйте", address or self.address)
        await stage.heard()

    async def test_texts_arrive_as_they_are(self, stage: Stage) -> None:
        """A call arrives, with the recording."""
        receipt = await self.send(stage, "Здравствуйте")
        assert receipt.signal is Signal.ACCEPTED
        assert (self.last(stage).text, self.last(stage).direction) == (HEARD, "in")

    async def test_longest_text_passes_and_a_longer_one_is_rejected(self, stage: Stage) -> None:
        """The limit is ours."""
        await self.send(stage, "я" * 1000)
        with pytest.raises(Rejected):
            await self.send(stage, "я" * 1001)
        assert len(stage.emulator.messages(self.address)) == 1

    async def test_gateway_takes_it_and_hangs(self) -> None:
        """The phone rings all the same."""
        stage = await self.open(timeout=self.hang_timeout)
        try:
            stage.emulator.put(self.address, self.person, True)
            stage.emulator.mode = Mode.HANG
            with pytest.raises(Uncertain):
                await self.send(stage, "Здравствуйте")
            assert self.last(stage).text == HEARD
        finally:
            await stage.close()

    async def test_words_come_back(self, stage: Stage) -> None:
        """A key comes back as the digit."""
        await self.called(stage)
        await stage.emulator.say(self.address, "1")
        [event] = await stage.heard()
        assert isinstance(event, Said)
        assert (event.address, event.text, self.last(stage).direction) == (self.address, "1", "out")

    async def test_updates_are_told_apart(self, stage: Stage) -> None:
        """Each key of each call by itself."""
        requests = []
        for address in (self.address, self.address, self.other_address):
            await self.called(stage, address)
            await stage.emulator.say(address, "1")
            await stage.world.settled()
            requests += stage.received
            stage.received.clear()
        one, two, other = (self.channel.receiver.identify(stage.account, request) for request in requests)
        assert len({one[0], two[0], other[0]}) == 3
        assert one[1] == two[1] != other[1]

    async def test_forged_webhooks_are_refused(self, stage: Stage) -> None:
        """By the account's own secret."""
        await self.called(stage)
        await stage.emulator.say(self.address, "1")
        await stage.world.settled()
        [request] = stage.received
        self.channel.receiver.verify(stage.account, request)
        for forged in self.unsigned(request):
            with pytest.raises(Forged):
                self.channel.receiver.verify(stage.account, forged)

    async def test_a_repeated_update_is_recognized(self, stage: Stage) -> None:
        """A webhook refused is sent again, the same."""
        await self.called(stage)
        stage.refusals[:] = [500]
        await stage.emulator.say(self.address, "1")
        await stage.world.settled()
        identify = self.channel.receiver.identify
        assert [identify(stage.account, r) for r in stage.refused] == [
            identify(stage.account, r) for r in stage.received
        ]
        assert len(stage.received) == 1

    async def test_what_was_refused_comes_first_later(self, stage: Stage) -> None:
        """In order for each phone."""
        await self.called(stage)
        stage.refusals[:] = [500] * 3
        await stage.emulator.say(self.address, "1")
        await stage.world.settled()
        assert stage.received == []
        await self.send(stage, "Здравствуйте")
        await stage.emulator.say(self.address, "2")
        assert [event.text for event in await stage.heard() if isinstance(event, Said)] == ["1", "2"]
