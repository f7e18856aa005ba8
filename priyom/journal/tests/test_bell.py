"""The bell: whoever follows it misses nothing, in whatever order transactions begin and end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.journal import bell
from priyom.journal.models import Fact
from priyom.journal.record import Recorded, record
from tests.factories import MONDAY

WRITERS, READERS = 4, 3


def dsn() -> str:
    """The test database's address, for connections beside Django's."""
    known = connection.settings_dict
    parts = {"dbname": known["NAME"], "user": known["USER"], "password": known["PASSWORD"], "host": known["HOST"]}
    port = {"port": known["PORT"]} if known["PORT"] else {}
    return psycopg.conninfo.make_conninfo(**{name: value for name, value in (parts | port).items() if value})


def look(line: psycopg.Connection[tuple[object, ...]], place: bell.Place | None) -> bell.News:
    row = line.execute(bell.sql["news"].encode(), bell.asked(place)).fetchone()
    assert row is not None
    return bell.told(place, row)


@dataclass
class Reader:
    """Somebody who follows. `heard` counts each line told."""

    line: psycopg.Connection[tuple[object, ...]]
    place: bell.Place | None = None
    heard: Counter[str] = field(default_factory=Counter)

    def look(self) -> None:
        news = look(self.line, self.place)
        assert self.place is None or news.words is not None
        self.heard.update(news.words or ())
        self.place = bell.Place.of(str(news.place))  # as it comes back from a browser


@contextmanager
def lines(count: int, autocommit: bool) -> Iterator[list[psycopg.Connection[tuple[object, ...]]]]:
    with ExitStack() as stack:
        yield [stack.enter_context(psycopg.connect(dsn(), autocommit=autocommit)) for _ in range(count)]


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "write", "commit", "abort", "look", "look"]), st.integers(0, 11)), max_size=40
)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_each_line_is_told_once_whenever_its_transaction_ends(steps: list[tuple[str, int]]) -> None:
    """Writers begin, write and end in any order; readers look between. In the end each reader has been told exactly
    what was committed after it began to follow, once."""
    written: dict[int, list[str]] = {n: [] for n in range(WRITERS)}
    committed: list[str] = []
    with lines(WRITERS, autocommit=False) as writing, lines(READERS, autocommit=True) as reading:
        readers = [Reader(line) for line in reading]
        for reader in readers:
            reader.look()
        for number, (step, who) in enumerate(steps):
            writer = who % WRITERS
            if step == "write":
                writing[writer].execute("SELECT priyom_tell(%s)", [f"chat:{number}"])
                written[writer].append(f"chat:{number}")
            elif step == "commit":
                writing[writer].commit()
                committed += written[writer]
                written[writer] = []
            elif step == "abort":
                writing[writer].rollback()
                written[writer] = []
            else:
                readers[who % READERS].look()
        for writer, line in enumerate(writing):
            line.commit()
            committed += written[writer]
        for reader in readers:
            reader.look()
            assert reader.heard == Counter(committed)


@pytest.mark.django_db(transaction=True)
def test_a_slow_transaction_is_told_after_quicker_ones_that_began_later() -> None:
    """The plainest case of the above, in the order in which it happens."""
    with lines(2, autocommit=False) as (slow, quick), lines(1, autocommit=True) as (reading,):
        slow.execute("SELECT priyom_tell('chat:1')")
        quick.execute("SELECT priyom_tell('chat:2')")
        place = look(reading, None).place
        quick.commit()
        first = look(reading, place)
        slow.commit()
        assert first.words == {"chat:2"}
        assert look(reading, first.place).words == {"chat:1"}
        assert look(reading, place).words == {"chat:1", "chat:2"}


@pytest.mark.django_db
def test_a_place_that_tells_nothing_is_answered_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    here = bell.since(None).place
    assert bell.since(here).words is not None
    assert bell.since(None).words is None
    assert bell.since(bell.Place(here.epoch + 1, here.seconds, here.snapshot)).words is None  # another server
    assert bell.since(bell.Place(here.epoch, here.seconds - bell.VALID - 1, here.snapshot)).words is None  # too old
    future = f"{here.xmax + 10**9}:{here.xmax + 10**9}:"
    assert bell.since(bell.Place(here.epoch, here.seconds, future)).words is None  # made up
    monkeypatch.setattr(bell, "MOST", 1)
    for word in ("chat:1", "chat:2"):
        connection.cursor().execute("SELECT priyom_tell(%s)", [word])
    assert bell.since(bell.Place(here.epoch, here.seconds, "1:1:")).words is None  # too much


@pytest.mark.parametrize(
    "text", ["", "1-2-3", "1-2-3:4", "x-2-3:4:", "1-2-3:4:5;", "1-2-3:4:,", "9" * 30 + "-2-3:4:", "1-2-3:٤:"]
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert bell.Place.of(text) is None


def test_a_place_comes_back_as_it_went() -> None:
    place = bell.Place(1764, 99, "10:20:12,15")
    assert bell.Place.of(str(place)) == place
    assert (place.xmax, place.running) == (20, "12,15")


@pytest.mark.django_db(transaction=True)
def test_many_facts_at_once_ring_once_and_one_statement_writes_one_line() -> None:
    with lines(1, autocommit=True) as (hearing,):
        hearing.execute(f"LISTEN {bell.CHANNEL}")
        here = bell.since(None).place
        Fact.objects.bulk_create(Fact(type="Rang", at=MONDAY, patient_id=n) for n in range(3000))
        assert len(list(hearing.notifies(timeout=0.2))) == 1
        with transaction.atomic():
            for n in range(50):
                record(Recorded(patient_id=n % 5))
        assert len(list(hearing.notifies(timeout=0.2))) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM journal_news WHERE xid >= %s::text::xid8", [str(here.xmax)])
            assert cursor.fetchone() == (51,)
    words = bell.since(here).words
    assert words == {f"patient:{n}" for n in range(3000)}


@pytest.mark.django_db(transaction=True)
def test_what_was_said_in_this_transaction_is_not_said_again_and_what_was_undone_is() -> None:
    here = bell.since(None).place

    def tell() -> None:
        connection.cursor().execute("SELECT priyom_tell('chat:1')")

    def told() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM journal_news WHERE xid >= %s::text::xid8", [str(here.xmax)])
            return int(cursor.fetchone()[0])

    with transaction.atomic():
        tell()
        tell()
    assert told() == 1
    with transaction.atomic():
        undone = transaction.savepoint()
        tell()
        transaction.savepoint_rollback(undone)
        tell()
    assert told() == 2


@pytest.mark.django_db(transaction=True)
def test_old_lines_are_forgotten_and_none_that_a_place_still_needs() -> None:
    forgetting = bell.Forgetting(kept=0)
    with lines(1, autocommit=False) as (slow,):
        connection.cursor().execute("SELECT priyom_tell('chat:1')")
        slow.execute("SELECT priyom_tell('chat:2')")
        here = bell.since(None).place
        forgetting.step()
        connection.cursor().execute("SELECT priyom_tell('chat:3')")
        slow.commit()
        forgetting.step()
        assert bell.since(here).words == {"chat:2", "chat:3"}, "what had not ended when it looked first stays"
    end = time.monotonic() + 300
    while kept("chat:1"):  # a neighbour's transaction in another database of the server holds old lines too
        assert time.monotonic() < end, "it is never forgotten"
        time.sleep(0.01)
        forgetting.step()


def kept(word: str) -> bool:
    """Whether a line with this word still stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM journal_news WHERE about = %s)", [word])
        return bool(cursor.fetchone()[0])
