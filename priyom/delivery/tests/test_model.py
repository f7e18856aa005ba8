"""Deliveries under everything that may befall them, in any order: processes that die, fall asleep and wake too late,
answers lost on both sides, a clock that jumps. The real statements and verbs, held against `oracle`.

`PRIYOM_LONG=1` runs many more lives, other ones each time; a life that fails is printed, with what repeats it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from journeys import counting
from priyom.consent.change import give, withdraw
from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Channel, Sender
from priyom.contracts.errors import Unavailable, Uncertain
from priyom.contracts.message import Signal
from priyom.delivery import accounts
from priyom.delivery.ask_back import ask_back, doubtful
from priyom.delivery.attempt import attempt
from priyom.delivery.claim import claim, expired
from priyom.delivery.consequence import MOST_UNKNOWN, TAKEN_OVER, Again, Outcome, Settled
from priyom.delivery.crew import Line, stale, too_late
from priyom.delivery.enqueue import Order, cancel, enqueue
from priyom.delivery.settle import NotYetKnown, advance, lose, put_back, report, settle
from priyom.delivery.tend import MOST_ASKS
from priyom.delivery.tend import sql as tend_sql
from priyom.delivery.tests.oracle import FATES, FINDS, KNOWN, LATER, Row
from priyom.delivery.tests.world import HERE, Held, Process, World, _each_once, done, left_behind
from priyom.foundation.clock import clock, now
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements
from priyom.journal.models import Fact
from priyom.journal.record import _Book
from priyom.patients import reach
from priyom.patients.models import ContactPoint, Patient
from tests.factories import MONDAY, make_visit

LONG = bool(os.environ.get("PRIYOM_LONG"))
LIVES = settings(
    max_examples=2000 if LONG else 25,
    stateful_step_count=80 if LONG else 40,
    derandomize=not LONG,
    print_blob=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
RECHECK = Statements(Path(__file__).parents[2] / "notifications" / "sql")
PLACES = st.integers(0, 7)
"""Which one of several: counted round."""


class Life(World):
    """The account's life: everything that may befall it."""

    @initialize()
    def begin(self) -> None:
        """An account, a patient, a visit three days ahead."""
        values = {"base_url": "http://127.0.0.1:1", "token": "тайна"}
        self.account = accounts.create("counted_ask", "Проба", f"m{id(self)}", values)
        card = replace(counting.card("counted_ask", self.after_crash), asks_status=True)
        self.channel = Channel(card, cast(Sender, self.gateway), cast(Any, SimpleNamespace()))
        self.wire = accounts.wire(self.account)
        self.patient = Patient.objects.create(
            external_id=f"m{id(self)}", family="Иванов", given="Иван", created_at=now(), changed_at=now()
        )
        self.point = ContactPoint.objects.create(
            patient=self.patient, kind="phone", address="+77010000000", created_at=now()
        )
        self.visit = make_visit(self.patient, MONDAY + timedelta(days=3))
        self.since = Fact.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self.take_over(-1)
        for goal, lasts, staff in (("delivered", 300, False), ("answered", 5000, False), ("accepted", None, True)):
            self.order(goal, lasts, 0, staff)

    def teardown(self) -> None:
        """All is well from now on: every delivery comes to an end. Then everything is undone."""
        try:
            if hasattr(self, "account"):
                self._end()
        finally:
            self.forget()

    @precondition(lambda self: len(self._standing("waiting") + self._standing("sending")) < 4)
    @rule(
        goal=st.sampled_from(["accepted", "delivered", "answered"]),
        lasts=st.sampled_from([None, 20, 300, 5000]),
        later=st.sampled_from([0, 0, 60]),
        staff=st.booleans(),
    )
    def order(self, goal: str, lasts: int | None, later: int, staff: bool) -> None:
        """A reminder of the visit as it now is, or somebody's answer."""
        due = now() + timedelta(seconds=later)
        expires = None if lasts is None else now() + timedelta(seconds=lasts)
        number = enqueue(
            Order(
                account_id=self.account.pk, address=self.point.address, body={"text": "Ждем Вас", "rows": []},
                origin="staff" if staff else "notification", origin_id=None if staff else self._notification(goal),
                contact_point_id=self.point.pk, patient_id=self.patient.pk, visit_id=self.visit.pk, goal=goal,
                due_at=due, expires_at=expires,
            )
        )  # fmt: skip
        self.oracle.rows[number] = Row(2 if staff else 3, due, expires, goal)
        if not staff:
            self.moments[number] = self.visit.version
        self._look()

    def _notification(self, goal: str) -> int:
        made = apps.get_model("notifications", "Notification").objects.create(
            patient=self.patient, visit=self.visit, visit_version=self.visit.version, kind="reminder", goal=goal,
            dedupe_key=f"m{id(self)}-{len(self.oracle.rows)}", state="running", created_at=now(), not_before=now(),
            expires_at=now() + timedelta(days=9), act_at=now() + timedelta(days=9),
        )  # fmt: skip
        return made.pk

    @precondition(lambda self: self._standing("waiting"))
    @rule(place=PLACES)
    def cancel(self, place: int) -> None:
        """Whoever ordered it wants it no more."""
        number = self._one(self._standing("waiting"), place)
        assert cancel([number], "больше не нужно") == ({number} if self.oracle.cancel(number) else set())
        self._look_well()

    @rule(what=st.sampled_from(["moved", "withdrawn", "given", "found", "lost", "given", "found"]))
    def change(self, what: str) -> None:
        """The visit moves, the patient forbids or allows, the address is blocked or opened."""
        if what == "moved":
            self.visit.version += 1
            self.visit.save(update_fields=["version"])
        elif what in ("withdrawn", "given"):
            (withdraw if what == "withdrawn" else give)(self.patient, "service", "", "проба", "")
            self.withdrawn = what == "withdrawn"
        elif what == "lost":
            reach.lost(self.point, "counted_ask", "blocked", "закрыл", now())
            self.lost = True
        else:
            reach.opened(self.point, "counted_ask", now())
            self.lost = False
        self._look()

    @rule(seconds=st.sampled_from([1, 5, 70, 400, -30, -400]))
    def pass_time(self, seconds: int) -> None:
        """The clock goes, or is put right."""
        clock.freeze(now() + timedelta(seconds=seconds))
        self._look()

    # -- what processes do --

    @precondition(lambda self: self.owner is not None)
    @rule(most=st.integers(1, 4), looks=st.sampled_from([True, True, False]))
    def claim(self, most: int, looks: bool) -> None:
        """The owner takes what is due, and mostly gets as far as looking at it again."""
        owner = self._owner()
        wanted = self.oracle.claimable(now(), most)
        claimed = done(claim(HERE, self.account.pk, most, asks=True))
        assert {item.id for item in claimed} == set(wanted)
        for item in claimed:
            item = replace(item, body=json.loads(cast(str, item.body)))
            owner.hands.append(Held(item, self.oracle.claim(item.id)))
        if looks and claimed:
            self._look_again(owner)
        self._look()

    @precondition(lambda self: any(not held.checked for process in self._processes() for held in process.hands))
    @rule(place=PLACES)
    def look_again(self, place: int) -> None:
        """What is stale goes no further."""
        self._look_again(self._one(self._with_hands(), place))

    def _look_again(self, process: Process) -> None:
        ids = [held.claimed.id for held in process.hands if not held.checked]
        with connection.cursor() as cursor:
            cursor.execute(RECHECK["recheck"], {"ids": ids, "families": "{}"})
            wrong = dict(cursor.fetchall())
        assert set(wrong) == {number for number in ids if self._is_stale(number)}
        for held in list(process.hands):
            held.checked = True
            if held.claimed.id in wrong:
                process.hands.remove(held)
                process.results.append((stale(held.claimed, wrong[held.claimed.id]), held.token))

    def _is_stale(self, number: int) -> bool:
        if number not in self.moments:
            return False
        return self.moments[number] != self.visit.version or self.withdrawn or self.lost

    @precondition(lambda self: self.owner is not None and any(held.checked for held in self.owner.hands))
    @rule(place=PLACES, fate=st.sampled_from(FATES), finds=st.sampled_from(FINDS))
    def send(self, place: int, fate: str, finds: str) -> None:
        """The owner tries one; the gateway does as it is told. Nothing is written down yet."""
        owner = self._owner()
        held = self._one([held for held in owner.hands if held.checked], place)
        owner.hands.remove(held)
        item = held.claimed
        if item.expires_at is not None and item.expires_at <= now():
            owner.results.append((too_late(item), held.token))
            return
        had, asked = self.gateway.got(item.id), self.gateway.sends
        self.gateway.fate, self.gateway.finds = fate, finds
        outcome = done(attempt(cast(Http, None), self.channel, self.wire, item))
        if self.gateway.sends == asked:  # it was only asked after
            fate = "taken" if finds == "ok" else finds
        if self.after_crash is AfterCrash.SAME_KEY and had:
            fate = "taken" if fate in ("refused", "gone", "blocked") else fate
        self._follows(outcome, fate)
        owner.results.append((outcome, held.token))

    def _follows(self, outcome: Outcome, fate: str) -> None:
        if fate == "taken":
            assert isinstance(outcome, Settled)
            assert (outcome.signal, outcome.provider_id) == ("accepted", self.gateway.ids[outcome.delivery_id][-1])
        elif fate in ("refused", "gone", "blocked"):
            assert isinstance(outcome, Settled)
            assert outcome.signal == "failed"
            assert outcome.lost == {"refused": "", "gone": "gone", "blocked": "blocked"}[fate]
        elif fate in KNOWN:
            assert isinstance(outcome, Again)
            assert not outcome.maybe_sent
        else:
            self._is_doubt(outcome)

    def _is_doubt(self, outcome: Outcome) -> None:
        self.oracle.rows[outcome.delivery_id].doubted = True
        if isinstance(outcome, Again):
            assert self.after_crash is not AfterCrash.UNKNOWN
            assert outcome.maybe_sent
        else:
            assert outcome.signal == "uncertain"
            assert self.after_crash is AfterCrash.UNKNOWN or outcome.of_try >= MOST_UNKNOWN

    @precondition(lambda self: self._with_hands())
    @rule(place=PLACES)
    def release(self, place: int) -> None:
        """Everything that has not left is given back: the process ends well, its account is down, or it has woken and
        finds that it owns nothing any more."""
        self._release(self._one(self._with_hands(), place))

    def _release(self, process: Process) -> None:
        for held in process.hands:
            late = held.claimed.expires_at is not None and held.claimed.expires_at <= now()
            outcome = too_late(held.claimed) if late else Again(held.claimed.id, held.claimed.of_try, 0.0, tried=False)
            process.results.append((outcome, held.token))
        process.hands.clear()

    @precondition(lambda self: self._with_results())
    @rule(place=PLACES, most=st.integers(1, 5))
    def write(self, place: int, most: int) -> None:
        """A batch of results is written down: also by one who was asleep all the while."""
        process = self._one(self._with_results(), place)
        process.written = process.results[:most]
        del process.results[:most]
        self._write(process.written)

    @precondition(lambda self: any(process.written for process in self._processes()))
    @rule(place=PLACES)
    def write_again(self, place: int) -> None:
        """The database's own answer was lost, so the batch is written once more, much later perhaps."""
        self._write(self._one([process for process in self._processes() if process.written], place).written)

    def _write(self, results: Sequence[tuple[Outcome, int]]) -> None:
        for batch in _each_once(results):
            ends = [(end, token) for end, token in batch if isinstance(end, Settled)]
            backs = [(back, token) for back, token in batch if isinstance(back, Again)]
            lost = [end for end, _ in ends if end.lost]
            if lost:
                lose(lost)
                self.lost = True
            done(settle(HERE, [end for end, _ in ends]))
            done(put_back(HERE, [back for back, _ in backs]))
            for end, token in sorted(ends, key=lambda pair: pair[0].delivery_id):
                self.oracle.settle(end.delivery_id, token, end.signal, end.code, end.state, end.provider_id)
            for back, token in backs:
                due = now() + timedelta(seconds=back.after)
                self.oracle.put_back(back.delivery_id, token, due, back.maybe_sent, back.tried)
        self._look_well()

    @precondition(lambda self: self.owner is not None)
    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4), writes=st.booleans())
    def go_round(self, fates: list[str], writes: bool) -> None:
        """What the owner does all day: it claims, sends, and mostly gets as far as writing it down."""
        owner = self._owner()
        self.claim(len(fates), True)
        for fate in fates:
            if any(held.checked for held in owner.hands):
                self.send(0, fate, "ok")
        if writes and owner.results:
            self.write(0, 5)

    @precondition(lambda self: self.owner is not None)
    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4), late=st.booleans())
    def be_passed_over(self, fates: list[str], late: bool) -> None:
        """The owner is cut off with answers in hand; another takes its messages up and has them in hand too. `late`:
        now the first one writes down what it knows."""
        first = self._owner()
        self.go_round(fates, False)
        self.lose_the_lock(True)
        self.take_over(-1)
        if self._owner().results:
            self.write(0, 5)
        self.pass_time(5)
        self.claim(4, True)
        if late and first.results:
            self.write(self._with_results().index(first), 5)

    @precondition(lambda self: self.owner is not None)
    @rule(wakes=st.booleans())
    def lose_the_lock(self, wakes: bool) -> None:
        """The owner dies with all it knows; or it is cut off, and will come back with it."""
        if wakes:
            self._owner().awake = False
            self.others.append(self._owner())
        self.owner = None

    @precondition(lambda self: self.owner is None)
    @rule(place=st.integers(-3, 7))
    def take_over(self, place: int) -> None:
        """A new process pumps the account, or one of old that has woken: first it takes up what was left behind."""
        process = Process()
        if self.others and place >= 0:
            process = self._one(self.others, place)
            self.others.remove(process)
            self._release(process)
            self._write(process.results)
            process.results, process.written, process.awake = [], [], True
        self.owner = process
        left = {number for number, row in self.oracle.rows.items() if row.state == "sending"}
        outcomes = done(left_behind(HERE, self.account.pk, self.after_crash, process.ours()))
        assert {outcome.delivery_id for outcome in outcomes} == left
        for outcome in outcomes:
            self._is_doubt(outcome)
            process.results.append((outcome, self.oracle.rows[outcome.delivery_id].token))

    @precondition(lambda self: self._processes() and self._late())
    @rule(place=PLACES)
    def expire(self, place: int) -> None:
        """Somebody sees what waits past its time."""
        late = self._late()
        ends = done(expired(HERE))
        assert {end.delivery_id: end.signal for end in ends} == {
            number: "uncertain" if row.maybe else "failed" for number, row in late.items()
        }
        process = self._one(self._processes(), place)
        process.results += [(end, late[end.delivery_id].token) for end in ends]

    def _late(self) -> dict[int, Row]:
        at = now()
        rows = self.oracle.rows.items()
        return {n: row for n, row in rows if row.state == "waiting" and row.expires is not None and row.expires <= at}

    # -- what the vendor and the patient say --

    @precondition(lambda self: self.gateway.ids)
    @rule(place=PLACES, word=st.sampled_from(["accepted", "sent", "delivered", "read", "failed"]), key=st.booleans())
    def report(self, place: int, word: str, key: bool) -> None:
        """In any order, any number of times."""
        number = self._one(sorted(self.gateway.ids), place)
        self._reported(number, word, key)
        self._look_well()

    def _reported(self, number: int, word: str, key: bool) -> None:
        provider_id = self.gateway.ids[number][0]
        if word == "failed":
            self.gateway.called_failed.add(number)
        row = self.oracle.rows[number]
        named = row.provider_id == provider_id or (key and not row.provider_id and row.signal == "uncertain")
        if not named:
            with pytest.raises(NotYetKnown):
                report(self.account.pk, provider_id, word, "отчет", key=f"d{number}" if key else "")
            return
        news = report(self.account.pk, provider_id, word, "отчет", key=f"d{number}" if key else "")
        row.provider_id = provider_id
        assert news == self.oracle.settle(number, LATER, word)

    @precondition(lambda self: self.gateway.ids)
    @rule(place=PLACES)
    def answer(self, place: int) -> None:
        """The patient presses a button of it."""
        number = self._one(sorted(self.gateway.ids), place)
        assert advance(number, Signal.ANSWERED, "ответ") == self.oracle.settle(number, LATER, "answered")
        self._look_well()

    @precondition(lambda self: self.gateway.ids)
    @rule(word=st.sampled_from(["sent", "delivered", "failed"]))
    def ask(self, word: str) -> None:
        """The vendor is asked after those whose reports are missing."""
        values = {"account": self.account.pk, "usual": 60.0, "now": now()}
        rows = done(HERE.rows(tend_sql["to_ask"], values))
        for number, provider_id, *_ in rows:
            assert self.oracle.rows[number].signal in ("accepted", "sent")
            assert provider_id in self.gateway.ids[number]
            self._reported(number, word, False)
        done(HERE.rows(tend_sql["asked"], {"ids": [row[0] for row in rows], "most": MOST_ASKS}))
        self._look_well()

    @precondition(lambda self: self.after_crash is AfterCrash.ASK)
    @rule(finds=st.sampled_from(FINDS))
    def ask_back(self, finds: str) -> None:
        """The vendor is asked after what may have left and nobody sends any more."""
        self.gateway.finds = finds
        clock.freeze(now() + timedelta(seconds=TAKEN_OVER))
        line = Line(self.account.pk, self.channel, self.wire, None, None, "ok")
        for found, never in done(doubtful(HERE, self.account.pk)):
            item = replace(found, body=json.loads(cast(str, found.body)))
            row = self.oracle.rows[item.id]
            assert (row.signal, row.state in ("settled", "cancelled")) == ("uncertain", True)
            try:
                end = done(ask_back(cast(Http, None), line, item, never))
            except (Unavailable, Uncertain):
                assert finds != "ok"
                continue
            assert end is not None
            assert end.signal == ("accepted" if self.gateway.got(item.id) else "failed")
            done(settle(HERE, [end]))
            assert self.oracle.settle(item.id, row.token, end.signal, end.code, end.state, end.provider_id)
        self._look_well()

    # -- what must hold --
    def _end(self) -> None:
        """Everybody dies, one comes who has luck, and time goes on."""
        self.owner, self.others = None, []
        clock.freeze(max(now(), MONDAY))
        self.take_over(-1)
        owner = self._owner()
        for _ in range(40):
            self.expire(0)
            self.claim(100, True)
            while owner.hands:
                self.send(0, "taken", "ok")
            while owner.results:
                self.write(0, 100)
            if all(row.state in ("settled", "cancelled") for row in self.oracle.rows.values()):
                break
            self.pass_time(70)
        for number, row in self.oracle.rows.items():
            assert row.state in ("settled", "cancelled"), f"{number} waits for ever"
            assert row.signal or row.state == "cancelled"


@pytest.fixture
def _heard(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_Book.reactions, "DeliverySettled", {"somebody.listens": lambda fact, seen: None})


@pytest.mark.usefixtures("_heard")
@pytest.mark.parametrize("kind", list(AfterCrash), ids=str)
def test_every_life_is_as_the_oracle_says(kind: AfterCrash) -> None:
    run_state_machine_as_test(_life(kind), settings=LIVES)


@pytest.mark.usefixtures("_heard")
def test_what_was_given_back_is_not_taken_out_of_the_next_hands() -> None:
    """The answer to the giving back was lost, and before it was written again the delivery was claimed anew."""
    life = _life(AfterCrash.UNKNOWN)()
    try:
        life.begin()
        life.claim(4, True)
        life.release(0)
        life.write(0, 5)
        life.claim(4, True)
        life.write_again(0)
    finally:
        life.forget()


@pytest.mark.usefixtures("_heard")
@pytest.mark.parametrize("written", [False, True], ids=["in hand", "taken"])
def test_an_end_seen_before_the_clock_was_put_back_does_not_end_what_leaves_now(written: bool) -> None:
    """Nobody had claimed it when its time was seen to be over; when that is written down, it is on its way."""
    life = _life(AfterCrash.ASK)()
    try:
        life.begin()
        life.pass_time(400)
        life.expire(0)
        first = life._owner()
        life.pass_time(-400)
        life.lose_the_lock(True)
        life.take_over(-1)
        life.go_round(["taken", "taken", "taken"], written)
        life.write(life._with_results().index(first), 5)
    finally:
        life.forget()


def _life(kind: AfterCrash) -> type[Life]:
    return cast(type[Life], type(f"Life_{kind}", (Life,), {"after_crash": kind}))
