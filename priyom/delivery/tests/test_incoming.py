"""What is kept of a webhook: enough to understand it later, nothing by which it could be forged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from priyom.contracts import registry
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Malformed
from priyom.delivery import accounts, incoming
from priyom.delivery.models import Account as Row
from priyom.delivery.models import RawUpdate
from tests import factories as make

PAYLOADS = sorted(
    (path.parts[-4], path)
    for folder in registry.FOLDERS
    for path in folder.glob("*/tests/payloads/*.*")
    if path.parts[-4] in registry.names()
)


def test_what_proves_the_gateway_is_not_kept(account: Row) -> None:
    secret = accounts.wire(account).hook_secret
    headers = {
        "content-type": "application/json", "x-secret": secret, "x-original-uri": f"/hooks/a/b?word={secret}&n=1",
        "authorization": "Basic abc", "cookie": "sessionid=1", "x-long": "x" * 2000 + secret, "user-agent": "Gateway",
    }  # fmt: skip
    assert incoming.store(account, Request(headers, {"word": secret, secret: "", "n": "1"}, b'{"update": 1}'))
    raw = RawUpdate.objects.get()
    assert raw.headers == {"content-type": "application/json", "user-agent": "Gateway"}
    assert raw.query == {"n": "1"}
    assert secret not in json.dumps([raw.headers, raw.query, bytes(raw.body).decode()])


def test_secrets_inside_the_body_and_of_the_settings_are_struck_out(db: None) -> None:
    row = make.make_account("vk")
    known = accounts.wire(row)
    body = json.dumps({"type": "x", "secret": known.hook_secret}).encode()
    assert incoming.store(row, Request({"x-key": known.settings.token, "x-other": "1"}, {}, body))
    raw = RawUpdate.objects.get()
    assert json.loads(bytes(raw.body)) == {"type": "x", "secret": "***"}
    assert raw.headers == {"x-other": "1"}


def test_there_are_payloads_of_every_channel(db: None) -> None:
    told = {card.key for card in registry.cards() if (card.webhook or card.listens) and "counted" not in card.key}
    assert {channel for channel, _ in PAYLOADS} >= told


@pytest.mark.parametrize(("channel", "path"), PAYLOADS, ids=lambda value: getattr(value, "name", value))
def test_what_is_kept_means_what_came(db: None, channel: str, path: Path) -> None:
    row = make.make_account(channel)
    known = accounts.wire(row)
    headers = {f"x-{n}": known.hook_secret for n in range(3)} | {"content-type": "application/x-www-form-urlencoded"}
    came = Request(headers, {"charset": "utf-8", "md5": ""}, path.read_bytes())
    assert incoming.store(row, came)
    kept = incoming.request_of(RawUpdate.objects.get())
    assert (kept.body, len(kept.headers)) == (came.body, 1)
    assert understood(channel, known, kept) == understood(channel, known, came)


def understood(channel: str, known: Account, request: Request) -> Parsed | str:
    try:
        return registry.channel(channel).receiver.parse(known, request)
    except Malformed as error:
        return str(error)
