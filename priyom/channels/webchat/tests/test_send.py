"""Messages to a page: without a network, through a relay, and what a relay's answers mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from priyom.channels.webchat import CARD, Settings, send
from priyom.channels.webchat.signing import is_message_of
from priyom.contracts.channel import Account
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Button, Edit, File, Message, Outgoing, Signal
from priyom.contracts.suite_wire import Wire
from priyom.foundation.http import Answer, NoAnswer, NotSent

SECRET = "s" * 32
ANNA, BEK = "visitor_Anna-000000001", "visitor_Bek-0000000002"
PLAIN = Account("site", Settings("https://clinic.example/"), SECRET)
RELAYED = replace(PLAIN, settings=Settings("https://clinic.example/", relay_url="https://r.example/x"))
STORING = replace(PLAIN, settings=Settings("https://clinic.example/", files_url="https://f.example/x"))
OUT = Outgoing("d7", ANNA, Message("Ждём", rows=((Button("Приду", "7:ok"),),)))


async def test_the_portal_needs_no_call() -> None:
    wire = Wire()
    receipt = await send.send(wire, PLAIN, OUT)
    assert receipt == await send.send(wire, PLAIN, OUT)
    assert receipt.signal is Signal.ACCEPTED
    assert receipt.provider_id.startswith("d7.")
    assert is_message_of(SECRET, ANNA, receipt.provider_id)
    assert receipt != await send.send(wire, PLAIN, replace(OUT, address=BEK))
    await send.edit(wire, PLAIN, Edit(ANNA, receipt.provider_id, Message("Перенесено")))
    await send.answer_press(wire, PLAIN, f"{ANNA}.update-1", "Записали")
    await send.typing(wire, PLAIN, ANNA)
    identity = await send.check(wire, PLAIN)
    assert CARD.deep_link.format(bot=identity.name, token="T") == "https://clinic.example/#priyom=T"
    assert wire.asked == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"address": "77011234567"}, NotReachable),
        ({"address": "a b" * 8}, NotReachable),
        ({"message": Message("я" * 4001)}, Rejected),
        ({"message": Message("x", rows=((Button("я" * 41, "p"),),))}, Rejected),
        ({"message": Message("x", files=(File("a", "b/c", bytes(CARD.file_limit + 1)),))}, Rejected),
    ],
)
async def test_what_no_page_shows(change: dict[str, object], error: type[ChannelError]) -> None:
    with pytest.raises(error):
        await send.send(Wire(), PLAIN, replace(OUT, **change))  # type: ignore[arg-type]


ANSWERS: list[tuple[object, type[ChannelError]]] = [
    (NotSent("x"), Unavailable),
    (NoAnswer("x"), Uncertain),
    (ValueError("x"), Misconfigured),
    (Answer(503, {}, b"<html>"), Unavailable),
    (Answer(500, {}, b"{}"), Uncertain),
    (Answer(502, {}, b"<html>"), Uncertain),
    (Answer(429, {"retry-after": "7"}, b""), Throttled),
    (Answer(429, {"retry-after": "Sat, 21 Nov"}, b""), Throttled),
    (Answer(413, {}, b"<html>"), Rejected),
    (Answer(400, {}, b'{"error": "text"}'), Rejected),
    (Answer(401, {}, b'{"error": "signature"}'), Misconfigured),
    (Answer(403, {}, b'{"error": "left"}'), OptedOut),
    (Answer(403, {}, b"<html>Forbidden"), Misconfigured),
    (Answer(404, {}, b'{"error": "visitor"}'), NotReachable),
    (Answer(404, {}, b'{"error": "message"}'), Rejected),
    (Answer(404, {}, b"<html>Not found"), Misconfigured),
    (Answer(400, {}, b"<html>Bad"), Misconfigured),
    (Answer(200, {}, b"<html>Hello"), Misconfigured),
    (Answer(200, {}, b"[]"), Misconfigured),
    (Answer(302, {}, b"{}"), Misconfigured),
]


@pytest.mark.parametrize(("answer", "error"), ANSWERS)
async def test_what_a_relay_answers(answer: object, error: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as caught:
        await send.send(Wire(answer), RELAYED, OUT)
    assert type(caught.value) is error
    assert "r.example" not in str(caught.value)
    assert not isinstance(caught.value, Throttled) or caught.value.after in (7.0, send.PAUSE_SECONDS)


@pytest.mark.parametrize("answer", [NoAnswer("x"), Answer(500, {}, b"{}")])
async def test_a_check_and_a_file_leave_no_doubt(answer: object) -> None:
    with pytest.raises(Unavailable):
        await send.check(Wire(answer), RELAYED)
    with pytest.raises(Unavailable):
        await send.fetch(Wire(answer), STORING, f"stored:{ANNA}/0123456789abcdef")


async def test_a_late_note_is_done() -> None:
    for answer in (Answer(404, {}, b'{"error": "visitor"}'), Answer(403, {}, b'{"error": "left"}')):
        await send.answer_press(Wire(answer), RELAYED, f"{ANNA}.update-1", "Записали")
    with pytest.raises(Unavailable):
        await send.answer_press(Wire(NotSent("x")), RELAYED, f"{ANNA}.update-1", "Записали")


@pytest.mark.parametrize(
    ("account", "ref", "error"),
    [
        (STORING, "data:***", Rejected),
        (STORING, "nonsense", Rejected),
        (STORING, "stored:", Rejected),
        (PLAIN, f"stored:{ANNA}/0123456789abcdef", Misconfigured),
    ],
)
async def test_files_that_cannot_be_had(account: Account, ref: str, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        await send.fetch(Wire(), account, ref)


@pytest.mark.parametrize("url", ["clinic.example", "https://clinic.example/#top", "https://clinic.example/{x}"])
async def test_sites_no_link_can_lead_to(url: str) -> None:
    with pytest.raises(Misconfigured):
        await send.check(Wire(), replace(PLAIN, settings=Settings(url)))
