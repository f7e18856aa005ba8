"""What is kept of a webhook: enough to understand it later, nothing by which it could be forged."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from priyom.clinic.models import Staff as Note
from priyom.contracts import registry
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Malformed
from priyom.delivery import accounts, incoming
from priyom.delivery.models import Account as Row
from priyom.delivery.models import RawUpdate
from priyom.foundation.clock import now
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


# -- several in one transaction --


def said(row: Row, count: int) -> list[RawUpdate]:
    """Words of that many chats."""
    for number in range(count):
        body = {"update": number, "phone": f"+770100000{number:02}", "text": "Алло"}
        assert incoming.store(row, Request({}, {}, json.dumps(body).encode()))
    return list(RawUpdate.objects.order_by("id"))


def states() -> list[str]:
    return [raw.state for raw in RawUpdate.objects.order_by("id")]


def test_one_that_is_not_understood_spoils_nothing(account: Row) -> None:
    raws = said(account, 4)

    def interpret(raw: RawUpdate) -> None:
        Note.objects.create(username=f"u{raw.pk}")
        if raw == raws[1]:
            raise Malformed("не разобрать")
        if raw == raws[2]:
            Note.objects.create(username=f"u{raw.pk}")  # the database refuses

    assert incoming.interpret_together(interpret, [raw.pk for raw in raws]) == []
    assert states() == ["done", "failed", "new", "done"]
    assert [note.username for note in Note.objects.order_by("pk")] == [f"u{raws[0].pk}", f"u{raws[3].pk}"]
    again = RawUpdate.objects.get(pk=raws[2].pk)
    assert (again.tries, again.error.partition(":")[0]) == (1, "IntegrityError")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("together", [False, True])
def test_a_repeat_waits_until_what_it_found_is_durable(together: bool) -> None:
    """Where a commit waits for a standby, it is one's own writing that makes one wait."""
    account = make.make_account("telegram")
    channel, wire = registry.channel("telegram"), accounts.wire(account)
    request = Request({}, {}, b'{"update_id": 1}')

    def keep() -> bool:
        if not together:
            return incoming.store(account, request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text FROM delivery_account WHERE id = %s", [account.pk])
            known = incoming.Known(account.pk, cursor.fetchone()[0], channel, wire)
            cursor.execute(incoming.sql["raw_store_many"], incoming.many_values([incoming.row_of(known, request)]))
            return bool(cursor.fetchall() == [(1,)])

    assert keep()
    for _ in range(3):  # a number of the sequence is written down now and then
        with transaction.atomic(), connection.cursor() as cursor:
            assert keep() is together
            cursor.execute("SELECT pg_current_xact_id_if_assigned()")
            assert cursor.fetchone() != (None,), "nothing was written"
    assert RawUpdate.objects.count() == 1


def test_those_whose_turn_it_is_not_are_left(account: Row) -> None:
    first, second, third = said(account, 3)
    RawUpdate.objects.filter(pk__in=[first.pk, second.pk]).update(chat_key="one")
    RawUpdate.objects.filter(pk=third.pk).update(next_try_at=now() + timedelta(minutes=1))
    assert incoming.interpret_together(lambda raw: None, [first.pk, second.pk, third.pk]) == []
    assert states() == ["done", "new", "new"]


@pytest.mark.django_db(transaction=True)
def test_they_give_way_to_whoever_holds_what_one_of_them_needs(account: Row) -> None:
    """Two that wait for each other: the colleague's page goes on, and what was understood until then stays so."""
    raws = said(account, 3)
    mine, theirs = Note.objects.create(username="mine"), Note.objects.create(username="theirs")
    ready, waits = threading.Event(), threading.Event()
    went_on: list[bool] = []

    def colleague() -> None:
        try:
            with transaction.atomic():
                Note.objects.filter(pk=theirs.pk).update(first_name="коллега")
                ready.set()
                waits.wait(10)
                went_on.append(bool(Note.objects.filter(pk=mine.pk).update(first_name="коллега")))
        finally:
            connection.close()

    def interpret(raw: RawUpdate) -> None:
        if raw == raws[0]:
            Note.objects.filter(pk=mine.pk).update(last_name="слова")
        if raw == raws[1]:
            waits.set()
            Note.objects.filter(pk=theirs.pk).update(last_name="слова")

    thread = threading.Thread(target=colleague)
    thread.start()
    assert ready.wait(10)
    assert incoming.interpret_together(interpret, [raw.pk for raw in raws]) == [raws[1].pk, raws[2].pk]
    thread.join(10)
    assert went_on == [True]
    assert states() == ["done", "new", "new"]
    for raw in raws[1:]:
        assert incoming.interpret_next(interpret, raw.pk)
    assert [(note.first_name, note.last_name) for note in Note.objects.order_by("pk")] == [("коллега", "слова")] * 2
