"""Files both ways: in how many messages they go, which can be edited, how MAX is waited for, what its store says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.max_messenger import send as sending
from priyom.channels.max_messenger.parts import ALBUM_LIMIT, parts
from priyom.contracts import registry
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import ChannelError, Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.events import Pressed, Said
from priyom.contracts.message import Button, Edit, File, Message, Outgoing
from priyom.foundation.http import Http

ADDRESS = "210045"
ROWS = ((Button("Приду", "ok"), Button("Нет", "no")),)
JPEG = File("снимок.jpg", "image/jpeg", b"\xff\xd8\xff made up")
BROKEN = File("снимок.jpg", "image/jpeg", b"no picture at all")
PDF = File("Анализ крови.pdf", "application/pdf", b"%PDF made up")
OGG = File("голос.ogg", "audio/ogg", b"OggS made up")
MP4 = File("ролик.mp4", "video/mp4", b"ftyp made up")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "READY_WAITS", (0.0, 0.0))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person."""
    made = await Stage.open("max_messenger")
    made.emulator.put(ADDRESS, "Анна", True)
    try:
        yield made
    finally:
        await made.close()


async def send(stage: Stage, message: Message, **more: Any) -> str:
    """One message to the person; its id."""
    outgoing = Outgoing("k", ADDRESS, message, **more)
    return (await stage.channel.sender.send(stage.http, stage.account, outgoing)).provider_id


def shown(stage: Stage) -> list[tuple[str, tuple[str, ...], int]]:
    """(words, files, how many buttons) of each message on the phone."""
    return [(m.text, m.files, len(m.buttons)) for m in stage.emulator.messages(ADDRESS)]


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (Message("Результаты", rows=ROWS, files=(PDF,)), [("Результаты", (PDF.name,), 2)]),
        (Message("", files=(JPEG,)), [("", (JPEG.name,), 0)]),
        (Message("Слушайте", files=(OGG,)), [("", (OGG.name,), 0), ("Слушайте", (), 0)]),
        (Message("Смотрите", rows=ROWS, files=(JPEG, MP4)), [("Смотрите", (JPEG.name, MP4.name), 2)]),
        (Message("Бумаги", files=(PDF, PDF)), [("", (PDF.name,), 0), ("", (PDF.name,), 0), ("Бумаги", (), 0)]),
        (
            Message("Всё сразу", rows=ROWS, files=(JPEG, OGG, MP4)),
            [("", (JPEG.name,), 0), ("", (OGG.name,), 0), ("", (MP4.name,), 0), ("Всё сразу", (), 2)],
        ),
        (Message("Не картинка", rows=ROWS, files=(BROKEN,)), [("Не картинка", (BROKEN.name,), 2)]),
    ],
)
async def test_what_stands_and_what_can_be_edited(
    stage: Stage, message: Message, wanted: list[tuple[str, tuple[str, ...], int]]
) -> None:
    provider_id = await send(stage, message)
    assert shown(stage) == wanted
    assert provider_id == stage.emulator.messages(ADDRESS)[-1].id
    edit = Edit(ADDRESS, provider_id, Message("Уже неважно"))
    await stage.channel.sender.edit(stage.http, stage.account, edit)
    assert shown(stage)[-1] == ("Уже неважно", wanted[-1][1], 0)


async def test_a_press_under_a_file_names_the_receipt_s_message(stage: Stage) -> None:
    provider_id = await send(stage, Message("Придёте?", rows=ROWS, files=(PDF,)))
    await stage.emulator.press(ADDRESS, provider_id, "0.0")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    assert event.provider_id == provider_id


async def test_a_reply_quotes_or_goes_alone(stage: Stage) -> None:
    await stage.emulator.say(ADDRESS, "А можно в среду?")
    [said] = await stage.heard()
    assert isinstance(said, Said)
    await send(stage, Message("Можно"), reply_to=said.provider_id)
    await send(stage, Message("Или нет"), reply_to="mid.gone")
    await send(stage, Message("Можно и так"), reply_to=f"{said.provider_id}:e1774000130")
    letters = stage.emulator.dump()["people"][0]["letters"]
    assert [letter["quoted"] for letter in letters] == ["", said.provider_id, "", said.provider_id]


async def test_names_that_cannot_pass_are_mended(stage: Stage) -> None:
    await send(stage, Message("", files=(File('Анализ; "кровь"\n\\2.pdf', "application/pdf", b"%PDF"),)))
    assert stage.emulator.messages(ADDRESS)[-1].files == ("Анализ_ _кровь___2.pdf",)


async def test_the_name_decides_over_a_careless_type(stage: Stage) -> None:
    await send(stage, Message("", files=(File("Анализ.pdf", "application/octet-stream", b"%PDF"),)))
    assert shown(stage) == [("", ("Анализ.pdf",), 0)]


async def test_programs_are_refused(stage: Stage) -> None:
    with pytest.raises(Rejected, match="forbidden"):
        await send(stage, Message("Вот", files=(File("вирус.exe", "application/octet-stream", b"MZ"),)))
    assert shown(stage) == []


async def test_a_file_of_some_megabytes_passes_both_ways(stage: Stage) -> None:
    large = File("снимок.dcm", "application/dicom", bytes(range(256)) * 12_000)
    await send(stage, Message("", files=(large,)))
    await stage.emulator.say(ADDRESS, "", [large])
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert event.files[0].size == len(large.content)
    assert await stage.channel.sender.fetch(stage.http, stage.account, event.files[0].ref) == large.content


async def test_what_a_phone_sends_is_fetched(stage: Stage) -> None:
    await stage.emulator.say(ADDRESS, "вот", [JPEG, OGG, PDF, MP4])
    events = await stage.heard()
    assert [(event.text, [f.mime for f in event.files]) for event in events if isinstance(event, Said)] == [
        ("вот", ["image/jpeg", "video/mp4"]),
        ("", ["audio/ogg"]),
        ("", ["application/pdf"]),
    ]
    files = [file for event in events if isinstance(event, Said) for file in event.files]
    fetched = [await stage.channel.sender.fetch(stage.http, stage.account, file.ref) for file in files]
    assert fetched == [JPEG.content, MP4.content, OGG.content, PDF.content]


class Store:
    """A gateway whose store and whose messages answer as they are told."""

    def __init__(self) -> None:
        self.url = ""
        self.given: dict[str, Any] = {}
        self.answers: list[web.Response] = []
        self.uploads: list[tuple[str, str]] = []
        self.said: list[web.Response] = []
        self.bodies: list[Any] = []

    async def take(self, request: web.Request) -> web.Response:
        """One call of any kind."""
        if request.path == "/uploads":
            return web.json_response({"url": f"{self.url}/store", **self.given})
        if request.path == "/store":
            assert "Authorization" not in request.headers
            form = await request.post()
            [(field, file)] = form.items()
            assert isinstance(file, web.FileField)
            self.uploads.append((field, file.content_type))
            return self.answers.pop(0)
        self.bodies.append(await request.json())
        return self.said.pop(0)

    def account(self) -> Account:
        """An account that leads here."""
        settings = {"token": "made-up-token-that-nobody-may-see-01", "base_url": self.url}
        return registry.channel("max_messenger").account("a", settings, "s" * 32)

    async def send(self, message: Message) -> str:
        """Send; the receipt's id."""
        async with Http() as http:
            outgoing = Outgoing("k", ADDRESS, message)
            sender = registry.channel("max_messenger").sender
            return (await sender.send(http, self.account(), outgoing)).provider_id


@asynccontextmanager
async def store() -> AsyncIterator[Store]:
    """The gateway on loopback."""
    made = Store()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def taken(mid: str) -> web.Response:
    """MAX's yes."""
    return web.json_response({"message": {"body": {"mid": mid}}})


def refused(status: int, code: str) -> web.Response:
    """MAX's no."""
    return web.json_response({"code": code, "message": ""}, status=status)


def stored(token: str) -> web.Response:
    """The store's yes to a file."""
    return web.json_response({"fileId": 1, "token": token})


RETVAL: Callable[[], web.Response] = lambda: web.Response(text="<retval>1</retval>", content_type="text/xml")  # noqa: E731


async def test_the_other_field_is_tried_on_415() -> None:
    async with store() as gateway:
        gateway.given = {"token": "T1"}
        gateway.answers = [web.Response(status=415), RETVAL()]
        gateway.said = [taken("mid.1"), taken("mid.2")]
        assert await gateway.send(Message("Слушайте", files=(OGG,))) == "mid.2"
        assert gateway.uploads == [("data", "audio/ogg"), ("file", "audio/ogg")]
        assert gateway.bodies[0] == {"text": "", "attachments": [{"type": "audio", "payload": {"token": "T1"}}]}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (web.json_response({"error_code": "503", "error_data": "VIRUS"}), Rejected),
        (web.Response(status=413), Rejected),
        (web.Response(status=503), Unavailable),
        (web.Response(status=500), Unavailable),
        (web.Response(status=429), Throttled),
        (web.json_response({}), Unavailable),
        (web.Response(text="<html>"), Unavailable),
    ],
)
async def test_what_the_store_says(answer: web.Response, wanted: type[ChannelError]) -> None:
    async with store() as gateway:
        gateway.answers = [web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)]
        with pytest.raises(wanted) as caught:
            await gateway.send(Message("Вот", files=(PDF,)))
        assert type(caught.value) is wanted
        assert gateway.bodies == []


async def test_an_address_into_our_network_takes_no_file() -> None:
    async with store() as gateway:
        gateway.given = {"url": "http://127.0.0.1:9/store"}
        with pytest.raises(Unavailable, match="адреса"):
            await gateway.send(Message("Вот", files=(PDF,)))


async def test_a_file_that_is_never_ready_is_tried_later() -> None:
    async with store() as gateway:
        gateway.answers = [stored("T")]
        gateway.said = [refused(400, "attachment.not.ready") for _ in range(3)]
        with pytest.raises(Unavailable):
            await gateway.send(Message("Вот", files=(PDF,)))
        assert gateway.said == []


async def test_half_a_message_is_uncertain() -> None:
    async with store() as gateway:
        gateway.answers = [stored("T"), stored("U")]
        gateway.said = [taken("mid.1"), refused(400, "attachment.not.ready"), refused(403, "chat.denied")]
        with pytest.raises(Uncertain, match="Часть"):
            await gateway.send(Message("Вот", files=(PDF, PDF)))
        gateway.answers, gateway.said = [stored("T"), stored("U")], [refused(429, "too.many.requests")]
        with pytest.raises(Throttled):
            await gateway.send(Message("Вот", files=(PDF, PDF)))


FILES = st.lists(st.sampled_from((JPEG, PDF, OGG, MP4)), max_size=30)


@given(FILES, st.sampled_from(("", " ", "Ждём вас")), st.booleans())
def test_nothing_is_lost_doubled_or_disordered(files: list[File], text: str, buttons: bool) -> None:
    plan = parts(Message(text, rows=ROWS if buttons else (), files=tuple(files)))
    assert [file for part in plan for _, file in part.files] == files
    assert [part.text for part in plan if part.text.strip()] == ([text] if text.strip() else [])
    for part in plan:
        kinds = [kind for kind, _ in part.files]
        assert len(kinds) <= ALBUM_LIMIT
        assert len(kinds) <= 1 or set(kinds) <= {"image", "video"}
        assert "audio" not in kinds or (not part.text and part.keyboard is None)
    assert [part.keyboard is not None for part in plan] == [False] * (len(plan) - 1) + [buttons]


def test_the_kinds_are_as_json_carries_them() -> None:
    plan = parts(Message("x", rows=ROWS, ask_contact="Мой номер"))
    assert json.loads(json.dumps(plan[0].keyboard)) == plan[0].keyboard
