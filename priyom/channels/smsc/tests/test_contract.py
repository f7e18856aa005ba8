"""SMSC against the suite of channels."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.message import Message, Receipt

KEYS = count(1)


class TestContract(ChannelSuite):
    """The suite's promises; a block, a button and an unknown number do not exist in SMS."""

    key = "smsc"
    address = "+77011234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Every message under its own key: the gateway's number is made of it. Its report is heard and put aside."""
        outgoing = self.outgoing(message, address, f"d{next(KEYS)}")
        receipt = await stage.channel.sender.send(stage.http, stage.account, outgoing)
        await stage.heard()
        return receipt

    def unsigned(self, request: Request) -> list[Request]:
        """Without a signature, with a wrong one, and with another text under the same one."""
        fields = json.loads(request.body)
        wrong = [
            {name: value for name, value in fields.items() if name != "md5"},
            {**fields, "md5": "0" * 32},
            {**fields, "md5": ""},
            {**fields, "mes": fields["mes"] + "!"},
        ]
        return [replace(request, body=json.dumps(body).encode()) for body in wrong]
