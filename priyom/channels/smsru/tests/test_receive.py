"""Reports: tables over `payloads/`, the hash, and what cannot be read."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.smsru import Settings, receive
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
ACCOUNT = Account("main", Settings(api_id="KEY"), "s" * 32)
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


def request(body: bytes | str) -> Request:
    return Request({}, {}, body if isinstance(body, bytes) else body.encode())


def form(*entries: str, key: str = "KEY", names: str = "data[{}]") -> Request:
    """A call as the gateway signs it."""
    pairs = [(names.format(at), entry) for at, entry in enumerate(entries)]
    return request(urlencode([*pairs, ("hash", sha256((key + "".join(entries)).encode()).hexdigest())]))


def test_two_states_of_one_message() -> None:
    asked = request((PAYLOADS / "two_states.form").read_bytes())
    assert receive.parse(ACCOUNT, asked).events == (
        Reported("202603-1000001", Signal.SENT, "SMS.ru 102: в пути", AT),
        Reported("202603-1000001", Signal.DELIVERED, "SMS.ru 103: доставлено", AT.replace(second=5)),
    )
    assert receive.identify(ACCOUNT, asked)[1] == "202603-1000001"


def test_many_messages_and_kinds_in_one_call() -> None:
    asked = request((PAYLOADS / "many.form").read_bytes())
    assert receive.parse(ACCOUNT, asked).events == (
        Reported("202603-1000002", Signal.FAILED, "SMS.ru 104: истекло время жизни", AT, "104"),
        Reported("202603-1000003", Signal.FAILED, "SMS.ru 207: на этот номер отправлять нельзя", None, "207", True),
    )
    assert receive.identify(ACCOUNT, asked)[1] == ""


ENTRIES = ("sms_status\n1\n103\n7", "sms_status\n2\n102\n8")
RIGHT = form(*ENTRIES).body


def test_the_hash_is_found_in_any_case_and_whatever_the_fields_are_called() -> None:
    receive.verify(ACCOUNT, form(*ENTRIES))
    receive.verify(ACCOUNT, form(*ENTRIES, names="data[]"))
    head, _, digest = RIGHT.partition(b"&hash=")
    receive.verify(ACCOUNT, request(head + b"&hash=" + digest.upper()))


@pytest.mark.parametrize(
    "body",
    [
        form(*ENTRIES, key="OTHER").body,
        RIGHT.partition(b"&hash=")[0],
        RIGHT.partition(b"&hash=")[0] + b"&hash=%FF",
        RIGHT.replace(b"103", b"104"),
        RIGHT.replace(b"data%5B0%5D", b"other"),
        RIGHT + b"&data%5B2%5D=sms_status%0A3%0A103%0A9",
        b"hash=0",
        b"",
    ],
)
def test_the_hash_covers_the_key_and_every_entry(body: bytes) -> None:
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, request(body))


def test_the_gateway_is_answered_with_its_word() -> None:
    assert receive.answer(form("x")) == (200, "text/plain", b"100")


@pytest.mark.parametrize(
    "entry",
    ["sms_status", "sms_status\n1", "sms_status\n\n103", "sms_status\n1\nx\n7", "sms_status\n1\n²\n7"],
)
def test_a_report_without_its_parts_is_malformed(entry: str) -> None:
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, form(entry))


@pytest.mark.parametrize("entry", ["callcheck_status\n1\n401\n7", "something new", "", "sms_status\n1\n777\n7"])
def test_not_for_us(entry: str) -> None:
    assert receive.parse(ACCOUNT, form(entry)).events == ()


ENTRY = st.one_of(
    st.text(),
    st.builds("\n".join, st.tuples(st.just("sms_status"), st.text(), st.integers().map(str), st.integers().map(str))),
)


@given(st.lists(ENTRY, max_size=5))
def test_any_form_is_read_or_named(entries: list[str]) -> None:
    asked = request(urlencode([("data[]", entry.encode("utf-8", "replace")) for entry in entries]))
    key, _ = receive.identify(ACCOUNT, asked)
    assert key
    with suppress(Malformed):
        for event in receive.parse(ACCOUNT, asked).events:
            assert isinstance(event, Reported)
            assert event.provider_id.isascii()
            assert event.at is None or event.at.tzinfo is UTC
