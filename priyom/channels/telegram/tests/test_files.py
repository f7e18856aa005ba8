"""Files both ways: in how many calls a message goes, which of its messages can be edited, what becomes of a half."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.telegram.parts import ALBUM_LIMIT, CAPTION_LIMIT, parts
from priyom.contracts import registry
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import Rejected, Throttled, Uncertain
from priyom.contracts.events import Pressed, Said
from priyom.contracts.message import Button, Edit, File, Message, Outgoing
from priyom.foundation.http import Http

ADDRESS = "500100200"
ROWS = ((Button("Приду", "ok"), Button("Нет", "no")),)
JPEG = File("снимок.jpg", "image/jpeg", b"\xff\xd8\xff made up")
BROKEN = File("снимок.jpg", "image/jpeg", b"no picture at all")
PDF = File("Анализ крови.pdf", "application/pdf", b"%PDF made up")
OGG = File("голос.ogg", "audio/ogg", b"OggS made up")
MP3 = File("запись.mp3", "audio/mpeg", b"ID3 made up")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Our emulator with one person."""
    made = await Stage.open("telegram")
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
    ("message", "wanted", "worded"),
    [
        (Message("Результаты", rows=ROWS, files=(PDF,)), [("Результаты", (PDF.name,), 2)], 1),
        (Message("", files=(JPEG,)), [("", (JPEG.name,), 0)], 1),
        (Message("Слушайте", files=(OGG,)), [("Слушайте", (OGG.name,), 0)], 1),
        (Message("Снимки", files=(JPEG, JPEG)), [("Снимки", (JPEG.name,), 0), ("", (JPEG.name,), 0)], 1),
        (Message("Бумаги", files=(PDF, PDF)), [("", (PDF.name,), 0), ("Бумаги", (PDF.name,), 0)], 2),
        (
            Message("Придёте?", rows=ROWS, files=(JPEG, JPEG)),
            [("", (JPEG.name,), 0), ("", (JPEG.name,), 0), ("Придёте?", (), 2)],
            3,
        ),
        (
            Message("Всё сразу", files=(JPEG, PDF, MP3)),
            [("", (JPEG.name,), 0), ("", (PDF.name,), 0), ("", (MP3.name,), 0), ("Всё сразу", (), 0)],
            4,
        ),
        (Message("я" * 1025, files=(PDF,)), [("", (PDF.name,), 0), ("я" * 1025, (), 0)], 2),
        (Message("Не картинка", rows=ROWS, files=(BROKEN,)), [("Не картинка", (BROKEN.name,), 2)], 1),
        (Message("Не обе", files=(JPEG, BROKEN)), [("", (JPEG.name,), 0), ("Не обе", (BROKEN.name,), 0)], 2),
    ],
)
async def test_what_stands_and_what_can_be_edited(
    stage: Stage, message: Message, wanted: list[tuple[str, tuple[str, ...], int]], worded: int
) -> None:
    provider_id = await send(stage, message)
    assert shown(stage) == wanted
    assert provider_id == f"{ADDRESS}:{worded}"
    edit = Edit(ADDRESS, provider_id, Message("Уже неважно"))
    await stage.channel.sender.edit(stage.http, stage.account, edit)
    await stage.channel.sender.edit(stage.http, stage.account, edit)
    assert shown(stage)[worded - 1] == ("Уже неважно", wanted[worded - 1][1], 0)


async def test_a_press_under_a_file_names_the_receipt_s_message(stage: Stage) -> None:
    provider_id = await send(stage, Message("Придёте?", rows=ROWS, files=(PDF,)))
    [message] = stage.emulator.messages(ADDRESS)
    await stage.emulator.press(ADDRESS, message.id, "0.0")
    [event] = await stage.heard()
    assert isinstance(event, Pressed)
    assert event.provider_id == provider_id


async def test_a_reply_quotes_or_goes_alone(stage: Stage) -> None:
    await stage.emulator.say(ADDRESS, "А можно в среду?")
    [said] = await stage.heard()
    assert isinstance(said, Said)
    await send(stage, Message("Можно", files=(PDF, MP3)), reply_to=said.provider_id)
    await send(stage, Message("Или нет"), reply_to=f"{ADDRESS}:99")
    await send(stage, Message("Можно и так"), reply_to=f"{said.provider_id}:e1774000130")
    state = stage.emulator.dump()
    assert [letter["quoted"] for letter in state["people"][0]["letters"]] == ["", "1", "", "", "", "1"]
    with pytest.raises(Rejected):
        await send(stage, Message("Кому?"), reply_to="mid.1")


async def test_names_that_cannot_pass_are_mended(stage: Stage) -> None:
    await send(stage, Message("", files=(File('Анализ; "кровь"\n\\2.pdf', "application/pdf", b"%PDF"),)))
    assert stage.emulator.messages(ADDRESS)[-1].files == ("Анализ_ _кровь___2.pdf",)


async def test_too_big_is_refused_before_anything_goes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    big = File("снимок.dcm", "application/dicom", b"\0" * (50 * 1024 * 1024 + 1))
    with pytest.raises(Rejected, match=r"снимок\.dcm.*50 МБ"):
        await send(stage, Message("Снимок", files=(PDF, big)))
    assert shown(stage) == []


async def test_a_file_of_some_megabytes_passes_both_ways(stage: Stage) -> None:
    large = File("снимок.dcm", "application/dicom", bytes(range(256)) * 12_000)
    await send(stage, Message("", files=(large,)))
    await stage.emulator.say(ADDRESS, "", [large])
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert event.files[0].size == len(large.content)
    assert await stage.channel.sender.fetch(stage.http, stage.account, event.files[0].ref) == large.content


@pytest.mark.parametrize(
    ("file", "mime"),
    [(JPEG, "image/jpeg"), (OGG, "audio/ogg"), (MP3, "audio/mpeg"), (PDF, "application/pdf")],
)
async def test_what_a_phone_sends_is_fetched(stage: Stage, file: File, mime: str) -> None:
    await stage.emulator.say(ADDRESS, "вот", [file, file])
    first, second = await stage.heard()
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert (first.text, second.text) == ("вот", "")
    for event in (first, second):
        [found] = event.files
        assert found.mime == mime
        assert await stage.channel.sender.fetch(stage.http, stage.account, found.ref) == file.content


class Halting:
    """A gateway that takes the files and answers the words as it is told."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.methods: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        """Keep the method's name; the next answer."""
        await request.read()
        self.methods.append(request.path.rpartition("/")[2])
        return self.answers.pop(0)


async def halting(gateway: Halting, message: Message) -> str:
    """Send to that gateway; the receipt's id."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = registry.channel("telegram")
    base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    account = channel.account("a", {"token": "7000000001:made-up", "base_url": base_url}, "s" * 32)
    try:
        async with Http() as http:
            return (await channel.sender.send(http, account, Outgoing("k", ADDRESS, message))).provider_id
    finally:
        await runner.cleanup()


def taken(number: int) -> web.Response:
    """Telegram's yes."""
    return web.json_response({"ok": True, "result": {"message_id": number}})


def refused(status: int, description: str, **parameters: int) -> web.Response:
    """Telegram's no."""
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return web.json_response(body, status=status)


HALVES = Message("Придёте?", rows=ROWS, files=(PDF, MP3))


async def test_half_a_message_is_uncertain() -> None:
    gateway = Halting(taken(1), taken(2), refused(400, "Bad Request: BUTTON_DATA_INVALID"))
    with pytest.raises(Uncertain, match="Часть"):
        await halting(gateway, HALVES)
    assert gateway.methods == ["sendDocument", "sendAudio", "sendMessage"]


async def test_a_pause_between_the_halves_is_kept() -> None:
    gateway = Halting(taken(1), taken(2), refused(429, "Too Many Requests", retry_after=1), taken(3))
    assert await halting(gateway, HALVES) == f"{ADDRESS}:3"
    gateway = Halting(taken(1), refused(429, "Too Many Requests", retry_after=60))
    with pytest.raises(Uncertain):
        await halting(gateway, HALVES)


async def test_the_first_refusal_is_the_message_s_own() -> None:
    with pytest.raises(Throttled):
        await halting(Halting(refused(429, "Too Many Requests", retry_after=1)), HALVES)


FILES = st.lists(st.sampled_from((JPEG, PDF, OGG, MP3)), max_size=25)


@given(FILES, st.text(st.sampled_from("я👍 \n"), max_size=1100), st.booleans())
def test_nothing_is_lost_doubled_or_disordered(files: list[File], text: str, buttons: bool) -> None:
    plan = parts(Message(text, rows=ROWS if buttons else (), files=tuple(files)))
    names = [upload.name for part in plan for upload in part.files.values()]
    assert names == [file.name for file in files]
    said = [body for part in plan for body in (part.body, *part.body.get("media", ())) if _words(body)]
    assert [_words(body) for body in said] == ([text] if text.strip() or (text and not files) else [])
    assert all(len(part.files) <= ALBUM_LIMIT for part in plan)
    assert all(len(_words(part.body).encode("utf-16-le")) <= 2 * CAPTION_LIMIT for part in plan if part.files)
    keyboards = [part for part in plan if "reply_markup" in part.body]
    assert all(part is plan[-1] and part.method != "sendMediaGroup" for part in keyboards)
    if buttons and (text.strip() or len(files) <= 1):
        assert len(keyboards) == 1


def _words(body: Any) -> str:
    return str(body.get("text") or body.get("caption") or "")
