"""VK passes the contract's suite."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.errors import NotReachable
from priyom.contracts.events import Started
from priyom.contracts.message import Message, Receipt

KEYS = count(1)


class TestContract(ChannelSuite):
    """As the suite has it, but for three things VK does in its own way."""

    key = "vk"
    address = "500100200"
    other_address = "500100201"

    def unsigned(self, request: Request) -> list[Request]:
        """The secret stands in the body."""
        body = json.loads(request.body)
        bare = {name: value for name, value in body.items() if name != "secret"}
        wrong = ({**body, "secret": secret} for secret in ("x" * 32, "", None, 7, ["x"]))
        return [replace(request, body=json.dumps(made).encode()) for made in (bare, *wrong)]

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Every message under a key of its own: VK drops what comes twice under one."""
        outgoing = self.outgoing(message, address, f"d{next(KEYS)}")
        return await stage.channel.sender.send(stage.http, stage.account, outgoing)

    async def test_blocked_is_told_and_undone(self, stage: Stage) -> None:
        """VK has one code (901) for «never allowed» and «forbidden»: only the event message_deny tells the second."""
        await stage.emulator.block(self.address, True)
        with pytest.raises(NotReachable) as caught:
            await self.send(stage, "Здравствуйте")
        assert caught.value.code == "901"
        await stage.emulator.block(self.address, False)
        await self.send(stage, "Здравствуйте")

    async def test_start_carries_its_token(self, stage: Stage) -> None:
        """The permission is an event of its own and comes first."""
        stage.emulator.put(self.other_address, "Бек", False)
        await stage.emulator.start_chat(self.other_address, "p-9f3kQ2_x")
        allowed, started = await stage.heard()
        assert allowed == Started(self.other_address, "")
        assert isinstance(started, Started)
        assert (started.address, started.payload) == (self.other_address, "p-9f3kQ2_x")
        await self.send(stage, "Здравствуйте", self.other_address)
