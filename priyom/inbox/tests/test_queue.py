"""The queue in pieces: each row once, in order, whatever the ties; tabs, counts that look at few rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.clinic.models import Staff
from priyom.delivery.models import Account
from priyom.foundation.clock import clock, now
from priyom.inbox import queue
from priyom.inbox.desk_models import Draft, Mention, Note
from priyom.inbox.models import Conversation
from priyom.inbox.queue import Choice, Place
from tests import factories as make

ALL = Conversation.objects.all()
rows = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 3)), max_size=25
)  # waits, urgent, minutes of the wait, minutes since the last word: few values, so that there are ties


def place_rows(account: Account, wanted: list[tuple[bool, bool, int, int]]) -> list[Conversation]:
    Conversation.objects.all().delete()
    made = [
        Conversation(
            account=account, address=str(n), last_at=now() - timedelta(minutes=last), needs_answer=waits,
            waiting_since=now() - timedelta(minutes=wait) if waits else None, urgent=waits and urgent,
        )
        for n, (waits, urgent, wait, last) in enumerate(wanted)
    ]  # fmt: skip
    return Conversation.objects.bulk_create(made)


def in_order(made: list[Conversation]) -> list[int]:
    waiting = sorted((c for c in made if c.waiting_since), key=lambda c: (not c.urgent, c.waiting_since, c.pk))
    rest = sorted((c for c in made if not c.waiting_since), key=lambda c: (c.last_at, c.pk), reverse=True)
    return [c.pk for c in [*waiting, *rest]]


@pytest.fixture
def account(db: None) -> Account:
    clock.freeze(make.MONDAY)
    return make.make_account("telegram")


@pytest.fixture
def staff(db: None) -> Staff:
    return make.make_staff()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=rows, size=st.integers(1, 7))
def test_pieces_give_every_row_once_in_order(
    account: Account, monkeypatch: pytest.MonkeyPatch, wanted: list[tuple[bool, bool, int, int]], size: int
) -> None:
    made = place_rows(account, wanted)
    with monkeypatch.context() as patch:
        patch.setattr(queue, "PIECE", size)
        seen: list[int] = []
        spans: list[tuple[Place | None, Place | None, list[int]]] = []
        after: Place | None = None
        while True:
            piece = queue.piece(ALL, after, None)
            seen += [row.pk for row in piece.rows]
            spans.append((after, piece.cut, [row.pk for row in piece.rows]))
            if piece.cut is None:
                break
            assert len(piece.rows) == size
            after = Place.read(str(piece.cut))
        assert seen == in_order(made)
        # Asked for again by its two places, each piece is the same.
        for start, end, ids in spans:
            if end is not None:
                assert [row.pk for row in queue.piece(ALL, start, end).rows] == ids


def test_a_piece_that_has_grown_is_cut(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    made = place_rows(account, [(n % 2 == 0, False, n, n) for n in range(10)])
    order = in_order(made)
    last = Place.of(Conversation.objects.get(pk=order[8]))
    monkeypatch.setattr(queue, "MOST", 3)
    first = queue.piece(ALL, None, last)
    assert [row.pk for row in first.rows] == order[:3]
    assert first.cut == Place.of(first.rows[-1])
    monkeypatch.setattr(queue, "MOST", 50)
    whole = queue.piece(ALL, first.cut, last)
    assert [row.pk for row in whole.rows] == order[3:9]
    assert whole.cut is None


@pytest.mark.parametrize(
    "text", ["", "w", "x-1-2-3", "w-5-6", "l-1-5-6", "l-5", "w-1-5-6'", "l-999999999999999999-1", f"l-1-{'9' * 19}"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Place.read(text)


def test_tabs_and_their_counts(account: Account, staff: Staff) -> None:
    ours, theirs, done = place_rows(account, [(True, False, 1, 1), (False, False, 0, 2), (False, False, 0, 3)])
    Conversation.objects.filter(pk=theirs.pk).update(awaits_patient=True, assigned_to=staff, channel="sms")
    patient = make.make_patient()
    Conversation.objects.filter(pk=done.pk).update(patient=patient, account=None, assigned_to=staff)
    note = Note.objects.create(conversation=done, at=now(), text="@Ольга")
    Mention.objects.create(note=note, staff=staff)
    found = {tab: {row.pk for row in queue.chosen(ALL, staff, Choice(tab))} for tab in queue.TABS}
    assert found == {
        "all": {ours.pk, theirs.pk, done.pk}, "waiting": {ours.pk}, "mine": {theirs.pk}, "nobody": {ours.pk},
        "patient": {theirs.pk}, "done": {done.pk}, "unknown": {ours.pk, theirs.pk}, "named": {done.pk},
    }  # fmt: skip
    assert queue.counts(ALL, staff, Choice()) == {tab: str(len(ids)) for tab, ids in found.items()}
    assert queue.counts(ALL, staff, Choice(channel="sms"))["all"] == "1"
    assert [row.pk for row in queue.chosen(ALL, staff, Choice("all", channel="sms"))] == [theirs.pk]
    assert queue.named(staff, [ours, done]) == {done.pk}
    Draft.objects.create(conversation=ours, staff=staff, text="Да", changed_at=now())
    assert queue.drafts(staff, [ours, done]) == {ours.pk: "Да"}
    assert queue.drafts(make.make_staff(), [ours, done]) == {}


def test_counts_are_capped(account: Account, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    made = place_rows(account, [(False, False, 0, n) for n in range(12)])
    narrow = Conversation.objects.filter(pk__in=[row.pk for row in made[8:]])
    assert queue.counts(narrow, staff, Choice())["all"] == "4"
    monkeypatch.setattr(queue, "LOOKED", 10)
    assert queue.counts(narrow, staff, Choice())["all"] == "2+"
    monkeypatch.setattr(queue, "COUNTED", 11)
    assert queue.counts(ALL, staff, Choice())["all"] == "11+"
    monkeypatch.setattr(queue, "COUNTED", 1)
    assert queue.counts(narrow, staff, Choice())["all"] == "1+"


@pytest.mark.parametrize(
    ("tab", "index"),
    [
        ("all", "conversation_newest"), ("waiting", "conversation_waiting"), ("patient", "conversation_theirs"),
        ("done", "conversation_done"), ("mine", "conversation_mine"),
    ],
)  # fmt: skip
def test_each_tab_is_read_by_its_index(account: Account, staff: Staff, tab: str, index: str) -> None:
    chosen = queue.chosen(ALL, staff, Choice(tab))
    waits = tab == "waiting"
    order = ("-urgent", "waiting_since", "pk") if waits else ("-last_at", "-pk")
    made = place_rows(account, [(n % 400 == 0, False, n, n) for n in range(4000)])
    few = [row.pk for row in made[1::50]]
    theirs = Conversation.objects.filter(needs_answer=False)
    theirs = theirs.exclude(pk__in=few) if tab == "done" else theirs.filter(pk__in=few)
    theirs.update(awaits_patient=True, assigned_to=staff)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inbox_conversation")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert index in chosen.filter(needs_answer=waits).order_by(*order)[:41].explain()
