"""Whatever strangers send to any channel's address: it is refused, or kept and shown, and never breaks anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.contracts import registry
from priyom.contracts.channel import Request
from priyom.contracts.errors import Malformed
from priyom.delivery import accounts
from priyom.delivery.incoming import Known, many_values, row_of, secrets_of
from priyom.webhooks import verdict
from tests import factories as make

DEEP = 10_000
BOMBS = [
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"message":' * DEEP + b"1" + b"}" * DEEP,
    b"a=" + b"[" * DEEP,
    b"data=" + b"%5B" * DEEP,
    b"&".join(b"a%d=1" % n for n in range(DEEP)),
    b"9" * DEEP,
    b'{"id": ' + b"9" * DEEP + b"}",
    b"\xff\xfe\x00",
    b'{"text": "\xff"}',
    b"\xef\xbb\xbf{}",
    b"%FF=%FF&%",
    "{}".encode("utf-16"),
]
NAMED = re.compile(r"""(headers|query)\.get\(\s*["']([^"']+)["']""")


@cache
def words(channel: str, kind: str) -> list[str]:
    """The names of headers (or of the query) that this channel's folder looks for."""
    found = {
        name
        for folder in registry.FOLDERS
        for path in (folder / channel).glob("*.py")
        for what, name in NAMED.findall(path.read_text())
        if what == kind
    }
    return sorted(found | {"content-type", "secret", "authorization"})


def known(channel: str) -> Known:
    """An account of that channel, as the door knows it."""
    account = make.make_account(channel)
    made, wire = registry.channel(channel), accounts.wire(account)
    return Known(account.pk, "1", made, wire, secrets_of(made, wire))


def pairs(names: list[str], right: list[str]) -> st.SearchStrategy[dict[str, str]]:
    """Some of these names, with anything (the right words among it) behind them."""
    latin = st.text(st.characters(codec="latin-1"), max_size=40)
    values = latin | st.sampled_from(
        [*right, *(f"Bearer {word}" for word in right), "Bearer", "a.b.c", "application/json"]
    )
    return st.dictionaries(st.sampled_from(names) | latin, values, max_size=5)


@pytest.mark.django_db
@pytest.mark.parametrize("channel", registry.names())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_anything_is_refused_or_kept(channel: str, data: st.DataObject) -> None:
    here = _here(channel)
    assert here.wire is not None
    right = list(here.secrets) or ["x"]
    body = data.draw(st.binary(max_size=200) | st.sampled_from(BOMBS))
    headers = data.draw(pairs(words(channel, "headers"), right))
    query: Mapping[str, str] = data.draw(pairs(words(channel, "query"), right))
    look(here, data.draw(st.sampled_from(["GET", "POST"])), Request(headers, query, body))


@pytest.mark.django_db
@pytest.mark.parametrize("channel", registry.names())
def test_bombs_end_as_what_cannot_be_understood(channel: str) -> None:
    for body in BOMBS:
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            look(_here(channel), "POST", Request({"content-type": kind}, {}, body))


def look(here: Known, method: str, came: Request) -> None:
    """Everything that is done with a webhook, whether genuine or not."""
    assert here.wire is not None
    receiver = here.channel.receiver
    answer = verdict.by_proof(method, receiver, here.wire, came)
    assert answer is None or answer.status < 500
    assert receiver.identify(here.wire, came)[0]
    row = row_of(here, came)
    assert row.update_key
    json.loads(many_values([row])["rows"])
    with suppress(Malformed):
        receiver.parse(here.wire, Request(row.headers, row.query, row.body))


_made: dict[str, Known] = {}


def _here(channel: str) -> Known:
    """One account of a channel for all examples."""
    if channel not in _made:
        _made[channel] = known(channel)
    return _made[channel]
