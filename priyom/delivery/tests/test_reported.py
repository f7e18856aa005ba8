"""Reports of many webhooks, settled together: it ends as if each had been taken by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.contracts.channel import Request
from priyom.contracts.events import Reported
from priyom.contracts.message import Signal
from priyom.delivery import incoming, reported
from priyom.delivery.models import Account, Delivery, RawUpdate
from priyom.delivery.settle import NotYetKnown, report
from priyom.foundation.clock import clock, now
from priyom.journal.models import Fact, Pending

Make = Callable[..., int]

SIGNALS = [Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED, Signal.READ, Signal.FAILED]


def sent(order: Make, count: int) -> list[int]:
    """Messages that stand at the gateway as p0, p1 ..."""
    ids = [order() for _ in range(count)]
    for number, delivery_id in enumerate(ids):
        Delivery.objects.filter(pk=delivery_id).update(
            state="settled", signal="accepted", tries=1, sent_at=now(), claimed_at=now(), provider_id=f"p{number}"
        )
    return ids


def come(account: Account, update: int, provider_id: str, signal: Signal, phone: str = "") -> RawUpdate:
    body = {"update": update, "phone": phone, "report": provider_id, "signal": signal.value}
    assert incoming.store(account, Request({}, {}, json.dumps(body).encode()))
    return RawUpdate.objects.latest("id")


def take(raws: list[tuple[RawUpdate, tuple[Reported, ...]]]) -> list[RawUpdate]:
    with transaction.atomic():
        return reported.settle_together([reported.Told(raw, reports) for raw, reports in raws])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_together_ends_as_one_by_one(account: Account, order: Make, data: st.DataObject) -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    one = st.builds(
        Reported, provider_id=st.sampled_from(["p0", "p1", "p2"]), signal=st.sampled_from(SIGNALS),
        evidence=st.sampled_from(["слово", 'с "кавычкой" и \\', "x" * 400, "a\0b"]),
        at=st.sampled_from([at, at + timedelta(seconds=1), at - timedelta(seconds=1)]), code=st.sampled_from(["", "7"]),
    )  # fmt: skip
    batch = data.draw(st.lists(st.lists(one, max_size=3).map(tuple), max_size=8))
    found = []
    for together in (True, False):
        with transaction.atomic():
            ids = sent(order, 3)
            raws = [come(account, number, "x", Signal.READ) for number, _ in enumerate(batch)]
            if together:
                assert take(list(zip(raws, batch, strict=True))) == []
                assert not RawUpdate.objects.exclude(state="done").exists()
            else:
                for reports in batch:
                    for r in reports:
                        report(account.pk, r.provider_id, r.signal, r.evidence, r.at, r.code)
            numbers = {delivery_id: n for n, delivery_id in enumerate(ids)}
            rows = Delivery.objects.filter(pk__in=ids).order_by("id")
            facts = Fact.objects.filter(type="DeliverySettled").order_by("id")
            found.append(
                (
                    [(r.state, r.signal, r.signal_at, r.evidence, r.code) for r in rows],
                    [
                        [f.data["signal"] for f in facts if numbers[f.data["delivery_id"]] == n]
                        for n in numbers.values()
                    ],
                    Pending.objects.count(),
                )
            )
            transaction.set_rollback(True)
    assert found[0] == found[1]


def test_reports_of_many_moments_are_one_statement(account: Account, order: Make) -> None:
    ids = sent(order, 5)
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    moments = [at + timedelta(seconds=number, microseconds=number) for number in range(5)]
    reports = [(Reported(f"p{number}", Signal.DELIVERED, "", moments[number]),) for number in range(5)]
    raws = [come(account, number, f"p{number}", Signal.DELIVERED) for number in range(5)]
    with CaptureQueriesContext(connection) as done:
        assert take(list(zip(raws, reports, strict=True))) == []
    assert len([query for query in done if "journal_fact" in query["sql"]]) == 1
    assert list(Delivery.objects.filter(pk__in=ids).order_by("id").values_list("signal_at", flat=True)) == moments


def test_a_message_not_known_yet_is_waited_for(account: Account, order: Make) -> None:
    sent(order, 1)
    raws = [come(account, 1, "p0", Signal.DELIVERED), come(account, 2, "nobody", Signal.DELIVERED)]
    both = (Reported("p0", Signal.DELIVERED, ""), Reported("nobody", Signal.DELIVERED, ""))
    assert take([(raws[0], both[:1]), (raws[1], both)]) == []
    states = RawUpdate.objects.order_by("id").values_list("state", "tries")
    assert list(states) == [("done", 0), ("new", 1)]
    assert RawUpdate.objects.get(tries=1).error.startswith("NotYetKnown: сообщение 'nobody'")


def test_what_may_be_found_by_our_own_key_goes_alone(account: Account, order: Make) -> None:
    raw = come(account, 1, "p0", Signal.DELIVERED)
    assert take([(raw, (Reported("p0", Signal.DELIVERED, "", key="d12"),))]) == [raw]


def test_what_spoils_a_batch_is_found_by_itself(
    account: Account, order: Make, caplog: pytest.LogCaptureFixture
) -> None:
    ids = sent(order, 2)
    raws = [come(account, n, f"p{n}", Signal.DELIVERED) for n in range(2)]
    good = (Reported("p0", Signal.DELIVERED, ""),)
    poisoned = (Reported("p1", Signal.DELIVERED, ""), Reported("p1", "нет такого", ""))  # type: ignore[arg-type]
    assert take([(raws[0], good), (raws[1], poisoned)]) == raws
    assert set(Delivery.objects.filter(pk__in=ids).values_list("signal", flat=True)) == {"accepted"}
    assert set(RawUpdate.objects.values_list("state", flat=True)) == {"new"}
    assert "cannot be interpreted together" in caplog.text


def test_a_claim_takes_one_of_a_chat_and_no_more_bytes_than_fit(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = [come(account, n, "x" * 1000, Signal.READ, phone) for n, phone in enumerate(["a", "a", "b", "", ""])]
    with transaction.atomic():
        assert [raw.update_key for raw in incoming.claim(10)] == ["0", "2", "3", "4"]
        assert [raw.update_key for raw in incoming.claim(10, only=[raws[1].pk])] == []
        monkeypatch.setattr(incoming, "MOST_BYTES", 2500)
        assert [raw.update_key for raw in incoming.claim(10)] == ["0", "2"]
        monkeypatch.setattr(incoming, "MOST_BYTES", 10)
        assert [raw.update_key for raw in incoming.claim(10)] == ["0"]


def test_a_report_put_off_holds_up_nobody_in_its_chat(account: Account) -> None:
    early, word, later = [come(account, number, "x", Signal.READ, "a") for number in range(3)]
    clock.freeze(now() + timedelta(seconds=1))
    incoming.put_off(early, NotYetKnown("рано"))
    with transaction.atomic():
        assert incoming.claim(10) == [word]
        assert incoming.next_due() == word.next_try_at
    incoming.put_off(word, ValueError("сбой"))
    with transaction.atomic():
        assert incoming.claim(10) == [], "what people say stays in order"
    assert incoming.next_due() == RawUpdate.objects.get(pk=early.pk).next_try_at > later.next_try_at
    incoming.done([early.pk, word.pk, later.pk])
    assert incoming.next_due() is None


@pytest.mark.django_db(transaction=True)
def test_several_at_once_take_each_in_its_chats_order(account: Account) -> None:
    for number in range(60):
        come(account, number, "x", Signal.READ, phone=str(number % 7))
    clock.freeze(now() + timedelta(seconds=1))
    seen, lock = [], threading.Lock()

    def work() -> None:
        try:
            while True:
                with transaction.atomic():
                    batch = incoming.claim(5)
                    with lock:
                        seen.extend(batch)
                    incoming.done([raw.pk for raw in batch])
                if not batch and not incoming.pending():
                    return
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(raw.update_key) for raw in seen) == list(range(60))
    for phone in range(7):
        chat = [int(raw.update_key) for raw in seen if raw.chat_key == str(phone)]
        assert chat == sorted(chat)
