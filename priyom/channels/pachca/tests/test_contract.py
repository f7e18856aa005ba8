"""Pachca passes the contract's suite."""

from __future__ import annotations

from dataclasses import replace

from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, Stage
from priyom.contracts.events import Said
from priyom.contracts.suite_receiving import PHOTO


class TestContract(ChannelSuite):
    """A suspension is an administrator's doing, not an opt-out: its tests are in `test_people`."""

    key = "pachca"
    address = "user:70511"
    other_address = "user:70512"
    has_blocking = False

    def unsigned(self, request: Request) -> list[Request]:
        """Without a signature, with a wrong one, and with another body under the same one."""
        headers = {name: value for name, value in request.headers.items() if name != "pachca-signature"}
        wrong = [{}, {"pachca-signature": "0" * 64}, {"pachca-signature": ""}, {"pachca-signature": "я"}]
        forged = [replace(request, headers=headers | more) for more in wrong]
        return [*forged, replace(request, body=request.body + b" ")]

    async def test_a_file_comes_back(self, stage: Stage) -> None:
        """The vendor's webhook names no attachments: a file alone is an unnamed one, a file with words is unseen."""
        await stage.emulator.say(self.address, "", [PHOTO])
        [event] = await stage.heard()
        assert isinstance(event, Said)
        [file] = event.files
        assert (event.text, file.mime, file.ref) == ("", "application/octet-stream", event.provider_id)
        assert await stage.channel.sender.fetch(stage.http, stage.account, file.ref) == PHOTO.content
