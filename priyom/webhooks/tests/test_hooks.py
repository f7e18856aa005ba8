"""The webhook door: genuine ones are kept once, forged ones leave nothing, strange ones stay to be seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from journeys import counting
from priyom.contracts import registry
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Request
from priyom.contracts.errors import Malformed
from priyom.delivery import accounts, incoming
from priyom.delivery.models import Account, RawUpdate
from priyom.foundation.clock import clock, now
from priyom.webhooks.receive import hook

Post = Callable[..., HttpResponse]


@pytest.fixture(scope="module", autouse=True)
def _counting() -> Iterator[None]:
    """The counting channels, for these tests alone: other rooms' tests count the channels there are."""
    with counting.registered():
        yield


@pytest.fixture
def account(db: None) -> Account:
    return accounts.create("counted_ask", "Проба", "probe", {"base_url": "http://127.0.0.1:1"})


@pytest.fixture
def post(account: Account) -> Post:
    secret = accounts.wire(account).hook_secret

    def call(body: bytes, *, secret: str = secret, channel: str = "counted_ask", key: str = "probe") -> HttpResponse:
        request = RequestFactory().post(
            f"/hooks/{channel}/{key}?a=1", body, content_type="application/json", headers={"X-Secret": secret}
        )
        return hook(request, channel, key)

    return call


def said(update: int, phone: str = "+7701", text: str = "да") -> bytes:
    return json.dumps({"update": update, "phone": phone, "text": text}).encode()


def test_a_genuine_one_is_kept_raw_and_answered(post: Post) -> None:
    answer = post(said(1))
    assert (answer.status_code, answer.content) == (200, b"ok")
    raw = RawUpdate.objects.get()
    assert (bytes(raw.body), raw.update_key, raw.chat_key, raw.query) == (said(1), "1", "+7701", {"a": "1"})
    assert incoming.request_of(raw).headers["content-type"] == "application/json"
    assert "x-secret" not in raw.headers, "what proves the gateway is not kept"


def test_a_repeat_is_answered_alike_and_kept_once(post: Post) -> None:
    assert [post(said(1)).status_code for _ in range(3)] == [200, 200, 200]
    assert RawUpdate.objects.count() == 1


def test_a_forged_one_is_refused_and_leaves_nothing(post: Post) -> None:
    assert post(said(1), secret="wrong").status_code == 403
    assert not RawUpdate.objects.exists()


def test_without_the_key_it_is_to_be_repeated(post: Post, settings: Settings) -> None:
    settings.ENCRYPTION_KEY = Fernet.generate_key()
    answer = post(said(1))
    assert (answer.status_code, "повторите" in answer.content.decode()) == (503, True)
    assert not RawUpdate.objects.exists()


@pytest.mark.parametrize(("channel", "key"), [("counted_ask", "nobody"), ("counted_once", "probe"), ("no", "probe")])
def test_nobody_lives_here(post: Post, channel: str, key: str) -> None:
    assert post(said(1), channel=channel, key=key).status_code == 404


def test_a_body_too_large_is_refused(post: Post) -> None:
    assert post(b"x" * (registry.channel("counted_ask").card.hook_limit + 1)).status_code == 413
    assert not RawUpdate.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\x00", b"[1]"])
def test_a_strange_one_is_kept_and_shown_as_failed(post: Post, body: bytes) -> None:
    assert post(body).status_code == 200

    def interpret(raw: RawUpdate) -> None:
        raise Malformed("непонятно")

    assert incoming.interpret_next(interpret)
    raw = RawUpdate.objects.get()
    assert (raw.state, raw.error, bytes(raw.body)) == ("failed", "Malformed: непонятно", body)
    incoming.replay(raw.pk)
    assert incoming.interpret_next(lambda raw: None)
    assert RawUpdate.objects.get().state == "done"


def test_a_chat_goes_in_order_and_others_do_not_wait(post: Post) -> None:
    for update, phone in ((1, "a"), (2, "a"), (3, "b")):
        post(said(update, phone))
    seen: list[str] = []

    def interpret(raw: RawUpdate) -> None:
        if raw.update_key == "1" and raw.tries == 0:
            raise RuntimeError("сбой")
        seen.append(raw.update_key)

    while incoming.interpret_next(interpret):
        pass
    assert seen == ["3"], "the chat's second waits for its first"
    clock.freeze(now() + timedelta(seconds=5))
    while incoming.interpret_next(interpret):
        pass
    assert seen == ["3", "1", "2"]


def test_an_unexpected_error_is_tried_five_times(post: Post) -> None:
    post(said(1))

    def interpret(raw: RawUpdate) -> None:
        Account.objects.update(name="не должно остаться")
        raise RuntimeError("ошибка")

    for _ in range(5):
        clock.freeze(now() + timedelta(minutes=1))
        assert incoming.interpret_next(interpret)
    raw = RawUpdate.objects.get()
    assert (raw.state, raw.tries, raw.error) == ("failed", 5, "RuntimeError: ошибка")
    assert Account.objects.get().name == "Проба"
    assert incoming.pending() == 0


def test_what_a_channel_does_not_promise_is_not_allowed(account: Account) -> None:
    answer = hook(RequestFactory().get("/hooks/counted_ask/probe"), "counted_ask", "probe")
    assert answer.status_code == 405
    assert RawUpdate.objects.count() == 0


def test_a_vendor_may_try_the_address_and_report_by_get(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = registry.channel("counted_ask").receiver
    monkeypatch.setattr(receiver, "METHODS", ("GET", "POST"), raising=False)
    secret = accounts.wire(account).hook_secret
    request = RequestFactory().get("/hooks/counted_ask/probe/sent?id=7", headers={"X-Secret": secret})
    assert hook(request, "counted_ask", "probe", "sent").status_code == 200
    assert RawUpdate.objects.get().query == {"id": "7", "_path": "sent"}

    def challenge(known: Wire, came: Request) -> tuple[int, str, bytes]:
        return 200, "text/plain", came.query["word"].encode()

    monkeypatch.setattr(receiver, "challenge", challenge, raising=False)
    tried = hook(RequestFactory().get("/hooks/counted_ask/probe?word=yes"), "counted_ask", "probe")
    assert (tried.status_code, tried.content) == (200, b"yes")
    assert RawUpdate.objects.count() == 1
