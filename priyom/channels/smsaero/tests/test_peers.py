"""The vendor's own SDK finds in the emulator the gateway it knows."""

from __future__ import annotations

from pathlib import Path

from priyom.contracts.channel_suite import Stage
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal
from priyom.contracts.peer import python_peer

SCRIPT = Path(__file__).with_name("peer_smsaero_api.py")


async def test_the_vendors_sdk_walks_through_the_emulator() -> None:
    stage = await Stage.open("smsaero")
    try:
        named = f"{stage.hook_url}?secret={stage.account.hook_secret}&by=sdk"
        settings = stage.settings
        said = await python_peer(SCRIPT, settings["base_url"], settings["email"], settings["api_key"], named)
        sent = said["sent"]
        assert (said["auth"], sent["number"], sent["from"], sent["cost"]) == (True, "79031234567", "PRIYOM", 5.49)
        assert (said["status"]["id"], said["status"]["text"]) == (sent["id"], "Ждём вас завтра в 10:30")
        assert [item["number"] for item in said["many"]] == ["79031234567", "79221234567"]
        assert said["list"]["totalCount"] == "2"
        assert [item["name"] for item in said["signs"].values() if isinstance(item, dict)] == ["PRIYOM", "SMS Aero"]
        assert said["refused"] == said["no_sign"] == "Validation error."
        assert "credentials" in said["stranger"]
        assert (said["unbanned"], said["test"]["text"]) == (True, "Проверка")
        assert round(said["before"]["balance"] - said["after"]["balance"], 2) == 5.49 * 3
        assert [m.text for m in stage.emulator.messages("+79031234567")] == ["Ждём вас завтра в 10:30", "Всем"]
        heard = [event for event in await stage.heard() if isinstance(event, Reported)]
        assert (str(sent["id"]), Signal.DELIVERED) in [(event.provider_id, event.signal) for event in heard]
    finally:
        await stage.close()
