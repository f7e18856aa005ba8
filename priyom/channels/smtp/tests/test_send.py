"""Letters as they go out, and the connections that carry them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.channels.smtp import Settings, send
from priyom.channels.smtp.emulator import SmtpEmulator
from priyom.channels.smtp.letter import BadAddress, ascii_address, letter
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible, Mode
from priyom.contracts.errors import Misconfigured, NotReachable, Unavailable, Uncertain
from priyom.contracts.events import Said
from priyom.contracts.message import Button, File, Message, Outgoing
from priyom.foundation.clock import now
from priyom.foundation.http import Http

ANNA = "anna@mail.example"
OUT = Outgoing("d7", ANNA, Message("Ждём вас в 10:30", subject="Приём"))
SETTINGS = Settings(
    host="h", from_address="priem@clinic.example", from_name="Клиника, «Пример»", reply_to="a@clinic.example"
)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    made = await Stage.open("smtp", timeout=0.5)
    made.emulator.put(ANNA, "Анна", True)
    yield made
    await made.close()


def provider(stage: Stage) -> SmtpEmulator:
    assert isinstance(stage.emulator, SmtpEmulator)
    return stage.emulator


def test_a_letter_is_read_back_whole() -> None:
    files = (File("Справка об оплате.pdf", "application/pdf", b"%PDF-\0\r\n"), File("x", "nonsense", b""))
    rows = ((Button("Приду & буду", url="https://c.example/a?x=1&y=2"), Button("без ссылки", "p")),)
    text = "Анна, <ждём>\nвас\n" + "очень " * 300 + "\n.\n.точка"
    out = Outgoing(
        "d7", ANNA, Message(text, "Приём завтра " * 12, rows, files), unsubscribe_url="https://c.example/u/T"
    )
    raw = letter(SETTINGS, out, "d7.t@clinic.example", now())
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    raw.decode("ascii")
    read = message_from_bytes(raw, policy=default)
    assert not read.defects
    assert read["Subject"] == ("Приём завтра " * 12).strip()
    assert read["From"].addresses[0].display_name == "Клиника, «Пример»"
    assert (read["To"], read["Reply-To"]) == (ANNA, "a@clinic.example")
    assert read["Message-ID"] == "<d7.t@clinic.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["List-Unsubscribe"] == "<https://c.example/u/T>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Date"].datetime.tzinfo
    plain, html = read.get_body(("plain",)), read.get_body(("html",))
    assert plain
    assert html
    assert plain.get_content().replace("\r\n", "\n").startswith(text)
    assert "Приду & буду: https://c.example/a?x=1&y=2" in plain.get_content()
    assert "Анна, &lt;ждём&gt;<br>вас" in html.get_content()
    assert 'href="https://c.example/a?x=1&amp;y=2"' in html.get_content()
    assert "без ссылки" not in html.get_content()
    assert [(part.get_filename(), part.get_content()) for part in read.iter_attachments()] == [
        ("Справка об оплате.pdf", b"%PDF-\0\r\n"),
        ("x", b""),
    ]


@settings(deadline=None)
@given(subject=st.text(max_size=80), name=st.text(max_size=40), text=st.text(max_size=80), file=st.text(max_size=30))
def test_no_text_can_make_a_header(subject: str, name: str, text: str, file: str) -> None:
    message = Message(text, subject, files=(File(file, "text/plain", b"x"),))
    raw = letter(replace(SETTINGS, from_name=name), replace(OUT, message=message), "d7.t@c.example", now())
    read = message_from_bytes(raw, policy=default)
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Reply-To", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert read["To"] == ANNA
    assert read["From"].addresses[0].addr_spec == "priem@clinic.example"


@pytest.mark.parametrize(
    ("text", "address"),
    [(" anna@mail.example ", ANNA), ("анна@пример.рф", ""), ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"), ("", ""),
     ("a", ""), ("@b", ""), ("a@", ""), ("a b@c.example", ""), ("a@b\r\nX: y", ""), ("<a@b>", ""), ("a@b@c", ""),
     ("a..b@c", ""), ("a@b..c", ""), ("a@" + "b" * 64, ""), ("a,b@c", "")],
)  # fmt: skip
def test_addresses(text: str, address: str) -> None:
    if address:
        assert ascii_address(text) == address
    else:
        with pytest.raises(BadAddress):
            ascii_address(text)


async def test_a_dead_mailbox_and_a_bad_address(stage: Stage) -> None:
    await stage.emulator.block(ANNA, True)
    for address in (ANNA, "нет", "a@b\r\nRCPT TO:<c@d>"):
        with pytest.raises(NotReachable):
            await send.send(stage.http, stage.account, replace(OUT, address=address))
    await stage.emulator.block(ANNA, False)
    receipt = await send.send(stage.http, stage.account, OUT)
    assert receipt == await send.send(stage.http, stage.account, OUT)  # a retry bears the same name


async def test_connections_are_kept_and_never_more_than_five(stage: Stage) -> None:
    most = 0
    seen: set[object] = set()
    keep = provider(stage).handle_DATA

    async def watch(server: SMTP, *rest: object) -> str:
        nonlocal most
        most = max(most, len(provider(stage).lines))
        seen.add(server)
        await asyncio.sleep(0.01)
        return await keep(server, *rest)  # type: ignore[arg-type]

    provider(stage).handle_DATA = watch  # type: ignore[method-assign, assignment]
    outs = [replace(OUT, key=f"d{number}") for number in range(23)]
    await asyncio.gather(*(send.send(stage.http, stage.account, out) for out in outs))
    for out in outs[:3]:
        await send.send(stage.http, stage.account, out)
    assert len(stage.emulator.messages(ANNA)) == 26
    assert 1 < most <= 5
    assert len(seen) <= 5


async def test_a_refusal_keeps_the_connection(stage: Stage) -> None:
    await send.send(stage.http, stage.account, OUT)
    [line] = provider(stage).lines
    with pytest.raises(NotReachable):
        await send.send(stage.http, stage.account, replace(OUT, address="nobody@mail.example"))
    await send.send(stage.http, stage.account, OUT)
    assert provider(stage).lines == {line}


async def test_a_kept_connection_that_died_is_replaced(stage: Stage) -> None:
    await send.send(stage.http, stage.account, OUT)
    for line in list(provider(stage).lines):
        line.drop()
    await send.send(stage.http, stage.account, OUT)
    assert len(stage.emulator.messages(ANNA)) == 2


async def test_a_server_that_breaks_off_before_the_letter_has_not_taken_it(stage: Stage) -> None:
    async def hang_up(server: SMTP, *_: object) -> str:
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()
        return "250 Ok"

    provider(stage).handle_RCPT = hang_up  # type: ignore[method-assign, assignment]
    with pytest.raises(Unavailable):
        await send.send(stage.http, stage.account, OUT)


async def test_a_server_that_breaks_off_after_the_letter_leaves_doubt(stage: Stage) -> None:
    keep = provider(stage).handle_DATA

    async def hang_up(server: SMTP, *rest: object) -> str:
        await keep(server, *rest)  # type: ignore[arg-type]
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()
        return "250 Ok"

    provider(stage).handle_DATA = hang_up  # type: ignore[method-assign, assignment]
    with pytest.raises(Uncertain):
        await send.send(stage.http, stage.account, OUT)
    assert len(stage.emulator.messages(ANNA)) == 1


@pytest.mark.parametrize(
    "change",
    [{"security": "starttls"}, {"security": "tls"}, {"user": ""}, {"from_address": "нет"}, {"reply_to": "нет"},
     {"from_address": "other@clinic.example"}],
)  # fmt: skip
async def test_wrong_settings(stage: Stage, change: dict[str, str]) -> None:
    account = stage.channel.account("suite", {**stage.settings, **change}, stage.account.hook_secret)
    with pytest.raises((Misconfigured, Unavailable)) as caught:
        await send.send(stage.http, account, OUT)
    assert caught.type is Misconfigured or change == {"security": "tls"}
    with pytest.raises((Misconfigured, Unavailable)):
        await send.check(stage.http, account)


async def test_links_are_pressed_on_their_page(stage: Stage) -> None:
    rows = ((Button("Приду", url=f"{stage.hook_url}?do=yes"), Button("Нет", url=f"{stage.base_url}/nowhere")),)
    await send.send(stage.http, stage.account, replace(OUT, message=Message("Ждём", rows=rows)))
    shown = stage.emulator.messages(ANNA)[-1]
    assert [label for _, label in shown.buttons] == ["Приду", "Нет"]
    assert (shown.text, shown.subject) == ("Ждём", "Ждём")
    await stage.emulator.press(ANNA, shown.id, shown.buttons[0][0])
    [taken] = stage.received
    assert (dict(taken.query), taken.body) == ({"do": "yes"}, b"")
    assert taken.headers["content-type"] == "application/x-www-form-urlencoded"
    for button in (shown.buttons[1][0], "2", "x"):
        with pytest.raises(Impossible):
            await stage.emulator.press(ANNA, shown.id, button)


async def test_a_reply_names_the_letter(stage: Stage) -> None:
    receipt = await send.send(stage.http, stage.account, OUT)
    await stage.emulator.say(ANNA, "Приду")
    [event] = await stage.heard()
    assert isinstance(event, Said)
    assert (event.text, event.reply_to) == ("Приду", receipt.provider_id)


async def test_the_port_can_be_fixed(stage: Stage) -> None:
    port = provider(stage).port
    await stage.emulator.stop()
    await stage.emulator.start()
    assert provider(stage).port == port
    await send.send(stage.http, stage.account, OUT)
    stage.emulator.mode = Mode.DOWN
    async with Http(timeout=0.5) as other:
        with pytest.raises(Unavailable):
            await send.check(other, stage.account)


async def test_connections_close_with_the_door(stage: Stage) -> None:
    async with Http(timeout=0.5) as door:
        await send.send(door, stage.account, OUT)
        [line] = provider(stage).lines
    async with asyncio.timeout(2):
        while line in provider(stage).lines:  # noqa: ASYNC110 - the provider notices in one of the loop's turns
            await asyncio.sleep(0)
