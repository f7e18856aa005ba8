"""The door before Django: it answers as the view does, keeps many at once, and holds no more than it may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.db import connection
from django.test import RequestFactory
from pytest_django import Settings

from journeys import counting
from priyom.contracts import registry
from priyom.delivery import accounts, incoming
from priyom.delivery.database import conninfo
from priyom.delivery.models import Account, RawUpdate
from priyom.foundation.encryption import encrypt
from priyom.webhooks import body as bodies
from priyom.webhooks import keep, within
from priyom.webhooks.door import Door
from priyom.webhooks.receive import hook

PLACE = "/hooks/counted_ask/probe"


@pytest.fixture(scope="module", autouse=True)
def _counting() -> Iterator[None]:
    with counting.registered():
        yield


@pytest.fixture
def account(transactional_db: None) -> Account:
    return accounts.create("counted_ask", "Проба", "probe", {"base_url": "http://127.0.0.1:1"})


@dataclass
class Call:
    """One request, and what was read of it."""

    pieces: Iterable[bytes]
    path: str = PLACE
    method: str = "POST"
    secret: str = ""
    told: int | None = None
    query: bytes = b""
    read: int = 0

    async def by(self, door: Door) -> tuple[int, bytes, dict[bytes, bytes]]:
        """(status, body, headers)."""
        heads = [(b"x-secret", self.secret.encode()), (b"content-type", b"text/html"), (b"x_odd", b"1")]
        if self.told is not None:
            heads.append((b"content-length", str(self.told).encode()))
        left = iter([*self.pieces, b""] if isinstance(self.pieces, list) else self.pieces)
        said: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            piece = next(left, None)
            if piece is None:
                return {"type": "http.disconnect"}
            self.read += len(piece)
            return {"type": "http.request", "body": piece, "more_body": piece != b""}

        async def send(message: Mapping[str, Any]) -> None:
            said.append(message)

        scope = {"type": "http", "path": self.path, "method": self.method, "headers": heads, "query_string": self.query}
        await door(scope, receive, send)
        return (said[0]["status"], said[1]["body"], dict(said[0]["headers"])) if said else (0, b"", {})


async def elsewhere(scope: Any, receive: Any, send: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
    """Stands for Django's own pages."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def through(*calls: Call) -> list[tuple[int, bytes, dict[bytes, bytes]]]:
    """All at once, through one door."""

    async def go() -> list[tuple[int, bytes, dict[bytes, bytes]]]:
        door = Door(elsewhere)
        answers = await asyncio.gather(*(call.by(door) for call in calls))
        assert door._held.bytes == 0
        await door.close()
        return list(answers)

    return asyncio.run(go())


def statuses(*calls: Call) -> list[int]:
    return [status for status, _, _ in through(*calls)]


def said(update: int) -> bytes:
    return json.dumps({"update": update, "phone": f"+7701{update % 3}", "text": "да"}).encode()


def genuine(account: Account, *updates: int) -> list[Call]:
    secret = accounts.wire(account).hook_secret
    return [Call([said(update)], secret=secret) for update in updates]


def stored() -> list[str]:
    return list(RawUpdate.objects.order_by("id").values_list("update_key", flat=True))


def test_it_answers_as_the_view_does(account: Account) -> None:
    secret = accounts.wire(account).hook_secret
    most = registry.channel("counted_ask").card.hook_limit
    calls = [
        Call([said(1)], secret=secret), Call([said(1)], secret=secret), Call([said(2)], secret="нет"), Call([said(2)]),
        Call([], method="HEAD"), Call([], method="GET"), Call([], method="PUT", secret=secret),
        Call([b"x" * (most + 1)], secret=secret, told=most + 1), Call([b"x" * most], secret=secret, told=most),
        Call([said(3)], path="/hooks/counted_ask/nobody", secret=secret),
        Call([said(3)], path="/hooks/counted_once/probe", secret=secret),
        Call([said(3)], path="/hooks/nothing/probe", secret=secret),
        Call([said(3)], path="/hooks/counted_ask/" + "k" * 100, secret=secret),
        Call([said(3)], path=PLACE + "/below", secret=secret, query=b"a=1&a=2&b="), Call([b"\xff\x00"], secret=secret),
        Call([b"[" * 10_000], secret=secret), Call([], secret=secret),
    ]  # fmt: skip
    ours = [statuses(call)[0] for call in calls]
    by_door = list(RawUpdate.objects.order_by("id").values("update_key", "chat_key", "query", "headers", "body"))
    RawUpdate.objects.all().delete()
    theirs = []
    for call in calls:
        request = RequestFactory().generic(
            call.method, f"{call.path}?{call.query.decode()}", b"".join(call.pieces), "text/html",
            headers={"X-Secret": call.secret},
        )  # fmt: skip
        _, _, channel, key, *rest = call.path.split("/", 4)
        theirs.append(hook(request, channel, key, *rest).status_code)
    assert ours == theirs
    assert ours == [200, 200, 403, 403, 200, 405, 405, 413, 200, 404, 404, 404, 404, 200, 200, 200, 200]
    by_view = list(RawUpdate.objects.order_by("id").values("update_key", "chat_key", "query", "headers", "body"))
    for rows in (by_door, by_view):
        for row in rows:
            row["headers"].pop("content-length", None)
            row["body"] = bytes(row["body"])
            if not row["body"]:
                row["headers"].pop("content-type", None)  # the factory leaves it out
    assert by_door == by_view


def test_what_is_no_webhook_goes_by(account: Account) -> None:
    paths = ["/", "/hooks/", "/hooks/counted_ask", "/hooks/webchat/site", "/hooks/counted_ask/не-то", "/hooksx"]
    assert statuses(*(Call([], path=path) for path in paths)) == [299] * len(paths)


def test_those_that_come_together_are_kept_by_few_commits_in_their_order(account: Account) -> None:
    assert set(statuses(*genuine(account, *range(300), *range(50)))) == {200}
    assert stored() == [str(n) for n in range(300)]
    with psycopg.connect(conninfo()) as direct:
        [(commits,)] = direct.execute("SELECT count(DISTINCT xmin::text) FROM delivery_rawupdate").fetchall()
    assert commits <= 10


def test_a_changed_secret_counts_at_once(account: Account) -> None:
    async def go() -> list[int]:
        door, found = Door(elsewhere), []
        [old] = genuine(account, 1)
        found.append((await old.by(door))[0])
        secrets = json.dumps({accounts.HOOK_SECRET: "another-secret-altogether"})
        token = encrypt(django_settings.ENCRYPTION_KEY, secrets)
        await Account.objects.filter(pk=account.pk).aupdate(secrets=token)
        found.append((await Call([said(2)], secret=old.secret).by(door))[0])
        found.append((await Call([said(3)], secret="another-secret-altogether").by(door))[0])
        await Account.objects.filter(pk=account.pk).aupdate(name="сменили имя")
        found.append((await Call([said(4)], secret="another-secret-altogether").by(door))[0])
        await Account.objects.filter(pk=account.pk).aupdate(
            secrets=encrypt(django_settings.ENCRYPTION_KEY, json.dumps({}))
        )
        found.append((await Call([said(5)], secret="another-secret-altogether").by(door))[0])
        await RawUpdate.objects.all().adelete()
        await Account.objects.filter(pk=account.pk).adelete()
        found.append((await Call([said(6)], secret="").by(door))[0])
        await door.close()
        return found

    assert asyncio.run(go()) == [200, 403, 200, 200, 403, 404]


def test_under_another_key_it_is_to_be_repeated(account: Account, settings: Settings) -> None:
    calls = genuine(account, 1)
    settings.ENCRYPTION_KEY = Fernet.generate_key()
    [(status, text, heads)] = through(*calls)
    assert (status, heads[b"retry-after"], "повторите" in text.decode()) == (503, b"5", True)
    assert stored() == []


def test_an_endless_body_is_read_to_its_limit_and_no_further(account: Account) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    most = registry.channel("counted_ask").card.hook_limit
    told, untold = Call(endless(), told=10**12, secret="x"), Call(endless(), secret="x")
    for status, _, heads in through(told, untold):
        assert (status, heads[b"connection"]) == (413, b"close")
    assert told.read <= bodies.PATIENT + 65_536
    assert untold.read <= most + bodies.PATIENT + 2 * 65_536


def test_all_bodies_together_have_a_limit(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_HELD", 100_000)
    assert statuses(Call([b"x" * 60_000, b"x" * 60_000])) == [503]
    assert statuses(*genuine(account, 1)) == [200]


def test_who_hangs_up_is_not_answered(account: Account) -> None:
    assert statuses(Call(iter([b"{"]))) == [0]


def test_the_waiting_have_a_limit(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "MOST_WAITING", 5)
    monkeypatch.setattr(keep, "MOST_ROWS", 1)
    found = statuses(*genuine(account, *range(40)))
    assert set(found) == {200, 503}
    assert found.count(200) == len(stored())


def test_a_slow_database_is_told_and_nothing_is_half_stored(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(within, "PATIENCE", 0.3)
    monkeypatch.setattr(keep, "PATIENCE", 0.3)
    calls = genuine(account, *range(20))
    with psycopg.connect(conninfo()) as locker:
        locker.execute("LOCK TABLE delivery_rawupdate IN ACCESS EXCLUSIVE MODE")
        assert set(statuses(*calls)) == {503}
    assert set(statuses(*genuine(account, *range(20)))) == {200}
    assert sorted(stored(), key=int) == [str(n) for n in range(20)]


def test_a_connection_that_died_meanwhile_costs_nobody_anything(account: Account) -> None:
    calls = genuine(account, *range(3))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [ours] = cursor.fetchone() or [0]

    async def go() -> list[int]:
        door, found = Door(elsewhere), []
        for call in calls:
            found.append((await call.by(door))[0])
            async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as other:
                await other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid NOT IN (pg_backend_pid(), %s)",
                    [ours],
                )
        await door.close()
        return found

    assert asyncio.run(go()) == [200, 200, 200]


def test_one_that_cannot_be_stored_does_not_hold_the_others(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(incoming, "storable", lambda text, most: text)
    bad = Call([json.dumps({"update": "x" * 300, "phone": ""}).encode()], secret=accounts.wire(account).hook_secret)
    assert statuses(*genuine(account, 1, 2), bad, *genuine(account, 3)) == [200, 200, 503, 200]
    assert stored() == ["1", "2", "3"]
    assert "cannot be kept" in caplog.text
