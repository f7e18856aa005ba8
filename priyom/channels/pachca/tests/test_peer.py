"""The vendor's own Python library (pachca-sdk) sends, uploads, edits, reads and polls at our emulator."""

from __future__ import annotations

from pathlib import Path

from priyom.contracts.channel_suite import Stage
from priyom.contracts.message import Button, Message, Outgoing
from priyom.contracts.peer import python_peer

ANNA, DESK = "user:45", "chat:500"


async def test_pachca_sdk() -> None:
    stage = await Stage.open("pachca")
    try:
        for address in (ANNA, DESK):
            stage.emulator.put(address, "Анна", True)
        task = Outgoing("k", ANNA, Message("Задача 16", rows=((Button("Взял", "t:16:take"),),)))
        ours = await stage.channel.sender.send(stage.http, stage.account, task)
        await stage.emulator.say(ANNA, "раз")
        await stage.emulator.press(ANNA, ours.provider_id, "0.0")
        await stage.emulator.say(ANNA, "два")
        script = Path(__file__).parent / "peer_pachca_sdk.py"
        said = await python_peer(script, stage.settings["base_url"], stage.settings["token"], "45", "500")
        assert said["bot"] == [True, "clinic_bot", True]
        assert said["sent"] == ["Задача 17", "t:17:take", "upload", "discussion"]
        assert said["edited"] == ["Взяла Анна", [], "Взяла Анна"]
        assert said["readers"] == []
        assert [kind for kind, _, _ in said["events"]] == [
            "MessageWebhookPayload", "ButtonWebhookPayload", "MessageWebhookPayload"
        ]  # fmt: skip
        assert said["press"] == "t:16:take"
        assert said["refused"] == [["not_found"], ["blank"], ["invalid_token"]]
        shown = stage.emulator.messages(ANNA)[-1]
        assert (shown.id, shown.text, shown.buttons, shown.files, shown.edited) == (
            str(said["number"]), "Взяла Анна", (), ("upload",), True,
        )  # fmt: skip
    finally:
        await stage.close()
