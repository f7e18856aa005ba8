"""Webhooks of the gateway: tables over `payloads/`, signatures, and what cannot be read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from priyom.channels.smsc import Settings, receive, statuses
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported, Said
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("main", Settings(login="l", password="p"), "s" * 32)
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
PHONE = "+77011234567"


def request(body: bytes | str, charset: str = "utf-8") -> Request:
    raw = body if isinstance(body, bytes) else body.encode()
    return Request({}, {"charset": charset} if charset else {}, raw)


TABLE: list[tuple[str, str, Event, str]] = [
    (
        "delivered.json",
        "utf-8",
        Reported("123", Signal.DELIVERED, "SMSC 1: доставлено", AT),
        "status:123:77011234567:1:0",
    ),
    (
        "dead_number.json",
        "utf-8",
        Reported("124", Signal.FAILED, "SMSC 20: невозможно доставить (1: абонент не существует)", AT, "1", True),
        "status:124:77011234567:20:1",
    ),
    (
        "expired.form",
        "utf-8",
        Reported("125", Signal.FAILED, "SMSC 3: просрочено (6: абонент не в сети)", AT, "6"),
        "status:125:77011234567:3:6",
    ),
    ("incoming.json", "utf-8", Said(PHONE, "Иә", "in:9", AT), "in:9"),
    ("incoming_cp1251.form", "", Said(PHONE, "Да", "in:10", AT), "in:10"),
]


@pytest.mark.parametrize(("name", "charset", "event", "key"), TABLE)
def test_payloads(name: str, charset: str, event: Event, key: str) -> None:
    asked = request((PAYLOADS / name).read_bytes(), charset)
    assert receive.parse(ACCOUNT, asked).events == (event,)
    assert receive.identify(ACCOUNT, asked) == (key, PHONE)


def md5(text: str, charset: str = "utf-8") -> str:
    return hashlib.md5(text.encode(charset), usedforsecurity=False).hexdigest()


WORD = "s" * 32


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (f"id=5&phone=77011234567&status=1&md5={md5(f'5:77011234567:1:{WORD}')}", "utf-8"),
        (f"id=5&phone=77011234567&status=1&md5={md5(f'5:77011234567:1:{WORD}').upper()}", "utf-8"),
        (f"phone=77011234567&mes=%D0%94%D0%B0&to=79&md5={md5(f'77011234567:Да:79:{WORD}')}", "utf-8"),
        (f"phone=77011234567&mes=%C4%E0&to=79&md5={md5(f'77011234567:Да:79:{WORD}', 'cp1251')}", ""),
        (f"phone=77011234567&ts=7&waitcall=1&md5={md5(f'77011234567:7:{WORD}')}", "utf-8"),
        (
            "id=5&phone=7&status=1&sha1=" + hashlib.sha1(f"5:7:1:{WORD}".encode(), usedforsecurity=False).hexdigest(),
            "utf-8",
        ),
    ],
)
def test_right_signatures(body: str, charset: str) -> None:
    receive.verify(ACCOUNT, request(body, charset))


@pytest.mark.parametrize(
    "body",
    [
        "id=5&phone=77011234567&status=1",
        f"id=5&phone=77011234567&status=3&md5={md5(f'5:77011234567:1:{WORD}')}",
        f"id=5&phone=77011234567&status=1&md5={md5('5:77011234567:1:')}",
        "id=5&phone=77011234567&status=1&crc32=123456",
        "id=5&phone=77011234567&status=1&md5=%FF%D0%90",
        "",
        "{",
    ],
)
def test_wrong_signatures(body: str) -> None:
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, request(body))


def test_own_word_replaces_the_hook_secret() -> None:
    account = Account("main", Settings(apikey="k", callback_word="сезам"), "s" * 32)
    signed = request(f"id=5&phone=7&status=1&md5={md5('5:7:1:сезам')}")
    receive.verify(account, signed)
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, signed)


@pytest.mark.parametrize(
    "body",
    [
        "id=5&phone=77011234567&status=abc",
        "phone=77011234567&status=1",
        "phone=12&mes=x&to=7",
        "a=b",
        '{"mes":"\\ud800"}',
    ],
)
def test_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, request(body))


@pytest.mark.parametrize("body", ["id=5&phone=77011234567&status=77", "phone=77011234567&ts=7&waitcall=1"])
def test_no_events(body: str) -> None:
    assert receive.parse(ACCOUNT, request(body)).events == ()


@pytest.mark.parametrize(
    ("status", "cause", "signal", "gone"),
    [
        (-1, 0, Signal.ACCEPTED, False),
        (0, 0, Signal.SENT, False),
        (1, 0, Signal.DELIVERED, False),
        (2, 0, Signal.DELIVERED, False),
        (3, 6, Signal.FAILED, False),
        (20, 13, Signal.FAILED, False),
        (20, 1, Signal.FAILED, True),
        (22, 0, Signal.FAILED, True),
        (23, 244, Signal.FAILED, False),
        (24, 0, Signal.FAILED, False),
        (25, 248, Signal.FAILED, False),
        (-3, 0, Signal.FAILED, False),
        (1, 1, Signal.DELIVERED, False),
    ],
)
def test_statuses(status: int, cause: int, signal: Signal, gone: bool) -> None:
    assert (statuses.signal(status), statuses.gone(status, cause)) == (signal, gone)
