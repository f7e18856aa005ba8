"""Compass passes the contract's suite, as far as bots go there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from priyom.channels.compass.send import short
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import Forged
from priyom.contracts.events import Said
from priyom.contracts.suite_receiving import PHOTO


class TestContract(ChannelSuite):
    """No buttons and no blocking; words reach a bot only behind a slash, files never; any answer counts as taken."""

    key = "compass"
    address = "user:160001"
    other_address = "user:160002"
    has_blocking = False
    has_buttons = False
    has_retries = False

    def unsigned(self, request: Request) -> list[Request]:
        """Without the token, with another one, with half of it, in no known scheme."""
        rest = {name: value for name, value in request.headers.items() if name != "authorization"}
        token = request.headers["authorization"][7:]
        wrong = ("", "Bearer ", "Bearer x", "bearer=" + token[:-1], "Basic  " + token, "Bearer я")
        return [replace(request, headers=rest), *(replace(request, headers=rest | {"authorization": w}) for w in wrong)]

    async def test_words_come_back(self, stage: Stage) -> None:
        await self.send(stage, "Придёте?")
        await stage.emulator.say(self.address, "без черты не дойдёт")
        assert await stage.heard() == []
        await stage.emulator.say(self.address, "/Иә, келемін 👍")
        [event] = await stage.heard()
        assert isinstance(event, Said)
        assert (event.address, event.text) == (self.address, "Иә, келемін 👍")
        assert event.provider_id == short(self.last(stage).id)

    async def test_a_file_comes_back(self, stage: Stage) -> None:
        with pytest.raises(Impossible):
            await stage.emulator.say(self.address, "/вот", [PHOTO])

    async def said_twice(self, stage: Stage) -> list[Request]:
        stage.emulator.put(self.other_address, "Бек", True)
        for address in (self.address, self.address, self.other_address):
            await stage.emulator.say(address, "/да")
            await stage.world.settled()
        return list(stage.received)

    async def test_forged_webhooks_are_refused(self, stage: Stage) -> None:
        await stage.emulator.say(self.address, "/да")
        await stage.world.settled()
        [request] = stage.received
        self.channel.receiver.verify(stage.account, request)
        for forged in self.unsigned(request):
            with pytest.raises(Forged):
                self.channel.receiver.verify(stage.account, forged)
