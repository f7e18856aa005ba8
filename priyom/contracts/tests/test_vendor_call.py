"""One exchange with a vendor: what each way of failing is told as."""

from __future__ import annotations

from typing import Any

import pytest

from priyom.contracts.errors import ChannelError, Misconfigured, Throttled, Unavailable, Uncertain
from priyom.contracts.vendor_call import Vendor, ask, told
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent

SECRET = "made-up-secret"
VENDOR = Vendor("шлюз", f"https://gate.example/{SECRET}/", pause=7.0)


class Wire(Http):
    """Answers as it is told, and keeps what was asked."""

    def __init__(self, outcome: Answer | Exception) -> None:
        super().__init__()
        self.outcome = outcome
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    async def request(self, method: str, url: str, **rest: Any) -> Answer:
        self.asked.append((method, url, rest))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("outcome", "sending", "asking"),
    [
        (NotSent(f"to {SECRET}"), Unavailable, Unavailable),
        (NoAnswer(f"from {SECRET}"), Uncertain, Unavailable),
        (ValueError(SECRET), Misconfigured, Misconfigured),
        (Answer(429, {}, b""), Throttled, Throttled),
        (Answer(503, {}, b""), Unavailable, Unavailable),
        (Answer(500, {}, b"{}"), Uncertain, Unavailable),
        (Answer(502, {}, b"<html>"), Uncertain, Unavailable),
    ],
)
async def test_failures(outcome: Answer | Exception, sending: type[ChannelError], asking: type[ChannelError]) -> None:
    for harmless, kind in ((False, sending), (True, asking)):
        with pytest.raises(kind) as caught:
            await ask(Wire(outcome), VENDOR, "send", form={}, harmless=harmless)
        assert type(caught.value) is kind
        assert SECRET not in caught.value.text
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("header", "after"),
    [({}, 7.0), ({"retry-after": "12"}, 12.0), ({"retry-after": "-1"}, 7.0), ({"retry-after": "1e9"}, 3599.0)],
)
async def test_how_long_to_wait(header: dict[str, str], after: float) -> None:
    with pytest.raises(Throttled) as caught:
        await ask(Wire(Answer(429, header, b"")), VENDOR, "send")
    assert caught.value.after == after


async def test_the_address_is_joined_with_one_stroke_and_must_be_one() -> None:
    wire = Wire(Answer(404, {}, b"{}"))
    assert (await ask(wire, VENDOR, "a/b?c=1", json={"x": 1})).status == 404
    assert wire.asked[0][:2] == ("POST", f"https://gate.example/{SECRET}/a/b?c=1")
    assert wire.asked[0][2]["json"] == {"x": 1}
    with pytest.raises(Misconfigured):
        await ask(wire, Vendor("шлюз", "ftp://gate.example"), "send")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_what_is_not_an_object(body: bytes) -> None:
    with pytest.raises(Uncertain):
        told(Answer(200, {}, body), VENDOR)
    with pytest.raises(Unavailable):
        told(Answer(200, {}, body), VENDOR, harmless=True)
    with pytest.raises(Misconfigured):
        told(Answer(403, {}, body), VENDOR)


def test_an_object_is_the_vendors_word_with_any_status() -> None:
    assert told(Answer(403, {}, b'{"a": 1}'), VENDOR) == {"a": 1}
