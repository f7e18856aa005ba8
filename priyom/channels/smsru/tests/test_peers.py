"""A Python client that is not ours finds in the emulator the gateway it knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from priyom.contracts.channel_suite import Stage
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal
from priyom.contracts.peer import python_peer

SCRIPT = Path(__file__).with_name("peer_smsru_api.py")


def codes(said: dict[str, Any], name: str) -> list[int]:
    """The code of each message in that answer."""
    return [each["status_code"] for each in said[name]["sms"].values()]


async def test_smsru_api_walks_through_the_emulator() -> None:
    stage = await Stage.open("smsru")
    try:
        said = await python_peer(SCRIPT, stage.settings["base_url"], stage.settings["api_id"], stage.hook_url)
        assert codes(said, "sent") == codes(said, "multi")[:1] == [100]
        assert said["cost"]["total_sms"] == 2
        assert said["status"]["sms"][said["number"]]["status_code"] in (100, 102, 103)
        assert (said["limit"]["total_limit"] > 0, "CLINIC" in said["senders"]["senders"]) == (True, True)
        assert said["add"]["callback"] == said["callbacks"]["callback"] == [stage.hook_url]
        assert (said["bad_add"]["status_code"], said["drop"]["callback"]) == (901, [])
        assert (codes(said, "stopped"), said["list"]["stoplist"]) == ([209], {"79221234567": "просил"})
        assert said["stranger"]["status_code"] == 200
        assert said["before"]["balance"] - said["after"]["balance"] == 4.5 * 3
        assert [m.text for m in stage.emulator.messages("+79031234567")] == ["Ждём вас", "Раз"]
        heard = [event for event in await stage.heard() if isinstance(event, Reported)]
        assert (said["number"], Signal.DELIVERED) in [(event.provider_id, event.signal) for event in heard]
    finally:
        await stage.close()
