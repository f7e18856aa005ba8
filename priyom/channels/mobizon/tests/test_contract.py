"""Mobizon against the suite of channels."""

from __future__ import annotations

import json
from dataclasses import replace

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage


class TestContract(ChannelSuite):
    """The suite's promises; a block, a button, an answer and an unknown number do not exist here."""

    key = "mobizon"
    address = "+77011234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False
    has_replies = False

    async def stir(self, stage: Stage, address: str) -> None:
        """The gateway calls us when a message arrives."""
        await self.send(stage, "Ждём вас", address)

    def unsigned(self, request: Request) -> list[Request]:
        """Without a signature, with a wrong one, and another event under the same one."""
        fields = json.loads(request.body)
        wrong = [
            {name: value for name, value in fields.items() if name != "sign"},
            {**fields, "sign": "0" * 40},
            {**fields, "sign": None},
            {**fields, "eventId": fields["eventId"] + 1},
            {**fields, "attempt": 2},
        ]
        return [replace(request, body=json.dumps(body).encode()) for body in wrong]
