"""Each answer of the vendor has its one consequence, and no secret comes out with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from priyom.channels.whatsapp import Settings
from priyom.channels.whatsapp.send import fetch, send
from priyom.channels.whatsapp.tests.stages import PDF, inside
from priyom.contracts.channel import Account
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.message import Message
from priyom.contracts.suite_wire import Wire
from priyom.foundation.http import Answer, NoAnswer, NotSent

TOKEN = "EAAsecret-token"
ACCOUNT = Account("a", Settings(token=TOKEN, app_secret="s", phone_number_id="1", waba_id="2"), "h" * 32)


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> Answer:
    """Any answer."""
    return Answer(status, headers or {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def told(code: int, status: int = 400, **more: Any) -> Answer:
    """The Graph API's refusal."""
    return answer(status, {"error": {"message": f"(#{code}) no", "code": code, "fbtrace_id": "x", **more}})


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (told(190, 401), Misconfigured, "190"),
        (told(0, 401), Misconfigured, "0"),
        (told(10, 403), Misconfigured, "10"),
        (told(200, 403), Misconfigured, "10"),
        (told(100, error_subcode=33), Misconfigured, "33"),
        (told(368, 403), Misconfigured, "368"),
        (told(131031, 403), Misconfigured, "131031"),
        (told(131042), Misconfigured, "131042"),
        (told(133010), Misconfigured, "133010"),
        (told(131030), Rejected, "131030"),
        (told(131063), Rejected, "131063"),
        (told(131026), NotReachable, "131026"),
        (told(131047), Rejected, "131047"),
        (told(131049), Rejected, "131049"),
        (told(131050), Rejected, "131050"),
        (told(130472), Rejected, "130472"),
        (told(132001, 404), Rejected, "132001"),
        (told(132015), Rejected, "132015"),
        (told(100), Rejected, "100"),
        (told(100, error_subcode=2388299, error_user_msg="Не так"), Rejected, "2388299"),
        (told(130429, 429), Throttled, "130429"),
        (told(131056), Throttled, "131056"),
        (told(80007), Throttled, "80007"),
        (told(4), Throttled, "4"),
        (told(2, 503), Unavailable, "2"),
        (told(131016, 500), Unavailable, "131016"),
        (told(131000, 500), Unavailable, "131000"),
        (told(777, 500), Uncertain, "777"),
        (told(777, 500, is_transient=True), Unavailable, "777"),
        (answer(502, b"<html>Bad Gateway</html>"), Unavailable, "502"),
        (answer(500, b"<html>Oops</html>"), Uncertain, "500"),
        (answer(504, b""), Uncertain, "504"),
        (answer(403, b"<html>blocked by the provider</html>"), Misconfigured, "403"),
        (answer(404, b"<html>nothing here</html>"), Misconfigured, "404"),
        (answer(401, {"error": "Invalid key"}), Misconfigured, "401"),
        (answer(400, {"error": "the account is disabled"}), Misconfigured, "400"),
        (answer(429, b""), Throttled, "429"),
        (answer(200, b"<html>welcome</html>"), Uncertain, ""),
        (answer(200, {"messages": []}), Uncertain, ""),
        (NotSent("x"), Unavailable, ""),
        (NoAnswer("x"), Uncertain, ""),
    ],
)
async def test_what_follows(reply: object, error: type[ChannelError], code: str) -> None:
    with pytest.raises(error) as caught:
        await send(Wire(reply), ACCOUNT, inside("Здравствуйте"))
    assert type(caught.value) is error
    assert caught.value.code == code
    assert TOKEN not in caught.value.text
    assert "graph.facebook.com" not in caught.value.text


async def test_the_vendors_own_words_are_shown() -> None:
    with pytest.raises(Rejected) as caught:
        await send(Wire(told(132012, error_data={"details": "Param text cannot have tabs"})), ACCOUNT, inside("x"))
    assert "Param text cannot have tabs" in caught.value.text


@pytest.mark.parametrize(("minutes", "after"), [(7, 420.0), (0, 300.0), (10**6, 3600.0)])
async def test_how_long_to_wait(minutes: int, after: float) -> None:
    usage = json.dumps({"2": [{"type": "messaging", "estimated_time_to_regain_access": minutes}]})
    reply = answer(400, {"error": {"code": 80007, "message": "x"}}, {"x-business-use-case-usage": usage})
    with pytest.raises(Throttled) as caught:
        await send(Wire(reply), ACCOUNT, inside("x"))
    assert caught.value.after == after


async def test_a_file_that_could_not_be_laid_down_left_nothing_behind() -> None:
    for reply in (NoAnswer("x"), NotSent("x"), answer(500, b"")):
        with pytest.raises(Unavailable):
            await send(Wire(reply), ACCOUNT, inside(Message("x", files=(PDF,))))


async def test_half_a_message_is_never_repeated() -> None:
    sound = Message("x", files=(PDF, PDF))
    wire = Wire({"id": "m1"}, {"id": "m2"}, {"messages": [{"id": "wamid.1"}]}, NotSent("x"))
    with pytest.raises(Uncertain):
        await send(wire, ACCOUNT, inside(sound))
    assert len(wire.asked) == 4


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", True),
        ("https://graph.facebook.com/x", True),
        ("https://evil.example/?fbsbx.com", False),
        ("https://evilfbsbx.com/", False),
        ("http://lookaside.fbsbx.com/", False),
    ],
)
async def test_the_token_goes_only_where_files_of_the_vendor_lie(url: str, asked: bool) -> None:
    wire = Wire({"url": url}, b"content")
    if asked:
        assert await fetch(wire, ACCOUNT, "9") == b"content"
        assert wire.asked[1].headers["Authorization"] == f"Bearer {TOKEN}"
        return
    with pytest.raises(Rejected):
        await fetch(wire, ACCOUNT, "9")
    assert len(wire.asked) == 1


def test_settings_never_show_the_token() -> None:
    assert TOKEN not in repr(ACCOUNT)
