"""VK Notify against the suite of channels."""

from __future__ import annotations

from itertools import count

from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.message import Message, Outgoing, Template

KEYS = count(1)


class TestContract(ChannelSuite):
    """The suite's promises; a block, a button, an answer and an unknown number do not exist here."""

    key = "vk_notify"
    address = "+79031234567"
    other_address = "+77011234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False
    has_replies = False

    def outgoing(self, message: Message | str, address: str = "", key: str = "k1") -> Outgoing:
        """Every text is the one value of an approved template."""
        made = Message(message) if isinstance(message, str) else message
        template = Template("priyom_any_00000000", "ru", (made.text,))
        return Outgoing(f"d{next(KEYS)}", address or self.address, made, template=template)

    async def stir(self, stage: Stage, address: str) -> None:
        """The partner calls us when a notice arrives."""
        await self.send(stage, "Ждём вас", address)

    async def test_updates_are_told_apart(self, stage: Stage) -> None:
        """A report names its message and no person, so each message is a chat of its own."""
        keys = [self.channel.receiver.identify(stage.account, request) for request in await self.said_twice(stage)]
        assert len({key for key, _ in keys}) == len({chat for _, chat in keys}) == 3
        assert "" not in {chat for _, chat in keys}
