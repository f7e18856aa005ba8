"""One attempt: what a sender raises becomes an outcome, and never carries a token into the database or the log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from journeys import counting
from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Account, Channel, Identity, Sender
from priyom.contracts.message import Outgoing, Receipt
from priyom.delivery.attempt import Claimed, attempt
from priyom.delivery.consequence import Again, Outcome, Settled
from priyom.foundation.http import Http, HttpError, NoAnswer

ADDRESS = "https://gateway.example/bot700:secret-token/sendMessage"
CLAIMED = Claimed(
    id=1, op="send", address="1", body={"text": "да"}, quiet=False, expires_at=None, of_try=1, maybe_sent=False
)


class Broken:
    """A sender that lets a stranger's error out."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, http: Http, account: Account, outgoing: Outgoing) -> Receipt:
        try:
            raise RuntimeError(f"cause: {ADDRESS}")
        except RuntimeError as cause:
            raise self.error from cause

    async def check(self, http: Http, account: Account) -> Identity:
        return Identity("x", "x")


def tried(error: Exception) -> Outcome:
    card = counting.card("counted_ask", AfterCrash.ASK)
    channel = Channel(card, cast(Sender, Broken(error)), cast(Any, SimpleNamespace()))

    async def go() -> Outcome:
        async with Http() as http:
            return await attempt(http, channel, Account("probe", None, ""), CLAIMED)

    return asyncio.run(go())


@pytest.mark.parametrize("kind", [HttpError, NoAnswer, RuntimeError, ValueError])
def test_of_the_unexpected_only_its_kind_is_told(kind: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    outcome = tried(kind(f"error sending request for url ({ADDRESS})"))
    assert isinstance(outcome, Again)
    assert (outcome.evidence, outcome.maybe_sent) == (kind.__name__, True)
    assert "secret-token" not in caplog.text


def test_the_log_says_where_a_fault_of_ours_was(caplog: pytest.LogCaptureFixture) -> None:
    tried(KeyError(ADDRESS))
    assert "KeyError" in caplog.text
    assert "test_attempt.py:" in caplog.text


def test_where_nothing_spins_a_press_is_simply_done() -> None:
    card = counting.card("counted_ask", AfterCrash.ASK)
    channel = Channel(card, cast(Sender, Broken(RuntimeError())), cast(Any, SimpleNamespace()))
    press = replace(CLAIMED, op="press", body={"press_id": "p1", "text": ""})

    async def go() -> Outcome:
        async with Http() as http:
            return await attempt(http, channel, Account("probe", None, ""), press)

    assert isinstance(asyncio.run(go()), Settled)
