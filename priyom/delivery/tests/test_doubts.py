"""What is not known of a message is listed, once, until it is known; and a message that may stand twice is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from priyom.contracts.message import Receipt, Signal
from priyom.delivery import doubts
from priyom.delivery.consequence import Again, Settled, taken
from priyom.delivery.database import Database
from priyom.delivery.enqueue import cancel
from priyom.delivery.models import Account, Delivery, Doubt, Resolved
from priyom.delivery.settle import advance, report
from priyom.delivery.settle import settle as settle_batch
from priyom.delivery.tests.conftest import Make
from priyom.delivery.tests.test_settle import claim, put_back, settle
from priyom.foundation.clock import now


def lost(account: Account, number: int) -> Doubt:
    claim(account)
    settle(Settled(number, 1, Signal.UNCERTAIN, "нет ответа"))
    return Doubt.objects.get(delivery=number)


def listed(number: int) -> tuple[Any, ...] | None:
    """kind, resolved, how."""
    return Doubt.objects.filter(delivery=number).values_list("kind", "resolved", "how").first()


def test_what_is_not_known_is_listed_with_its_reason(account: Account, order: Make) -> None:
    row = lost(account, order())
    assert (row.kind, row.why, row.resolved, row.resolved_at) == ("lost", "нет ответа", "", None)
    assert row.since == Delivery.objects.get(pk=row.delivery_id).signal_at


def test_what_is_known_is_not_listed(account: Account, order: Make) -> None:
    good, bad = order(), order()
    claim(account)
    settle(taken(good, 1, Receipt("g1")), Settled(bad, 1, Signal.FAILED, "нет"))
    report(account.pk, "g1", Signal.DELIVERED, "доставлено")
    assert not Doubt.objects.exists()


@pytest.mark.parametrize(
    ("signal", "how"),
    [
        (Signal.DELIVERED, "шлюз сообщил: доставлено"),
        (Signal.READ, "шлюз сообщил: прочитано"),
        (Signal.FAILED, "шлюз сообщил: не доставлено"),
        (Signal.ANSWERED, "пациент ответил"),
    ],
)
def test_evidence_ends_it_whichever_way(signal: Signal, how: str, account: Account, order: Make) -> None:
    other, number = lost(account, order()), order()
    lost(account, number)
    assert report(account.pk, "g1", signal, "слово", key=f"d{number}")
    assert listed(number) == ("lost", "evidence", how)
    assert listed(other.delivery_id) == ("lost", "", "")
    advance(number, Signal.ANSWERED, "кнопка")  # more of the same: it was known already
    assert listed(number) == ("lost", "evidence", how)


def test_a_press_is_evidence_also_after_the_route_went_on(account: Account, order: Make) -> None:
    number = order()
    lost(account, number)
    assert doubts.resolve([number], "дальше отправлено: SMS") == 1
    assert doubts.resolve([number], "задача позвонить") == 0
    assert listed(number) == ("lost", "policy", "дальше отправлено: SMS")
    advance(number, Signal.ANSWERED, "кнопка")
    assert listed(number) == ("lost", "evidence", "пациент ответил; дальше отправлено: SMS")
    advance(number, Signal.ANSWERED, "кнопка")
    assert listed(number) == ("lost", "evidence", "пациент ответил; дальше отправлено: SMS")


def test_the_late_answer_of_the_gateway_is_evidence(account: Account, order: Make) -> None:
    number = order()
    lost(account, number)
    settle(taken(number, 1, Receipt("g1")))
    assert listed(number) == ("lost", "evidence", "шлюз сообщил: принято")


def test_what_was_taken_back_after_it_may_have_left_is_listed(account: Account, order: Make) -> None:
    number, plain = order(), order()
    claim(account)
    put_back(Again(number, 1, 0.0, maybe_sent=True))
    put_back(Again(plain, 1, 0.0))
    cancel([number, plain], "визит перенесен")
    assert listed(number) == ("lost", "", "")
    assert listed(plain) is None
    assert report(account.pk, "g1", Signal.FAILED, "нет", key=f"d{number}")
    assert listed(number) == ("lost", "evidence", "шлюз сообщил: не доставлено")


def superseded(account: Account, order: Make) -> int:
    """Claimed, thought lost, claimed by another process."""
    number = order()
    claim(account)
    put_back(Again(number, 1, 0.0, maybe_sent=True))
    claim(account)
    return number


RESULTS = {
    "first": lambda number, once: taken(number, 1, Receipt("g1"), once=once),
    "second": lambda number, once: taken(number, 2, Receipt("g2"), once=once),
    "second found it": lambda number, once: taken(number, 2, Receipt("g1"), once=once),
    "second refused": lambda number, once: Settled(number, 2, Signal.FAILED, "нет"),
}


@pytest.mark.parametrize("words", list(permutations(["first", "second"])), ids="-".join)
def test_taken_twice_is_listed_in_any_order(words: tuple[str, ...], account: Account, order: Make) -> None:
    number = superseded(account, order)
    for word in words:
        for _ in range(2):
            settle(RESULTS[word](number, False))
    assert Delivery.objects.get(pk=number).signal == "accepted"
    assert listed(number) == ("twice", "", "")
    assert report(account.pk, Delivery.objects.get(pk=number).provider_id, Signal.DELIVERED, "доставлено")
    assert listed(number) == ("twice", "", ""), "one has arrived; the other one still may have"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", list(permutations(["first", "second"])), ids="-".join)
def test_both_answers_in_one_batch_are_both_seen(words: tuple[str, ...], account: Account, order: Make) -> None:
    number = superseded(account, order)

    async def write() -> None:
        database = Database()
        await settle_batch(database, [RESULTS[word](number, False) for word in words])
        await database.close()

    asyncio.run(write())
    assert listed(number) == ("twice", "", "")


@pytest.mark.parametrize("words", list(permutations(["first", "second"])), ids="-".join)
def test_a_vendor_that_drops_doubles_shows_it_once(words: tuple[str, ...], account: Account, order: Make) -> None:
    number = superseded(account, order)
    for word in words:
        settle(RESULTS[word](number, True))
    assert listed(number) is None


@pytest.mark.parametrize("second", ["second found it", "second refused"])
def test_what_looked_like_two_and_is_one(second: str, account: Account, order: Make) -> None:
    number = superseded(account, order)
    settle(RESULTS["first"](number, False))
    assert listed(number) == ("twice", "", "")
    settle(RESULTS[second](number, False))
    assert Delivery.objects.get(pk=number).signal == "accepted"
    assert listed(number) == ("twice", "evidence", "сообщение одно")


def test_found_by_asking_and_then_told_late_is_one(account: Account, order: Make) -> None:
    number = superseded(account, order)
    settle(RESULTS["second found it"](number, False))
    settle(RESULTS["first"](number, False))
    assert listed(number) is None


def test_found_further_on_its_way_is_one_as_well(account: Account, order: Make) -> None:
    number = superseded(account, order)
    settle(RESULTS["first"](number, False))
    settle(taken(number, 2, Receipt("g1", signal=Signal.DELIVERED)))
    assert listed(number) == ("twice", "evidence", "сообщение одно")


def test_a_refusal_of_an_older_try_takes_nothing_back(account: Account, order: Make) -> None:
    number = superseded(account, order)
    settle(RESULTS["second"](number, False))
    settle(Settled(number, 1, Signal.FAILED, "нет"))
    assert Delivery.objects.get(pk=number).signal == "accepted"
    assert listed(number) is None


def test_lost_and_then_twice_asks_again(account: Account, order: Make) -> None:
    number = superseded(account, order)
    settle(Settled(number, 2, Signal.UNCERTAIN, "нет ответа"))
    doubts.resolve([number], "Иванова: дошло", Resolved.PERSON)
    settle(RESULTS["first"](number, False))
    assert listed(number) == ("twice", "", "")


def test_what_had_its_time_is_nobody_s_news_but_a_person_s_words_stay(account: Account, order: Make) -> None:
    soon = now() + timedelta(minutes=10)
    timed, by_hand = order(expires_at=soon, origin="reply"), order(expires_at=soon, origin="staff")
    automatic = order(expires_at=soon)
    for number in (timed, automatic, by_hand):
        lost(account, number)
    assert doubts.tidy(now()) == 0
    assert doubts.tidy(now() + timedelta(minutes=13)) == 1
    assert listed(timed) == ("lost", "policy", "время сообщения прошло")
    assert doubts.tidy(now() + timedelta(days=2)) == 1
    assert listed(automatic) == ("lost", "policy", "время сообщения прошло")
    assert listed(by_hand) == ("lost", "", "")


def test_what_became_known_meanwhile_is_evidence(account: Account, order: Make) -> None:
    number = order(origin="staff")
    lost(account, number)
    Delivery.objects.filter(pk=number).update(signal="read")
    assert doubts.tidy(now()) == 1
    assert listed(number) == ("lost", "evidence", "шлюз сообщил: прочитано")


def test_what_was_uncertain_before_there_was_a_list_comes_onto_it(account: Account, order: Make) -> None:
    number = order()
    lost(account, number).delete()
    doubts.tidy(now())
    doubts.tidy(now())
    assert listed(number) == ("lost", "", "")
