"""The watch over the clinic's mailbox, against the fake provider's IMAP: what is handed over, once, and from where."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_asyncio

from priyom.channels.smtp import listen, send
from priyom.channels.smtp.attachments import PLACE_HEADER
from priyom.channels.smtp.emulator import PASSWORD, USER, SmtpEmulator
from priyom.channels.smtp.imap import Imap, ImapRefused, utf7
from priyom.contracts.channel import Account
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Mode
from priyom.contracts.errors import Misconfigured, Rejected, Unavailable
from priyom.contracts.events import Reported, Said
from priyom.contracts.message import File, Message, Outgoing
from priyom.contracts.suite_world import KeptPost
from priyom.foundation.clock import now

ANNA = "anna@mail.example"
SCAN = File("Снимок 1.png", "image/png", bytes(range(256)) * 400)
OUT = Outgoing("d7", ANNA, Message("Придёте?", subject="Приём"))


@pytest_asyncio.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(listen, "PAUSES", (0.0, 0.0, 0.0))
    made = await Stage.open("smtp", timeout=10)
    made.emulator.put(ANNA, "Анна", True)
    yield made
    await made.close()


def provider(stage: Stage) -> SmtpEmulator:
    assert isinstance(stage.emulator, SmtpEmulator)
    return stage.emulator


def changed(stage: Stage, **settings: str) -> Account:
    return stage.channel.account("suite", {**stage.settings, **settings}, stage.account.hook_secret)


@asynccontextmanager
async def watching(stage: Stage, post: KeptPost, account: Account | None = None) -> AsyncIterator[asyncio.Task[None]]:
    session = listen.open(stage.http, account or stage.account, post)
    assert session is not None
    task = asyncio.create_task(session.run())
    try:
        await until(lambda: task.done() or bool(post.position))
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - any state may be waited for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("idles", [True, False])
async def test_answers_and_bounces_come_out_of_the_mailbox(stage: Stage, idles: bool) -> None:
    provider(stage).imap.idles = idles
    post, account = stage.post(), changed(stage, imap_poll="1")
    async with watching(stage, post, account):
        receipt = await send.send(stage.http, stage.account, OUT)
        await stage.emulator.say(ANNA, "Да")
        await until(lambda: len(post.taken) == 1)
        [said] = stage.read(post)
        assert isinstance(said, Said)
        assert (said.address, said.text, said.reply_to) == (ANNA, "Да", receipt.provider_id)
        provider(stage).put(ANNA, "Анна", True).extra["bounce"] = "5.2.2"
        await send.send(stage.http, stage.account, OUT)
        await until(lambda: len(post.taken) == 1)
        [failed] = stage.read(post)
        assert isinstance(failed, Reported)
        assert (failed.provider_id, failed.code, failed.gone) == (receipt.provider_id, "5.2.2", False)
    assert post.position == "1:2"


async def test_what_came_before_is_left_alone_and_what_came_meanwhile_is_not_lost(stage: Stage) -> None:
    await stage.emulator.say(ANNA, "Давно")
    post = stage.post()
    async with watching(stage, post):
        pass
    for text in ("раз", "два"):
        await stage.emulator.say(ANNA, text)
    async with watching(stage, post):
        await until(lambda: len(post.taken) == 2)
    assert [event.text for event in stage.read(post) if isinstance(event, Said)] == ["раз", "два"]
    async with watching(stage, post):
        await stage.emulator.say(ANNA, "три")
        await until(lambda: len(post.taken) == 1)
    assert (post.position, post.repeats) == ("1:4", 0)


async def test_a_crash_before_the_note_hands_it_over_again(stage: Stage) -> None:
    post = stage.post()
    async with watching(stage, post):
        await stage.emulator.say(ANNA, "раз")
        await until(lambda: len(post.taken) == 1)
    post.position = "1:0"
    async with watching(stage, post):
        await until(lambda: post.position == "1:1")
    assert (len(post.taken), post.repeats) == (1, 1)


async def test_numbers_that_begin_anew_lose_nothing(stage: Stage) -> None:
    mailbox = provider(stage).box
    stage.world.at = now() - timedelta(days=30)
    await stage.emulator.say(ANNA, "давно")
    stage.world.at = now()
    post = stage.post()
    async with watching(stage, post):
        await stage.emulator.say(ANNA, "раз")
        await until(lambda: len(post.taken) == 1)
    await stage.emulator.say(ANNA, "два")
    mailbox.renumber()
    async with watching(stage, post):
        await until(lambda: post.position == "2:3")
    assert [event.text for event in stage.read(post) if isinstance(event, Said)] == ["раз", "два"]
    assert post.repeats == 1


async def test_a_file_stays_in_the_mailbox_until_it_is_fetched(stage: Stage) -> None:
    post = stage.post()
    async with watching(stage, post):
        await stage.emulator.say(ANNA, "вот", [File("a.txt", "text/plain", b"1"), SCAN])
        await until(lambda: len(post.taken) == 1)
    [request] = post.taken
    assert len(request.body) < 5000 < len(SCAN.content)
    [said] = stage.read(post)
    assert isinstance(said, Said)
    assert said.text == "вот"
    assert [(file.name, file.mime, file.size) for file in said.files] == [
        ("a.txt", "text/plain", 1), (SCAN.name, SCAN.mime, len(SCAN.content)),
    ]  # fmt: skip
    assert await send.fetch(stage.http, stage.account, said.files[1].ref) == SCAN.content
    for ref in ("mail:1:1:7", "mail:1:9:0", "mail:2:1:0", "mail:x", "data:*", ""):
        with pytest.raises(Rejected):
            await send.fetch(stage.http, stage.account, ref)


async def test_a_broken_line_is_taken_up_again(stage: Stage) -> None:
    post = stage.post()
    async with watching(stage, post) as task:
        for number in range(6):
            await stage.emulator.say(ANNA, str(number))
            await until(lambda: len(post.taken) == number + 1)  # noqa: B023 - awaited at once
            provider(stage).imap.drop()
        assert not task.done()


async def test_a_mailbox_that_stays_away_is_told(stage: Stage) -> None:
    async with watching(stage, stage.post()) as task:
        stage.emulator.mode = Mode.DOWN
        with pytest.raises(Unavailable):
            await asyncio.wait_for(task, 30)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"imap_password": "wrong-password-2"}, Misconfigured), ({"imap_folder": "Приём"}, Misconfigured),
     ({"imap_port": "9"}, Unavailable), ({"imap_security": "starttls"}, Misconfigured)],
)  # fmt: skip
async def test_wrong_settings(stage: Stage, change: dict[str, str], error: type[Exception]) -> None:
    account = changed(stage, **change)
    session = listen.open(stage.http, account, stage.post())
    assert session is not None
    with pytest.raises(error) as caught:
        await asyncio.wait_for(session.run(), 30)
    assert "wrong-password-2" not in str(caught.value)
    with pytest.raises(error):
        await send.check(stage.http, account)


def test_no_mailbox_no_watch(stage: Stage) -> None:
    assert listen.open(stage.http, changed(stage, imap_host=""), stage.post()) is None


async def test_a_post_that_fails_is_not_taken_for_a_broken_line(stage: Stage) -> None:
    @dataclass
    class Broken(KeptPost):
        tries: list[str] = field(default_factory=list)

        async def take(self, request: object) -> None:
            self.tries.append("x")
            raise OSError("the database is away")

    post = Broken(lambda request: ("", ""), position="1:0")
    await stage.emulator.say(ANNA, "раз")
    session = listen.open(stage.http, stage.account, post)
    assert session is not None
    with pytest.raises(OSError, match="database"):
        await asyncio.wait_for(session.run(), 30)
    assert (post.tries, post.position) == (["x"], "1:0")


async def test_pythons_own_client_gets_on_with_the_provider(stage: Stage) -> None:
    await stage.emulator.say(ANNA, "раз")
    port = provider(stage).imap.port

    def read() -> tuple[object, ...]:
        with imaplib.IMAP4("127.0.0.1", port, timeout=30) as box:
            with pytest.raises(imaplib.IMAP4.error):
                box.login(USER, "x")
            box.login(USER, PASSWORD)
            _, count = box.select("INBOX", readonly=True)
            _, found = box.uid("SEARCH", "UID 1:*")
            _, [letter, _] = box.uid("FETCH", "1", "(UID BODY.PEEK[])")
            return count, found, letter

    count, found, letter = await asyncio.to_thread(read)
    assert (count, found) == ([b"1"], [b"1"])
    assert isinstance(letter, tuple)
    assert b"From: anna@mail.example" in letter[1]


async def test_passwords_beyond_plain_letters_go_as_literals() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hi\r\n")
        heard.append(await reader.readline())
        writer.write(b"+ go on\r\n")
        heard.append(await reader.readexactly(10))
        heard.append(await reader.readline())
        writer.write(b"p1 NO [AUTHENTICATIONFAILED] no\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        box = await Imap.open("127.0.0.1", server.sockets[0].getsockname()[1], "none", 10)
        with pytest.raises(ImapRefused) as caught:
            await box.login('a"b\\', "парол")
        box.close()
    assert caught.value.code == "AUTHENTICATIONFAILED"
    assert heard == [b'p1 LOGIN "a\\"b\\\\" {10}\r\n', "парол".encode(), b"\r\n"]


@pytest.mark.parametrize(
    ("folder", "coded"), [("INBOX", "INBOX"), ("A&B", "A&-B"), ("Приём", "&BB8EQAQ4BFEEPA-"), ("x/Ю", "x/&BC4-")]
)
def test_names_of_folders(folder: str, coded: str) -> None:
    assert utf7(folder) == coded


def test_the_place_is_our_sessions_word() -> None:
    assert PLACE_HEADER.lower() == PLACE_HEADER, "headers reach `parse` in lower case"
