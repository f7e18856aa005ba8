"""A thread is cut by places: each entry is shown once and in order, however one walks through it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.clinic.models import Staff
from priyom.delivery.models import Delivery
from priyom.foundation.clock import now
from priyom.inbox import notes, span
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.desk_models import Note
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.tests.conftest import Accounts
from priyom.inbox.thread import Key, ours
from tests.factories import CHAT, MONDAY, make_patient, make_staff

MINUTE = timedelta(minutes=1)


@pytest.fixture
def chat(accounts: Accounts) -> Conversation:
    return conversation_of(make_patient(telegram=CHAT))


@pytest.fixture
def olga(accounts: Accounts) -> Staff:
    return make_staff()


def fill(chat: Conversation, accounts: Accounts, olga: Staff, kinds: str, minutes: list[int]) -> list[str]:
    """Entries of these kinds (`i` said, `d` written, `n` noted) at these minutes; their ids, as they shall stand."""
    account = accounts["telegram"]
    placed = []
    for kind, minute in zip(kinds, minutes, strict=True):
        at = MONDAY - 10_000 * MINUTE + minute * MINUTE
        if kind == "i":
            row = Incoming.objects.create(conversation=chat, account=account, address=CHAT, at=at, text="?")
            placed.append((at, 0, row.pk, f"i{row.pk}"))
        elif kind == "n":
            noted = Note.objects.create(conversation=chat, author=olga, at=at, text="!")
            placed.append((at, 1, noted.pk, f"n{noted.pk}"))
        else:
            sent = Delivery.objects.create(
                account=account, address=CHAT, patient=chat.patient, body={"text": "!"}, origin="staff",
                origin_id=olga.pk, created_at=at - timedelta(hours=minute % 3), sent_at=at, due_at=at, state="settled",
            )  # fmt: skip
            placed.append((at, 2, sent.pk, f"d{sent.pk}"))
    return [name for _at, _rank, _number, name in sorted(placed)]


def long(chat: Conversation, accounts: Accounts, olga: Staff, many: int) -> list[str]:
    return fill(chat, accounts, olga, ("idn" * many)[:many], list(range(many)))


def ids(shown: span.Span) -> list[str]:
    return [entry.id for entry in shown.entries]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(st.tuples(st.sampled_from("ind"), st.integers(0, 4)), min_size=1, max_size=10),
    piece=st.integers(1, 4),
)
def test_every_entry_is_shown_once_and_in_order(
    chat: Conversation, accounts: Accounts, olga: Staff, drawn: list[tuple[str, int]], piece: int
) -> None:
    for rows in (Incoming.objects, Note.objects, Delivery.objects):
        rows.all().delete()
    whole = fill(chat, accounts, olga, "".join(kind for kind, _ in drawn), [minute for _, minute in drawn])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(span, "PIECE", piece)
        shown = span.newest(chat)
        while shown.older:
            assert ids(shown) == whole[-len(shown.entries) :]
            shown = span.loaded(chat, shown.first, None, older=True)
        assert ids(shown) == whole
        patch.setattr(span, "REACH", piece)
        for entry in whole:
            shown = span.around(chat, entry)
            assert entry in ids(shown)
            start = whole.index(ids(shown)[0])
            while shown.newer:
                assert ids(shown) == whole[start : start + len(shown.entries)]
                shown = span.loaded(chat, shown.first if shown.older else None, shown.last, newer=True)
            assert ids(shown) == whole[start:]
            assert shown.older is (start > 0)


def test_what_an_open_page_shows_stays_when_something_comes(
    chat: Conversation, accounts: Accounts, olga: Staff
) -> None:
    whole = long(chat, accounts, olga, 130)
    shown = span.loaded(chat, span.newest(chat).first, None, older=True)
    assert ids(shown) == whole[-100:]
    late = Delivery.objects.get(pk=int(next(entry for entry in whole[-100:] if entry[0] == "d")[1:]))
    Delivery.objects.filter(pk=late.pk).update(sent_at=now())  # what began the stretch has moved to its end
    again = span.loaded(chat, shown.first, None)
    assert set(ids(again)) == set(whole[-100:])
    assert again.older


def test_a_place_survives_as_text() -> None:
    key = Key(MONDAY + timedelta(microseconds=7), 2, 41)
    assert Key.read(str(key)) == key
    for wrong in ("", "1", "1.3.4", "1.2.-4", "x.1.2", "1.2.3 ", "9" * 30 + ".1.1"):
        assert Key.read(wrong) is None


def test_it_opens_at_what_nobody_has_read(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    whole = long(chat, accounts, olga, 60)
    first = None
    for number in range(70):
        row = Incoming.objects.create(
            conversation=chat, account=accounts["telegram"], address=CHAT, at=now() + number * MINUTE, text="Алло?"
        )
        first = first or f"i{row.pk}"
        touch(chat, "Алло?", row.at, needs_answer=True, channel="telegram")
        whole.append(f"i{row.pk}")
        thanks = Incoming.objects.create(
            conversation=chat, account=accounts["telegram"], address=CHAT, at=row.at, text="спасибо"
        )
        touch(chat, "спасибо", row.at, needs_answer=False, channel="telegram")
        whole.append(f"i{thanks.pk}")
    chat.refresh_from_db()
    unread = span.first_unread(chat)
    assert unread is not None
    assert f"i{unread.number}" == first
    shown = span.newest(chat, unread)
    assert ids(shown) == whole[60 - span.LED_BY :]
    assert shown.older
    Conversation.objects.update(unread=0)
    chat.refresh_from_db()
    assert span.first_unread(chat) is None


def test_an_entry_of_another_thread_is_not_shown(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    long(chat, accounts, olga, 3)
    other = conversation_of(make_patient(given="Борис"))
    for entry in ids(span.newest(chat)):
        assert span.key_of(chat, entry) is not None
        assert span.key_of(other, entry) is None
        assert ids(span.around(other, entry)) == []
    assert span.key_of(chat, "x1") is None


@pytest.mark.parametrize("many", [60, 700])
def test_a_long_thread_asks_no_more_of_the_database(
    chat: Conversation, accounts: Accounts, olga: Staff, many: int
) -> None:
    whole = long(chat, accounts, olga, many)
    notes.write(make_staff(), chat, "@Ольга Ли", {olga.pk: "Ольга Ли"})
    with CaptureQueriesContext(connection) as asked:
        shown = span.newest(chat)
    assert len(asked) == 6  # said, written, their authors, what went elsewhere, notes, whom they name
    with CaptureQueriesContext(connection) as asked:
        span.loaded(chat, shown.first, None, older=True)
    assert len(asked) == 12
    with CaptureQueriesContext(connection) as asked:
        span.around(chat, whole[0])
    assert len(asked) == 10


def test_no_thread_is_looked_for_in_all_of_them(chat: Conversation, accounts: Accounts, olga: Staff) -> None:
    long(chat, accounts, olga, 9)
    key = span.newest(chat).first
    with CaptureQueriesContext(connection) as asked:
        span.newest(chat)
        span.loaded(chat, key, key, older=True, newer=True)
        span.sent_again(chat, [])
        ours(chat).filter(body__again=1).exists()
        span.first_unread(chat)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("ANALYZE delivery_delivery, inbox_incoming, inbox_note")  # not as empty as they once were
        for question in asked:
            if "delivery_delivery" not in question["sql"] and "inbox_" not in question["sql"]:
                continue
            cursor.execute("EXPLAIN " + question["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            for table in ("delivery_delivery", "inbox_incoming", "inbox_note"):
                assert f"Seq Scan on {table}" not in plan, plan
            if 'FROM "delivery_delivery"' in question["sql"]:
                assert "delivery_patient" in plan, plan
