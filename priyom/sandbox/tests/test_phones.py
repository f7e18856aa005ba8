"""Phones over many gateways: one address is one phone, each message says its channel, people stand in groups."""

from __future__ import annotations

import base64
from datetime import timedelta

import aiohttp
import pytest

from priyom.foundation.clock import clock
from priyom.sandbox.people import arrange
from priyom.sandbox.server import Sandbox
from priyom.sandbox.tests.fakes import FakeEmulator
from priyom.sandbox.tests.test_contract import answer

BOB = "/phones/phone/+77010000001"
PHOTO = {"name": "снимок.jpg", "mime": "image/jpeg", "content": base64.b64encode(b"jpeg").decode()}

pytestmark = pytest.mark.usefixtures("many_channels")


def emulator(sandbox: Sandbox, key: str) -> FakeEmulator:
    """The fake of that channel."""
    found = sandbox.emulators[key]
    assert isinstance(found, FakeEmulator)
    return found


async def test_one_number_is_one_phone_for_all_who_share_it(many_channels: None, sandbox: Sandbox) -> None:
    texter, caller = emulator(sandbox, "texter"), emulator(sandbox, "caller")
    sandbox.phones.put("phone", "+77010000001", "Борис", True)
    assert set(texter.people) == set(caller.people) == {"+77010000001"}
    clock.freeze(clock.now())
    texter.arrive("+77010000001", "Вы придете?")
    clock.freeze(clock.now() + timedelta(minutes=1))
    caller.arrive("+77010000001", "Нажмите один", (("1", "приду"),))
    clock.freeze(None)
    chat = sandbox.phones.messages("phone", "8 701 000 00 01")
    assert [(channel, message.text) for channel, message in chat] == [
        ("texter", "Вы придете?"), ("caller", "Нажмите один"),
    ]  # fmt: skip
    [listed] = sandbox.phones.everyone()
    assert (listed["channel"], listed["address"]) == ("caller", "+77010000001")
    [person] = arrange([], sandbox.phones, "")
    assert [(tab["kind"], tab["count"]) for tab in person["tabs"]] == [("phone", 2)]
    assert (person["last"]["text"], person["last"]["channel"]) == ("Нажмите один", "caller")


async def test_two_messages_of_one_id_are_told_apart_by_their_channel(
    many_channels: None, http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    pressed: list[str] = []
    for key in ("texter", "caller"):
        fake = emulator(sandbox, key)
        fake.put("+77010000001", "Борис", True)
        fake.arrive("+77010000001", "?", (("1", "да"),))
        fake._tell = lambda news, key=key: pressed.append(key)  # type: ignore[method-assign, misc]
    for channel in ("caller", "texter"):
        body = {"message": "1", "button": "1", "channel": channel}
        assert (await answer(http.post(f"{BOB}/press", json=body)))[0] == 200
    assert pressed == ["caller", "texter"]


async def test_words_go_where_somebody_listens_and_files_where_they_are_taken(
    many_channels: None, http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    sandbox.phones.put("phone", "+77010000001", "Борис", True)
    emulator(sandbox, "caller").arrive("+77010000001", "Алло")
    assert (await answer(http.post(f"{BOB}/say", json={"text": "1"})))[0] == 200
    assert [m.text for m in emulator(sandbox, "texter").chats["+77010000001"]] == ["1"]
    await answer(http.put("/phones/chat/501", json={"name": "Анна", "started": True}))
    assert (await answer(http.post("/phones/chat/501/say", json={"files": [PHOTO]})))[0] == 200
    _, [photo] = await answer(http.get("/phones/chat/501/messages"))
    assert (photo["text"], photo["files"]) == ("", ["снимок.jpg"])
    wrong = {"files": [{**PHOTO, "content": "не base64"}]}
    assert (await answer(http.post("/phones/chat/501/say", json=wrong)))[0] == 422


async def test_people_stand_in_groups(many_channels: None, http: aiohttp.ClientSession) -> None:
    for kind, address in (("chat", "501"), ("office", "77"), ("webchat", "5005")):
        await answer(http.put(f"/phones/{kind}/{address}", json={"name": kind, "started": True}))
    _, listed = await answer(http.get("/page/people"))
    assert {person["name"]: person["group"] for person in listed} == {
        "chat": "patients", "office": "staff", "webchat": "site",
    }  # fmt: skip
    _, gateways = await answer(http.get("/gateways"))
    assert {g["channel"]: (g["sort"], g["audience"], g["carries_files"]) for g in gateways} == {
        "chatter": ("messenger", "patients", True), "texter": ("sms", "patients", False),
        "caller": ("voice", "patients", False), "office": ("messenger", "staff", True),
        "corner": ("messenger", "patients", True),
    }  # fmt: skip


async def test_a_hidden_number_does_not_hide_everybody(sandbox: Sandbox) -> None:
    texter = emulator(sandbox, "texter")
    texter.contact_kind = "whatsapp"
    texter.put("KZ.13491208655302741", "Без номера", True)
    assert [phone["address"] for phone in sandbox.phones.everyone()] == ["KZ.13491208655302741"]
    assert sandbox.phones.messages("whatsapp", "KZ.13491208655302741") == []
