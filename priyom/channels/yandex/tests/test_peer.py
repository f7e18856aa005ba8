"""A third party's library (yambot-client) polls, sends, edits, deletes and carries files at our emulator."""

from __future__ import annotations

from pathlib import Path

from priyom.contracts.channel_suite import Stage
from priyom.contracts.message import Button, File, Message, Outgoing
from priyom.contracts.peer import python_peer
from priyom.contracts.suite_receiving import PHOTO

ANNA = "anna"


async def test_yambot_client() -> None:
    stage = await Stage.open("yandex")
    try:
        stage.emulator.attach(stage.settings, "", "")
        stage.emulator.put(ANNA, "Анна", True)
        task = Outgoing("k", ANNA, Message("Задача 17", rows=((Button("Взял", "t:17:take"),),)))
        ours = await stage.channel.sender.send(stage.http, stage.account, task)
        number = ours.provider_id.rpartition(":")[2]
        await stage.emulator.say(ANNA, "раз")
        await stage.emulator.press(ANNA, number, "0.0")
        await stage.emulator.say(ANNA, "вот", [PHOTO])
        await stage.emulator.say(ANNA, "", [File("a.pdf", "application/pdf", b"%PDF")])
        script = Path(__file__).parent / "peer_yambot.py"
        said = await python_peer(script, stage.settings["base_url"], stage.settings["token"])
        assert said["words"] == ["раз", ANNA, "private", 1_571_239]
        assert said["press"] == [{"press": "t:17:take"}, "0.0", int(number)]
        assert said["picture"] == ["вот", PHOTO.name]
        assert said["paper"] == ["a.pdf", "%PDF"]
        assert (said["edited"], said["twice"], said["gone"]) == (True, True, True)
        assert said["refused"] == [404, 404, 401]
        shown, paper = stage.emulator.messages(ANNA)[-2:]
        assert paper.files == ("b.pdf",)
        assert (shown.text, shown.buttons, shown.edited) == ("Взяла Анна", (), True)
    finally:
        await stage.close()
