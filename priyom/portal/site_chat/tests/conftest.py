"""A clinic with a site, an SMS gateway and Telegram; visitors who sign as the page does."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from priyom.delivery import accounts
from priyom.delivery.models import Account
from priyom.foundation.clock import clock
from priyom.inbox.interpret import interpret_once
from tests.factories import MONDAY, make_account

_number = itertools.count(1)


@dataclass
class Visitor:
    """A browser with the chat. Every answer is (status, parsed body)."""

    visitor: str
    key: str
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))
    address: str = "203.0.113.7"

    def sign(self, text: bytes) -> str:
        return f"{self.visitor}.{hmac.new(self.key.encode(), text, hashlib.sha256).hexdigest()}"

    def update(self, kind: str, **more: object) -> tuple[int, Any]:
        """Post an update; the worker takes it at once."""
        said = {"id": f"update-{next(_number):04}", "visitor": self.visitor, "kind": kind, **more}
        answer = self.post("/hooks/webchat/site", said)
        while interpret_once():
            pass
        return answer

    def post(self, path: str, said: Mapping[str, object]) -> tuple[int, Any]:
        body = json.dumps(said, separators=(",", ":")).encode()
        return self.send(path, body, b"update:" + body)

    def send(self, path: str, body: bytes, signed: bytes) -> tuple[int, Any]:
        answer = self.client.post(
            path, body, content_type="application/json", headers={"x-priyom-visitor": self.sign(signed)},
            REMOTE_ADDR=self.address,
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content)

    def get(self, path: str = "/chat/site/messages", signed: str = "", **headers: str) -> Any:
        shown = {"x-priyom-visitor": self.sign(b"read:" + (signed or path).encode()), **headers}
        return self.client.get(path, headers=shown, REMOTE_ADDR=self.address)

    def messages(self) -> list[dict[str, Any]]:
        answer = self.get()
        assert answer.status_code == 200, answer.content
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found


@pytest.fixture
def sms(db: None) -> Account:
    clock.freeze(MONDAY)
    return make_account("smsc")


@pytest.fixture
def site(sms: Account) -> Account:
    values = {
        "site_url": "https://www.clinic.example/contacts", "title": "Клиника «Арман»",
        "files_url": "http://127.0.0.1:9/chat/site/stored",
    }  # fmt: skip
    return make_account("webchat", key="site", values=values)


def come(address: str = "203.0.113.7") -> Visitor:
    """Somebody opens the chat for the first time."""
    answer = Client().post("/chat/site/visitor", REMOTE_ADDR=address)
    assert answer.status_code == 200, answer.content
    made = answer.json()
    return Visitor(made["visitor"], made["key"], address=address)


@pytest.fixture
def anna(site: Account) -> Visitor:
    return come()


@pytest.fixture
def secret(site: Account) -> str:
    """The account's own secret."""
    return accounts.wire(site).hook_secret
