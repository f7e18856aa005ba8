"""MTS Exolve against the suite of channels."""

from __future__ import annotations

from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.message import Message, Receipt


class TestContract(ChannelSuite):
    """The suite's promises; a block and a button do not exist in SMS, an unknown number dies later."""

    key = "exolve"
    address = "+79031234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Its report is heard and put aside."""
        receipt = await super().send(stage, message, address)
        await stage.heard()
        return receipt
