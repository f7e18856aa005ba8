"""SMPP against the suite of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

import pytest

from priyom.channels.smpp.tests.stage import SmppStage
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.errors import Misconfigured, Unavailable
from priyom.contracts.message import Message, Receipt

KEYS = count(1)


class TestContract(ChannelSuite):
    """The suite's promises, over a session; a block, a button and an unknown number do not exist in SMS."""

    key = "smpp"
    address = "+77011234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False

    async def open(self, *, timeout: float = 5.0) -> SmppStage:
        """The emulator and a session that is bound."""
        stage = await SmppStage.open(self.key, timeout=timeout)
        assert isinstance(stage, SmppStage)
        stage.hold()
        await stage.ready()
        return stage

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Every message under a key of its own, when the session knows how the gateway is; its report put aside."""
        assert isinstance(stage, SmppStage)
        await stage.ready()
        outgoing = self.outgoing(message, address, f"d{next(KEYS)}")
        receipt = await stage.channel.sender.send(stage.http, stage.account, outgoing)
        await stage.heard()
        return receipt

    def nowhere(self, stage: Stage) -> Mapping[str, str]:
        """A port where nobody listens."""
        return {**stage.settings, "port": "9"}

    async def test_wrong_secret(self, stage: Stage) -> None:
        """The session ends and says why, and so does who wants to send over it; without one, the check says it."""
        assert isinstance(stage, SmppStage)
        held = stage.hold(password="demo-pw2")
        with pytest.raises(Misconfigured):
            await held.task
        for asked in (stage.channel.sender.send(stage.http, stage.account, self.outgoing("Здравствуйте")),):
            with pytest.raises(Misconfigured):
                await asked
        with pytest.raises(Misconfigured):
            await stage.channel.sender.check(stage.http, replace(stage.account, session=None))

    async def test_without_a_session_nothing_goes(self, stage: Stage) -> None:
        """Every process but the worker's."""
        assert isinstance(stage, SmppStage)
        with pytest.raises(Unavailable):
            await stage.channel.sender.send(stage.http, stage.bare, self.outgoing("Здравствуйте"))
        assert (await stage.channel.sender.check(stage.http, stage.bare)).note == "Шлюз: PRIYOM-SMSC"
