"""What the model of deliveries stands on: the real statements on the test's own connection, the processes and what
each knows, and the looks that hold the rows against the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

from django.db import connection, transaction
from hypothesis.stateful import RuleBasedStateMachine

from priyom.contracts.card import AfterCrash
from priyom.contracts.message import Signal
from priyom.delivery.attempt import Claimed
from priyom.delivery.claim import left, recovered
from priyom.delivery.consequence import Outcome
from priyom.delivery.database import Database
from priyom.delivery.models import Account, Delivery, Doubt
from priyom.delivery.tests.oracle import Gateway, Oracle, Row, forward
from priyom.foundation.clock import clock
from priyom.journal.models import Fact, Pending
from tests.factories import MONDAY

T = TypeVar("T")


def done(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    raise AssertionError("it waited for something")


class Here:
    """`Database` over the test's own transaction."""

    async def rows(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []


HERE = cast(Database, Here())


async def left_behind(
    database: Database, account_id: int, after_crash: AfterCrash, ours: Sequence[int] = ()
) -> list[Outcome]:
    """What becomes of everything that was left, as the pump's taking up decides it."""
    return [recovered(item, after_crash) for item in await left(database, account_id, ours)]


@dataclass
class Held:
    """A claimed delivery that has not left yet."""

    claimed: Claimed
    token: int
    checked: bool = False


@dataclass
class Process:
    """One worker: what it has in hand, what it has to write down, and what it wrote last."""

    awake: bool = True
    hands: list[Held] = field(default_factory=list)
    results: list[tuple[Outcome, int]] = field(default_factory=list)
    written: list[tuple[Outcome, int]] = field(default_factory=list)

    def ours(self) -> list[int]:
        return [held.claimed.id for held in self.hands] + [outcome.delivery_id for outcome, _ in self.results]


class Seen(NamedTuple):
    """What is looked at of a delivery."""

    pk: int
    state: str
    signal: str
    tries: int
    untried: int
    maybe_sent: bool
    provider_id: str
    due_at: datetime
    sent_at: datetime | None
    evidence: str


class World(RuleBasedStateMachine):
    """One account and all who ever pumped it. `owner` holds its lock; the others sleep, and may wake."""

    after_crash: AfterCrash
    account: Account
    since: int

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        clock.freeze(MONDAY)
        self.oracle = Oracle()
        self.gateway = Gateway(self.after_crash)
        self.owner: Process | None = None
        self.others: list[Process] = []
        self.seen: dict[int, tuple[str, str]] = {}
        self.moments: dict[int, int] = {}  # delivery -> the visit's version it tells of
        self.withdrawn = self.lost = False

    def forget(self) -> None:
        """Undo everything."""
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)
        clock.reset()

    # -- what people order --

    def _look(self) -> None:
        found = Delivery.objects.filter(account=self.account).values_list(*Seen._fields, named=True)
        rows = {row.pk: cast(Seen, row) for row in found}
        assert set(rows) == set(self.oracle.rows)
        for number, row in rows.items():
            wanted = self.oracle.rows[number]
            is_so = row.state, row.signal, row.maybe_sent, row.provider_id
            assert is_so == (wanted.state, wanted.signal, wanted.maybe, wanted.provider_id), number
            assert (row.tries, row.untried) == (wanted.claims, wanted.untried)
            assert row.due_at == wanted.due
            assert forward(self.seen.get(number, ("waiting", "")), (row.state, row.signal)), number
            self.seen[number] = row.state, row.signal
            self._is_true(row, wanted)

    def _look_well(self) -> None:
        self._look()
        self._facts_are_told()
        self._doubts_are_listed()

    def _is_true(self, row: Seen, wanted: Row) -> None:
        got = self.gateway.got(row.pk)
        assert got <= 1, "one message, once"
        if Signal(row.signal or "failed").rung:
            assert got == 1, "what never was taken is not called taken"
            assert row.sent_at is not None
        if row.signal == "failed" and got:
            assert row.pk in self.gateway.called_failed, "it arrived and is called failed"
        if row.signal in ("failed", "uncertain"):
            assert row.evidence
        if row.signal == "uncertain":
            assert wanted.doubted

    def _doubts_are_listed(self) -> None:
        doubts = {doubt.delivery_id: doubt for doubt in Doubt.objects.filter(delivery__account=self.account)}
        for number, wanted in self.oracle.rows.items():
            doubt = doubts.get(number)
            if wanted.signal == "uncertain":
                assert doubt is not None
                assert (doubt.kind, doubt.resolved) == ("lost", "")
            elif doubt is not None and doubt.kind == "lost":
                assert doubt.resolved == "evidence"
            elif doubt is not None:
                assert self.after_crash is AfterCrash.ASK, "it cannot stand there twice"
                assert wanted.claims > 1

    def _facts_are_told(self) -> None:
        facts = Fact.objects.filter(type="DeliverySettled", pk__gt=self.since)
        assert Counter((f.data["delivery_id"], f.data["signal"]) for f in facts) == self.oracle.facts
        told = Pending.objects.filter(reactor="somebody.listens", fact__pk__gt=self.since).select_related("fact")
        assert Counter((p.fact.data["delivery_id"], p.fact.data["signal"]) for p in told) == self.oracle.told

    def _standing(self, state: str) -> list[int]:
        return [number for number, row in self.oracle.rows.items() if row.state == state]

    def _owner(self) -> Process:
        assert self.owner is not None
        return self.owner

    def _processes(self) -> list[Process]:
        return ([self.owner] if self.owner else []) + self.others

    def _with_hands(self) -> list[Process]:
        return [process for process in self._processes() if process.hands]

    def _with_results(self) -> list[Process]:
        return [process for process in self._processes() if process.results]

    @staticmethod
    def _one(items: Sequence[T], place: int) -> T:
        return items[place % len(items)]


def _each_once(results: Sequence[tuple[Outcome, int]]) -> Iterator[list[tuple[Outcome, int]]]:
    """Batches in which no delivery stands twice."""
    batch: dict[int, tuple[Outcome, int]] = {}
    for outcome, token in results:
        if outcome.delivery_id in batch:
            yield list(batch.values())
            batch = {}
        batch[outcome.delivery_id] = outcome, token
    if batch:
        yield list(batch.values())
