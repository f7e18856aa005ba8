"""Signals only move forward, whatever order the words about a message come in; facts are told once."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.contracts.message import Receipt, Signal
from priyom.delivery.consequence import Again, Settled, storable, taken
from priyom.delivery.database import Database
from priyom.delivery.enqueue import cancel
from priyom.delivery.models import Account, Delivery
from priyom.delivery.settle import NotYetKnown, advance, again_values, mark_edited, report, settled_values, sql
from priyom.delivery.tests.conftest import Make
from priyom.foundation.clock import now
from priyom.journal.models import Fact, Pending
from priyom.journal.record import _Book
from priyom.patients.models import ContactPoint, Reach


def settle(*items: Settled) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql["settle"], settled_values(items))


def claim(account: Account) -> list[int]:
    names: dict[str, Any] = {"account": account.pk, "now": now(), "most": 100, "asks": None}
    with connection.cursor() as cursor:
        cursor.execute(sql["claim"], names)
        return [row[0] for row in cursor.fetchall()]


def sent(account: Account, delivery_id: int) -> None:
    claim(account)
    settle(taken(delivery_id, 1, Receipt("g1")))


@pytest.fixture
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_Book.reactions, "DeliverySettled", {"somebody.listens": lambda fact, seen: None})


def test_a_taken_message_is_settled_with_its_fact_and_reach(account: Account, order: Make, point: ContactPoint) -> None:
    number = order()
    sent(account, number)
    row = Delivery.objects.get(pk=number)
    assert (row.state, row.signal, row.provider_id, row.tries) == ("settled", "accepted", "g1", 1)
    assert row.sent_at is not None
    fact = Fact.objects.get(type="DeliverySettled")
    assert (fact.data["delivery_id"], fact.data["signal"], fact.patient_id) == (number, "accepted", point.patient_id)
    reach = Reach.objects.get(contact_point=point, channel="counted_ask")
    assert reach.accepted_at is not None
    assert reach.delivered_at is None


def test_it_left_at_the_claim_so_that_a_quick_answer_stands_behind_it(account: Account, order: Make) -> None:
    number = order()
    claim(account)
    before_settling = now()
    settle(taken(number, 1, Receipt("g1")))
    row = Delivery.objects.get(pk=number)
    assert row.sent_at == row.claimed_at
    assert row.sent_at is not None
    assert row.sent_at <= before_settling


@pytest.mark.usefixtures("_heard")
def test_rooms_are_called_for_the_goal_and_for_ends_only(account: Account, order: Make) -> None:
    reached, failing = order(goal="delivered"), order(goal="delivered")
    claim(account)
    settle(taken(reached, 1, Receipt("g1")), Settled(failing, 1, Signal.FAILED, "нет"))
    assert [row.fact.data["delivery_id"] for row in Pending.objects.select_related("fact")] == [failing]
    assert report(account.pk, "g1", Signal.DELIVERED, "доставлено")
    assert Pending.objects.count() == 2


def test_settling_twice_changes_nothing(account: Account, order: Make) -> None:
    number = order()
    sent(account, number)
    settle(taken(number, 1, Receipt("g1")))
    settle(Settled(number, 1, Signal.UNCERTAIN, "поздно"))
    assert Delivery.objects.get(pk=number).signal == "accepted"
    assert Fact.objects.filter(type="DeliverySettled").count() == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(evidence=st.text(), code=st.text(max_size=80), provider_id=st.text("{}\",\\'nul", min_size=1, max_size=9))
def test_any_words_of_a_gateway_are_kept(
    account: Account, order: Make, evidence: str, code: str, provider_id: str
) -> None:
    number, plain = order(), order()
    claim(account)
    kept = storable(evidence, 300), storable(code, 60)
    settle(taken(plain, 1, Receipt("NULL")), Settled(number, 1, Signal.FAILED, *kept, provider_id, Decimal("1.5")))
    row = Delivery.objects.get(pk=number)
    assert (row.evidence, row.code, row.provider_id, row.cost) == (*kept, provider_id, Decimal("1.5"))
    row = Delivery.objects.get(pk=plain)
    assert (row.provider_id, row.cost, row.evidence) == ("NULL", None, "")


REPORTS = (Signal.SENT, Signal.DELIVERED, Signal.READ, Signal.FAILED)


@pytest.mark.parametrize("words", list(permutations(REPORTS)), ids="-".join)
def test_reports_in_any_order_end_at_the_highest(words: tuple[Signal, ...], account: Account, order: Make) -> None:
    number = order()
    sent(account, number)
    seen = []
    for word in words:
        report(account.pk, "g1", word, f"слово {word}")
        report(account.pk, "g1", word, "повтор")
        row = Delivery.objects.get(pk=number)
        seen.append(Signal(row.signal).rung)
        assert row.evidence != "повтор"
    assert Delivery.objects.get(pk=number).signal == "read"
    proven = [rung for rung in seen if rung >= 3]
    assert proven == sorted(proven), "proof is never taken back"


def test_failed_is_not_undone_by_an_earlier_word(account: Account, order: Make) -> None:
    number = order()
    sent(account, number)
    assert report(account.pk, "g1", Signal.FAILED, "нет", code="20")
    assert not report(account.pk, "g1", Signal.SENT, "передано")
    assert Delivery.objects.get(pk=number).signal == "failed"
    assert report(account.pk, "g1", Signal.DELIVERED, "доставлено")


def test_a_dead_number_is_remembered(account: Account, order: Make, point: ContactPoint) -> None:
    number = order()
    sent(account, number)
    report(account.pk, "g1", Signal.FAILED, "нет такого номера", gone=True)
    assert Reach.objects.get(contact_point=point).lost == "gone"


def test_a_report_ahead_of_its_send_comes_again(account: Account) -> None:
    with pytest.raises(NotYetKnown):
        report(account.pk, "g1", Signal.DELIVERED, "доставлено")
    with pytest.raises(NotYetKnown):
        report(account.pk, "", Signal.DELIVERED, "доставлено")


def test_a_result_of_an_older_claim_puts_nothing_back(account: Account, order: Make) -> None:
    number = order()
    claim(account)
    put_back(Again(number, 1, 0.0, maybe_sent=True))
    claim(account)
    put_back(Again(number, 1, 0.0))
    row = Delivery.objects.get(pk=number)
    assert (row.state, row.tries, row.maybe_sent) == ("sending", 2, True)
    put_back(Again(number, 2, 0.0, tried=False))
    row.refresh_from_db()
    assert (row.state, row.tries, row.untried) == ("waiting", 2, 1)


def put_back(item: Again) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql["again"], again_values([item]))


def test_a_late_answer_ends_an_unknown_one(account: Account, order: Make) -> None:
    waiting, uncertain = order(), order()
    claim(account)
    put_back(Again(waiting, 1, 60.0, maybe_sent=True))
    settle(Settled(uncertain, 1, Signal.UNCERTAIN, "молчит"))
    settle(taken(waiting, 1, Receipt("g1")), taken(uncertain, 1, Receipt("g2")))
    assert set(Delivery.objects.values_list("state", "signal")) == {("settled", "accepted")}


def test_who_answers_has_it_though_the_gateway_was_unavailable(account: Account, order: Make) -> None:
    number, taken_only = order(), order()
    claim(account)
    put_back(Again(number, 1, 60.0))
    put_back(Again(taken_only, 1, 60.0))
    assert advance(number, Signal.ANSWERED, "нажато")
    assert not advance(taken_only, Signal.SENT, "передано")
    assert [row.state for row in Delivery.objects.order_by("id")] == ["settled", "waiting"]


RECEIPT = Receipt("g1", cost=Decimal("2.5"), currency="RUB", segments=3)


def receipt(number: int) -> tuple[str, str, str, Decimal | None, str, int | None]:
    row = Delivery.objects.get(pk=number)
    return row.signal, row.evidence, row.provider_id, row.cost, row.currency, row.segments


def test_an_answer_that_overtakes_our_receipt_leaves_it_whole(account: Account, order: Make) -> None:
    number, reclaimed, other = order(), order(), order()
    claim(account)
    put_back(Again(reclaimed, 1, 0.0))
    claim(account)
    for each in (number, reclaimed):
        advance(each, Signal.ANSWERED, "нажато")
    settle(taken(number, 1, RECEIPT), taken(reclaimed, 1, RECEIPT), taken(other, 1, Receipt("g2")))
    assert receipt(number) == ("answered", "нажато", "g1", Decimal("2.5"), "RUB", 3)
    assert receipt(reclaimed) == ("answered", "нажато", "", None, "", None), "the receipt of another try"
    settle(taken(number, 1, Receipt("g3", cost=Decimal(9), currency="KZT", segments=9)))
    assert receipt(number) == ("answered", "нажато", "g1", Decimal("2.5"), "RUB", 3)
    assert Fact.objects.filter(type="DeliverySettled").count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_commits_while_the_receipt_waits_for_it_leaves_it_whole(account: Account, order: Make) -> None:
    number = order()
    claim(account)

    def late() -> None:
        settle(taken(number, 1, RECEIPT))
        connection.close()

    writing = threading.Thread(target=late)
    with transaction.atomic():
        advance(number, Signal.ANSWERED, "нажато")
        writing.start()
        while not waits_for_a_row():
            assert writing.is_alive()
    writing.join()
    assert receipt(number) == ("answered", "нажато", "g1", Decimal("2.5"), "RUB", 3)


def waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')")
        return bool(cursor.fetchone()[0])


def test_claiming_takes_presses_first_and_leaves_what_is_not_due(account: Account, order: Make) -> None:
    letter = order()
    edit, press = order(op="edit"), order(op="press")
    order(due_at=now() + timedelta(hours=1))
    order(expires_at=now() - timedelta(seconds=1))
    with connection.cursor() as cursor:
        for wanted in (press, edit, letter):
            cursor.execute(sql["claim"], {"account": account.pk, "now": now(), "most": 1, "asks": None})
            assert [row[0] for row in cursor.fetchall()] == [wanted]
        cursor.execute(sql["claim"], {"account": account.pk, "now": now(), "most": 1, "asks": None})
        assert cursor.fetchall() == []


def test_what_waits_can_be_taken_back(account: Account, order: Make) -> None:
    waiting, sending = order(), order()
    Delivery.objects.filter(pk=sending).update(state="sending")
    maybe = order()
    Delivery.objects.filter(pk=maybe).update(maybe_sent=True)
    assert cancel([waiting, sending, maybe], "визит перенесен") == {waiting, maybe}
    assert Delivery.objects.get(pk=maybe).signal == "uncertain"
    assert Delivery.objects.get(pk=waiting).signal == ""


@pytest.mark.django_db(transaction=True)
def test_an_edit_is_shown_on_the_message(order: Make, account: Account) -> None:
    letter = order()
    sent(account, letter)
    edit = order(op="edit", body={"target": "g1", "text": "перенесено", "rows": []})
    claim(account)
    settle(Settled(edit, 1, Signal.ACCEPTED, of_edit=True))

    async def mark() -> None:
        database = Database()
        await mark_edited(database, [edit])
        await database.close()

    asyncio.run(mark())
    assert Delivery.objects.get(pk=letter).edited_text == "перенесено"


def test_a_report_with_our_key_finds_the_message_whose_answer_was_lost(account: Account, order: Make) -> None:
    number, other = order(), order()
    claim(account)
    settle(Settled(number, 1, Signal.UNCERTAIN, "нет ответа"))
    with pytest.raises(NotYetKnown):
        report(account.pk, "wamid.1", "delivered", "отчет", key=f"d{other}")  # that one's answer is still to come
    assert report(account.pk, "wamid.1", "delivered", "отчет", key=f"d{number}")
    row = Delivery.objects.get(pk=number)
    assert (row.signal, row.provider_id) == ("delivered", "wamid.1")
    with pytest.raises(NotYetKnown):
        report(account.pk, "wamid.2", "read", "отчет", key=f"d{number}")  # it has a name now
