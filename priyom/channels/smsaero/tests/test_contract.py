"""SMS Aero against the suite of channels."""

from __future__ import annotations

from priyom.contracts.channel_suite import ChannelSuite, Stage


class TestContract(ChannelSuite):
    """The suite's promises; a block, a button, an answer and an unknown number do not exist here."""

    key = "smsaero"
    address = "+79031234567"
    other_address = "+77011234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False
    has_replies = False

    async def stir(self, stage: Stage, address: str) -> None:
        """The gateway calls us when a message arrives."""
        await self.send(stage, "Ждём вас", address)

    async def test_updates_are_told_apart(self, stage: Stage) -> None:
        """A report names its message and no person, so each message is a chat of its own."""
        keys = [self.channel.receiver.identify(stage.account, request) for request in await self.said_twice(stage)]
        assert len({key for key, _ in keys}) == len({chat for _, chat in keys}) == 3
        assert "" not in {chat for _, chat in keys}
