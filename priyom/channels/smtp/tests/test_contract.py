"""Mail against the suite of channels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.message import Message, Receipt

KEYS = count(1)


class TestContract(ChannelSuite):
    """The suite's promises; letters have no limit, their buttons are links, and nobody blocks but the mailbox dies."""

    key = "smtp"
    address = "anna@mail.example"
    other_address = "bek@mail.example"
    has_limit = False
    has_blocking = False
    has_buttons = False

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """Where the server hangs after the letter, the wait for its word is short."""
        stage = await super().open(timeout=timeout)
        if timeout == self.hang_timeout:
            stage.settings = {**stage.settings, "patience": "1"}
        return stage

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Every letter under its own key: its Message-ID is made of it."""
        outgoing = self.outgoing(message, address, f"d{next(KEYS)}")
        return await stage.channel.sender.send(stage.http, stage.account, outgoing)

    def nowhere(self, stage: Stage) -> Mapping[str, str]:
        """A port where nobody listens."""
        return {**stage.settings, "port": "9"}
