"""The site chat against the suite of channels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from priyom.channels.webchat.signing import visitor_key, visitor_signature
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.message import Message, Receipt
from priyom.contracts.suite_world import HOOK_SECRET

KEYS = count(1)


class TestContract(ChannelSuite):
    """The suite's promises; the only secret is the hook's own, so a wrong one is tried in a test of its own."""

    key = "webchat"
    address = "visitor_Anna-000000001"
    other_address = "visitor_Bek-0000000002"
    has_secret = False

    async def send(self, stage: Stage, message: Message | str, address: str = "") -> Receipt:
        """Every message under a key of its own, and what the page tells of it put aside."""
        outgoing = self.outgoing(message, address, f"d{next(KEYS)}")
        receipt = await stage.channel.sender.send(stage.http, stage.account, outgoing)
        await stage.heard()
        return receipt

    def nowhere(self, stage: Stage) -> Mapping[str, str]:
        """A relay where nobody listens."""
        return {**stage.settings, "relay_url": "http://127.0.0.1:9"}

    def unsigned(self, request: Request) -> list[Request]:
        """Without a signature, with another visitor's, with one of other words, with a key of another clinic, and in
        another's name with one's own key."""
        body, own = request.body, visitor_key(HOOK_SECRET, self.address)

        def shown(visitor: str, key: str, text: bytes = body) -> Request:
            return replace(request, headers={"x-priyom-visitor": f"{visitor}.{visitor_signature(key, text)}"})

        foreign = json.dumps({**json.loads(body), "visitor": self.other_address}).encode()
        return [
            replace(request, headers={}),
            shown(self.address, visitor_key(HOOK_SECRET, self.other_address)),
            shown(self.address, own, body + b" "),
            shown(self.address, visitor_key("x" * 32, self.address)),
            replace(shown(self.address, own, foreign), body=foreign),
            replace(request, headers={"x-priyom-visitor": f"{self.address}.{own}"}),
        ]
