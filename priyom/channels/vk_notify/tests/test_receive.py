"""Reports, read tolerantly where the partner publishes nothing, and never guessed at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from priyom.channels.vk_notify import Settings, receive
from priyom.channels.vk_notify.words import TOLD, USUAL, signal_of
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "made-up-secret"


def account(**settings: str) -> Account:
    """A contract with these settings."""
    return Account("a", Settings(key="k", service="clinic", **settings), SECRET)


def told(body: object, **settings: str) -> list[tuple[str, Signal]]:
    """(number, signal) of each report in the body."""
    request = Request({}, {"secret": SECRET}, body if isinstance(body, bytes) else json.dumps(body).encode())
    events = receive.parse(account(**settings), request).events
    return [(event.provider_id, event.signal) for event in events if isinstance(event, Reported)]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("delivered", [("3482512350952730368", Signal.DELIVERED)]),
        ("batch", [("3482512350952730368", Signal.READ), ("2", Signal.FAILED)]),
        ("nested", [("1", Signal.SENT)]),
    ],
)
def test_payloads(name: str, wanted: list[tuple[str, Signal]]) -> None:
    assert told((PAYLOADS / f"{name}.json").read_bytes()) == wanted


def test_every_payload_is_in_the_table() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {"delivered", "batch", "nested"}


def test_the_partner_s_own_names_and_words() -> None:
    body = {"data": {"id": 7, "state": "Просмотрено"}}
    settings = {"id_field": "id", "status_field": "state", "statuses": "просмотрено=read, 5 = failed"}
    assert told(body, **settings) == [("7", Signal.READ)]
    assert told({"id": 7, "state": 5}, **settings) == [("7", Signal.FAILED)]
    with pytest.raises(Malformed, match="messageId"):
        told(body)


def test_a_word_may_be_given_another_meaning() -> None:
    assert signal_of("Sent", "") is Signal.SENT
    assert signal_of("SENT", "sent=delivered") is Signal.DELIVERED
    assert signal_of("sent", "sent=nonsense") is None
    assert signal_of("unheard of", "") is None
    assert set(USUAL.values()) == set(TOLD.values())


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        7,
        {"messageId": "1"},
        {"messageId": True, "status": "read"},
        {"messageId": "1", "status": "?"},
        {"messageId": "", "status": "read"},
        b"{",
    ],
)
def test_what_is_not_understood_is_kept_and_shown(body: object) -> None:
    with pytest.raises(Malformed):
        told(body)


def test_one_unknown_word_leaves_the_whole_for_later() -> None:
    with pytest.raises(Malformed, match="vanished"):
        told([{"messageId": "1", "status": "read"}, {"messageId": "2", "status": "vanished"}])


def test_a_deep_hole_is_not_looked_into() -> None:
    body: object = {"messageId": "1", "status": "read"}
    for _ in range(10):
        body = [body]
    with pytest.raises(Malformed):
        told(body)
