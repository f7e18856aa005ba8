"""SMS.ru against the suite of channels."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from urllib.parse import parse_qsl, urlencode

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage

TEXTS = count(1)


class TestContract(ChannelSuite):
    """The suite's promises; a block, a button, an answer and an unknown number do not exist here."""

    key = "smsru"
    address = "+79031234567"
    other_address = "+77011234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False
    has_replies = False

    async def stir(self, stage: Stage, address: str) -> None:
        """The gateway calls us when a message arrives; the same text would be refused."""
        await self.send(stage, f"Ждём вас, {next(TEXTS)}", address)

    def unsigned(self, request: Request) -> list[Request]:
        """Without the hash, with a wrong one, and with another state under the same one."""
        fields = dict(parse_qsl(request.body.decode()))
        wrong = [
            {name: value for name, value in fields.items() if name != "hash"},
            {**fields, "hash": "0" * 64},
            {**fields, "hash": ""},
            {**fields, "data[1]": fields["data[1]"].replace("103", "104")},
            {**fields, "data[2]": fields["data[1]"]},
        ]
        return [replace(request, body=urlencode(body).encode()) for body in wrong]

    async def test_updates_are_told_apart(self, stage: Stage) -> None:
        """A report names its message and no person, so each message is a chat of its own."""
        keys = [self.channel.receiver.identify(stage.account, request) for request in await self.said_twice(stage)]
        assert len(set(keys)) == len({key for key, _ in keys}) == len({chat for _, chat in keys}) == 3
        assert "" not in {chat for _, chat in keys}
