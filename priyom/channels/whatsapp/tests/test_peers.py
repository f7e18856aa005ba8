"""Clients of others agree with our fake WhatsApp: they send to it, read its refusals, and read its signed webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from priyom.channels.whatsapp.tests.stages import ANNA, BEK, HIDDEN, JPEG
from priyom.contracts.channel_suite import Stage
from priyom.contracts.peer import python_peer

HERE = Path(__file__).parent


async def pywa(stage: Stage, hooks: str = "-") -> Any:
    """One run of the script."""
    s = stage.settings
    base = f"{s['base_url']}/v25.0"
    return await python_peer(
        HERE / "peer_pywa.py",
        *(base, s["phone_number_id"], s["waba_id"], s["token"], s["app_secret"], ANNA, hooks),
        timeout=120,
    )


def kept(stage: Stage, folder: Path) -> str:
    """The webhooks received so far, in a file."""
    path = folder / "hooks.json"
    hooks = [{"body": r.body.decode(), "signature": r.headers["x-hub-signature-256"]} for r in stage.received]
    path.write_text(json.dumps(hooks))
    stage.received.clear()
    return str(path)


async def test_pywa_speaks_to_it(stage: Stage) -> None:
    said = await pywa(stage)
    assert said["number"] == ["+7 727 000 00 00", "GREEN"]
    assert said["created"][1] == "PENDING"
    assert said["templates"] == [["peer_reminder", "APPROVED", "UTILITY"]]
    chat = stage.emulator.messages(ANNA)
    assert [message.id for message in chat] == said["sent"]
    assert [message.text for message in chat] == [
        "Слова", "Придёте?", "Когда?", "Как дойти", "Памятка", "Здравствуйте, Анна! Ждём вас в 10:30.",
    ]  # fmt: skip
    assert [[label for _, label in message.buttons] for message in chat] == [
        [], ["Приду", "Нет"], ["10:30"], [], [], ["Приду"],
    ]  # fmt: skip
    assert chat[4].files == ("памятка.pdf",)
    assert {name: (r["kind"], r["code"]) for name, r in said["refusals"].items()} == {
        "long": ("WhatsAppError", 100),
        "unknown template": ("TemplateNotExists", 132001),
        "few values": ("TemplateParamCountMismatch", 132000),
        "wrong token": ("ExpiredAccessToken", 190),
    }


async def test_pywa_reads_its_webhooks(stage: Stage, tmp_path: Path) -> None:
    said = await pywa(stage)
    phone = stage.emulator
    chat = phone.messages(ANNA)
    phone.put(HIDDEN, "Вера", True)
    await phone.press(ANNA, chat[5].id, "0")
    await phone.press(ANNA, chat[1].id, "1")
    await phone.press(ANNA, chat[2].id, "0")
    await phone.say(ANNA, "вот", [JPEG])
    await phone.say(HIDDEN, "Здравствуйте")
    await stage.world.settled()
    told = await pywa(stage, kept(stage, tmp_path))
    assert (told["refused"], told["forged"]) == ([], True)
    heard = told["heard"]
    first = said["sent"][0]
    assert [h[2:] for h in heard if h[0] == "status" and h[1] == first] == [
        ["sent", "t1", 0], ["delivered", "t1", 0], ["read", "t1", 0],
    ]  # fmt: skip
    assert [h[1:] for h in heard if h[0] == "button"] == [
        ["v:2:ok", "Приду", chat[5].id], ["v:1:no", "Нет", chat[1].id],
    ]  # fmt: skip
    assert ["selection", "s:1", "10:30"] in heard
    assert ["template", "peer_reminder", "APPROVED"] in heard
    words = {h[3]: h for h in heard if h[0] == "message"}
    assert words["вот"][1] == ANNA.removeprefix("+")
    assert words["вот"][4].encode("latin-1") == JPEG.content
    assert words["Здравствуйте"][1:3] == [None, HIDDEN]


async def test_heyoo_speaks_to_it(stage: Stage, tmp_path: Path) -> None:
    stage.emulator.put(BEK, "Бек", True)
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(JPEG.content)
    s = stage.settings
    base = f"{s['base_url']}/v25.0"
    to = BEK.removeprefix("+")  # as the library's own examples have it
    said = await python_peer(
        HERE / "peer_heyoo.py", base, s["phone_number_id"], s["token"], to, str(picture), timeout=120
    )
    chat = stage.emulator.messages(BEK)
    sent = [said[name]["messages"][0]["id"] for name in ("text", "buttons", "image")]
    assert [message.id for message in chat] == sent
    assert [message.text for message in chat] == ["Слова", "Придёте?", "Снимок"]
    assert [label for _, label in chat[1].buttons] == ["Приду"]
    assert chat[2].files == ("photo.jpg",)
