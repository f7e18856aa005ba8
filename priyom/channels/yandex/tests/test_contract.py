"""Yandex Messenger passes the contract's suite."""

from __future__ import annotations

from itertools import count

from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.message import Message, Outgoing
from priyom.contracts.suite_base import TEXTS

KEYS = count(1)


class TestContract(ChannelSuite):
    """Privacy is told when we write, never by an update: its test is in `test_people`."""

    key = "yandex"
    address = "ivanova@clinic.example"
    other_address = "bek"
    has_blocking = False
    texts = tuple(text.replace("`", "'") for text in TEXTS)
    """Two backticks cannot be had: `test_markup`."""

    def outgoing(self, message: Message | str, address: str = "", key: str = "") -> Outgoing:
        """Every message under a key of its own, as the house does: the vendor drops a second one."""
        return super().outgoing(message, address, key or f"d{next(KEYS)}")

    async def test_the_same_key_twice_is_one_message(self, stage: Stage) -> None:
        """What the card promises with SAME_KEY."""
        twice = self.outgoing("Ждём вас", key="d-same")
        receipts = [await stage.channel.sender.send(stage.http, stage.account, twice) for _ in range(2)]
        assert receipts[0] == receipts[1]
        assert len(stage.emulator.messages(self.address)) == 1
