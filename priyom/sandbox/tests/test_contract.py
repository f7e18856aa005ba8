"""The sandbox's HTTP contract, every endpoint, over a real socket with two fake channels."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from priyom.contracts.emulator import Mode
from priyom.foundation.clock import clock
from priyom.sandbox.server import Sandbox

ANNA = "/phones/chat/501"
BOB = "/phones/phone/+77010000001"


async def answer(response: Any) -> tuple[int, Any]:
    """(status, JSON) of a request; a refusal must be problem details in words."""
    async with response as got:
        body = await got.json(content_type=None)
        if got.status >= 400:
            assert got.content_type == "application/problem+json"
            assert body["status"] == got.status
            assert body["title"]
            assert body["detail"]
        return got.status, body


async def test_put_makes_and_changes_a_phone(http: aiohttp.ClientSession) -> None:
    status, made = await answer(http.put(ANNA, json={"name": "Анна", "started": True}))
    assert status == 201
    assert made == {
        "kind": "chat", "channel": "chatter", "address": "501", "name": "Анна", "started": True, "blocked": False,
    }  # fmt: skip
    status, changed = await answer(http.put(ANNA, json={"name": "Аня"}))
    assert (status, changed["name"], changed["started"]) == (200, "Аня", True)
    assert await answer(http.get(ANNA)) == (200, changed)
    assert await answer(http.get("/phones")) == (200, [changed])


async def test_put_refuses_what_cannot_be(http: aiohttp.ClientSession) -> None:
    assert (await answer(http.put("/phones/chat/impossible", json={"name": "Н"})))[0] == 422
    assert (await answer(http.put("/phones/pigeon/1", json={"name": "Н"})))[0] == 404
    assert (await answer(http.put(ANNA, json={"name": 5})))[0] == 422
    assert (await answer(http.put(ANNA, json={"started": "yes"})))[0] == 422
    assert (await answer(http.put(ANNA, data="{")))[0] == 400
    assert (await answer(http.put(ANNA, json=[])))[0] == 400


async def test_messages_as_the_contract_has_them(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await answer(http.put(ANNA, json={"name": "Анна", "started": True}))
    async with http.post(
        "/chatter/send", json={"to": "501", "text": "Ждем вас", "buttons": [["0.0", "Приду"]]}
    ) as sent:
        assert sent.status == 200
    _, [message] = await answer(http.get(f"{ANNA}/messages"))
    at = datetime.fromisoformat(message.pop("at"))
    assert abs(at - clock.now()) < timedelta(minutes=1)
    assert message == {
        "id": "1", "direction": "in", "text": "Ждем вас", "buttons": [{"id": "0.0", "label": "Приду"}],
        "edited": False, "files": [], "subject": "", "sender": "", "quoted": "", "channel": "chatter",
    }  # fmt: skip


async def test_unknown_phones(http: aiohttp.ClientSession) -> None:
    assert (await answer(http.get(f"{ANNA}/messages")))[0] == 404
    assert (await answer(http.get(ANNA)))[0] == 404
    assert (await answer(http.post(f"{ANNA}/say", json={"text": "ау"})))[0] == 404
    assert (await answer(http.get("/phones/pigeon/1/messages")))[0] == 404
    assert await answer(http.get(f"{BOB}/messages")) == (200, [])
    assert (await answer(http.get(BOB)))[1]["started"] is True
    assert (await answer(http.get("/phones/phone/12/messages")))[0] == 404
    assert (await answer(http.get("/phones/nowhere")))[0] == 404


@pytest.mark.parametrize("spelled", ["+77010000001", "%2B77010000001", "77010000001", "8 701 000-00-01"])
async def test_a_number_may_be_spelled_as_people_do(http: aiohttp.ClientSession, spelled: str) -> None:
    assert (await answer(http.post(f"{BOB}/say", json={"text": "1"})))[0] == 200
    _, messages = await answer(http.get(f"/phones/phone/{spelled}/messages"))
    assert [(m["direction"], m["text"]) for m in messages] == [("out", "1")]


async def test_people_press_say_block_start_and_share(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    heard: list[tuple[str, Any]] = []
    enough = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        heard.append((request.headers["X-Secret"], await request.json()))
        if len(heard) == 2:
            enough.set()
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sandbox.emulators["chatter"].attach({}, f"http://127.0.0.1:{runner.addresses[0][1]}/hook", "тайна".encode().hex())
    try:
        await answer(http.put(ANNA, json={"name": "Анна"}))
        assert (await answer(http.post(f"{ANNA}/say", json={"text": "ау"})))[0] == 409
        assert (await answer(http.post(f"{ANNA}/start", json={"payload": "t0ken"})))[1]["started"] is True
        assert (await answer(http.post(f"{ANNA}/say", json={"text": "ау"})))[0] == 200
        assert (await answer(http.post(f"{ANNA}/say", json={"text": " "})))[0] == 422
        sandbox.emulators["chatter"].arrive("501", "Придете?", (("0.0", "Приду"),))  # type: ignore[attr-defined]
        message = (await answer(http.get(f"{ANNA}/messages")))[1][-1]
        wrong = {"message": message["id"], "button": "7.7"}
        assert (await answer(http.post(f"{ANNA}/press", json=wrong)))[0] == 409
        assert (await answer(http.post(f"{ANNA}/press", json={"button": "0.0"})))[0] == 422
        right = {"message": message["id"], "button": message["buttons"][0]["id"]}
        assert (await answer(http.post(f"{ANNA}/press", json=right)))[0] == 200
        assert (await answer(http.post(f"{ANNA}/share", json={"phone": "+77010000001"})))[0] == 200
        assert (await answer(http.post(f"{ANNA}/block")))[1]["blocked"] is True
        assert (await answer(http.post(f"{ANNA}/block", json={"blocked": False})))[1]["blocked"] is False
        await asyncio.wait_for(enough.wait(), 10)
    finally:
        await runner.cleanup()
    assert [body for _, body in heard] == [{"text": "ау", "from": "501"}, {"press": "0.0", "from": "501"}]


async def test_gateways_are_switched_by_key_or_kind(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    assert (await answer(http.post("/gateways/chatter/mode", json={"mode": "down"})))[1]["mode"] == "down"
    assert (await answer(http.post("/gateways/phone/mode", json={"mode": "hang"})))[1]["channel"] == "texter"
    assert [e.mode for e in sandbox.emulators.values()] == [Mode.DOWN, Mode.HANG]
    _, listed = await answer(http.get("/gateways"))
    assert [(g["channel"], g["mode"]) for g in listed] == [("chatter", "down"), ("texter", "hang")]
    assert (await answer(http.post("/gateways/pigeon/mode", json={"mode": "ok"})))[0] == 404
    assert (await answer(http.post("/gateways/chatter/mode", json={"mode": "tired"})))[0] == 422


async def test_a_gateway_that_loses_says_yes_and_brings_nothing(http: aiohttp.ClientSession) -> None:
    await answer(http.put(ANNA, json={"name": "Анна", "started": True}))
    for mode, came in (("lose", []), ("ok", ["и вторая"])):
        assert (await answer(http.post("/gateways/chatter/mode", json={"mode": mode})))[1]["mode"] == mode
        assert (await answer(http.post("/chatter/send", json={"to": "501", "text": "и вторая"})))[0] == 200
        assert [m["text"] for m in (await answer(http.get(f"{ANNA}/messages")))[1]] == came


async def test_the_clock_is_turned_and_refuses_to_go_back(http: aiohttp.ClientSession) -> None:
    _, before = await answer(http.get("/clock"))
    assert (before["offset_seconds"], before["turning"]) == (0, False)
    status, after = await answer(http.post("/clock", json={"advance": "PT23H"}))
    assert status == 200
    assert round(after["offset_seconds"] / 3600) == 23
    assert datetime.fromisoformat(after["now"]) >= datetime.fromisoformat(before["now"]) + timedelta(hours=23)
    target = clock.now() + timedelta(hours=1)
    assert (await answer(http.post("/clock", json={"to": target.isoformat()})))[0] == 200
    assert target <= clock.now() < target + timedelta(minutes=1)
    assert (await answer(http.post("/clock", json={"to": before["now"]})))[0] == 409
    for wrong in ({"advance": "1 час"}, {"advance": "P1M"}, {"to": "завтра"}, {"to": "2026-11-24T18:00:00"}, {},
                  {"advance": "PT1H", "to": before["now"]}, {"advance": 5}):  # fmt: skip
        assert (await answer(http.post("/clock", json=wrong)))[0] == 422


async def test_pages_of_other_sites_and_unknown_paths_are_refused(http: aiohttp.ClientSession) -> None:
    away = {"Origin": "https://elsewhere.example"}
    assert (await answer(http.post("/clock", json={"advance": "PT1H"}, headers=away)))[0] == 403
    assert (await answer(http.get("/clock/nowhere")))[0] == 404
    assert (await answer(http.delete(ANNA)))[0] == 405


async def test_phones_outlive_a_restart(http: aiohttp.ClientSession, sandbox: Sandbox, tmp_path: Path) -> None:
    await answer(http.put(ANNA, json={"name": "Анна", "started": True}))
    await answer(http.post(f"{ANNA}/say", json={"text": "помните меня"}))
    await answer(http.post("/gateways/texter/mode", json={"mode": "slow"}))
    sandbox.keeper.save()
    (tmp_path / "texter.json").read_text()
    other = Sandbox(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:2")
    other.keeper.load()
    assert [m.text for _, m in other.phones.messages("chat", "501")] == ["помните меня"]
    assert other.emulators["texter"].mode is Mode.SLOW
    (tmp_path / "chatter.json").write_text("{")
    other.keeper.load()
    assert (tmp_path / "chatter.unreadable").exists()


async def test_the_page_is_told_what_changes(http: aiohttp.ClientSession) -> None:
    async with http.get("/page/live") as stream:
        await stream.content.readuntil(b"retry: 1000\n\n")
        await answer(http.put(ANNA, json={"name": "Анна", "started": True}))
        await answer(http.post(f"{ANNA}/say", json={"text": "ау"}))
        told = [(await stream.content.readuntil(b"\n\n")).decode() for _ in range(2)]
    assert "event: people" in told[0]
    assert "event: phone" in told[1]
    assert json.loads(told[1].split("data: ")[1]) == {"kind": "chat", "address": "501"}


async def test_the_page_lists_everybody(http: aiohttp.ClientSession) -> None:
    await answer(http.put(ANNA, json={"name": "Анна Иванова", "started": True}))
    await answer(http.post(f"{ANNA}/say", json={"text": "ау"}))
    _, [listed] = await answer(http.get("/page/people?q=иван"))
    assert (listed["name"], listed["last"]["text"], listed["tabs"][0]["count"]) == ("Анна Иванова", "ау", 1)
    assert await answer(http.get("/page/people?q=никто")) == (200, [])
    _, start = await answer(http.get("/page/start"))
    assert [g["title"] for g in start["gateways"]] == ["Болталка", "Тексты"]
    async with http.get("/") as page:
        assert "Телефоны" in await page.text()
