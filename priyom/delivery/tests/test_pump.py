"""The pump against a sender that does as told: each error has its consequence, stale and late ones never leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from django.db import connection
from django.db.models import F

from journeys import counting
from priyom.contracts.card import AfterCrash
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Channel, Identity, Sender
from priyom.contracts.errors import Misconfigured, NotReachable, OptedOut, Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.message import Outgoing, Receipt
from priyom.delivery import accounts
from priyom.delivery import pump as pump_module
from priyom.delivery.attempt import Claimed
from priyom.delivery.claim import claim
from priyom.delivery.crew import Line
from priyom.delivery.database import Database
from priyom.delivery.models import Account, Delivery
from priyom.delivery.pump import Pump
from priyom.delivery.settler import Settler
from priyom.delivery.tests.conftest import Make
from priyom.foundation.clock import now
from priyom.foundation.http import Http
from priyom.journal.models import Fact
from priyom.patients.models import ContactPoint, Reach

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[[Outgoing], Awaitable[Receipt]]


class Script:
    """A sender that raises what it was given, in order, then takes everything."""

    def __init__(self, *errors: Exception | float) -> None:
        self.errors = list(errors)
        self.seen: list[str] = []
        self.asked: list[str] = []
        self.known: set[str] = set()
        self.checks = 0
        self.unsure: Callable[[], object] = lambda: None
        """Tells the pump that something it has in hand may have become wrong."""

    async def send(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt:
        self.seen.append(outgoing.key)
        if self.errors:
            error = self.errors.pop(0)
            if isinstance(error, Exception):
                raise error
            await asyncio.sleep(error)
        return Receipt("g" + outgoing.key)

    async def find(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt | None:
        self.asked.append(outgoing.key)
        return Receipt("found") if outgoing.key in self.known else None

    async def check(self, http: Http, account: Wire) -> Identity:
        self.checks += 1
        return Identity("x", "x")


def run(
    account: Account,
    script: Script,
    seconds: float | Callable[[], bool],
    after_crash: AfterCrash = AfterCrash.ASK,
    stale: dict[int, str] | None = None,
    pace: float | None = None,
    look: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Pump until `seconds` have passed or the condition holds (at most ten seconds), then stop."""
    card = counting.card("counted_ask", after_crash)
    channel = Channel(card, cast(Sender, script), cast(Any, SimpleNamespace()))
    line = Line(account.pk, channel, accounts.wire(account), pace, account.paused_until, account.health)

    async def recheck(connection: psycopg.AsyncConnection[Any], ids: list[int]) -> dict[int, str]:
        if look is not None:
            await look()
        return {number: why for number, why in (stale or {}).items() if number in ids}

    async def go() -> None:
        database = Database()
        settler = Settler(database)
        settling = asyncio.create_task(settler.run())
        async with Http() as http:
            pump = Pump(database, http, settler, line, recheck)
            script.unsure = pump.unsure
            task = asyncio.create_task(pump.run())
            for _ in range(200):
                await asyncio.sleep(0.05 if callable(seconds) else seconds)
                if not callable(seconds) or await asyncio.to_thread(_looked, seconds):
                    break
                pump.wake()
            await pump.stop(1.0)
            await asyncio.wait({task}, timeout=2.0)
        settling.cancel()
        await settler.flush()
        await database.close()

    asyncio.run(go())


def _looked(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    finally:
        connection.close()


def signal(number: int) -> str:
    return Delivery.objects.get(pk=number).signal


def test_a_message_goes_out_once(account: Account, order: Make) -> None:
    number, script = order(), Script()
    run(account, script, lambda: signal(number) == "accepted")
    assert script.seen == [f"d{number}"]


def test_more_is_claimed_before_the_last_has_left_and_only_while_there_is_more(
    account: Account, order: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims: list[tuple[int, int]] = []

    async def counted(*args: Any, **kwargs: Any) -> list[Claimed]:
        found = await claim(*args, **kwargs)
        claims.append((len(script.seen), len(found)))
        return found

    monkeypatch.setattr(pump_module, "claim", counted)
    for n in range(10):
        order(address=f"+7701{n:07d}")
    script = Script()
    run(account, script, 2.5, pace=6.0)
    assert [found for _, found in claims if found] == [6, 4]
    assert 0 < claims[1][0] < 6
    assert [seen for seen, found in claims if not found and seen == 9] == []


def test_what_is_tried_again_waits_for_no_other(account: Account, order: Make) -> None:
    """The first one's answer is long in coming; the second is refused for now, and its moment comes before."""
    slow, again = order(address="+77010000001"), order(address="+77010000002")
    script = Script(20.0, Unavailable("занято"))
    run(account, script, 4.0)
    assert script.seen == [f"d{slow}", f"d{again}", f"d{again}"]


def test_a_stale_one_never_leaves(account: Account, order: Make) -> None:
    number, script = order(), Script()
    run(account, script, lambda: signal(number) == "failed", stale={number: "визит перенесен"})
    row = Delivery.objects.get(pk=number)
    assert (row.state, row.code, row.evidence, script.seen) == ("cancelled", "stale", "визит перенесен", [])
    assert Fact.objects.get(type="DeliverySettled").data["code"] == "stale"


def test_what_becomes_stale_in_the_queue_never_leaves(account: Account, order: Make) -> None:
    numbers = [order(address=f"+7701{n:07d}") for n in range(200)]
    stale: dict[int, str] = {}

    class Moves(Script):
        async def send(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt:
            stale[numbers[-1]] = "визит перенесен"  # it was right when it was claimed
            await asyncio.sleep(0.2)
            return await super().send(http, account, outgoing)

    script = Moves()
    run(account, script, lambda: not Delivery.objects.filter(state__in=("waiting", "sending")).exists(), stale=stale)
    assert set(script.seen) == {f"d{number}" for number in numbers[:-1]}
    assert Delivery.objects.get(pk=numbers[-1]).code == "stale"


def test_what_is_told_to_have_become_stale_is_not_sent_for_the_look_of_a_moment_ago(
    account: Account, order: Make
) -> None:
    numbers = [order(address=f"+7701{n:07d}") for n in range(30)]
    stale: dict[int, str] = {}

    class Told(Script):
        async def send(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt:
            stale.update(dict.fromkeys(numbers, "визит перенесен"))
            self.unsure()
            return await super().send(http, account, outgoing)

    script = Told()
    begun = Delivery.objects.filter(state__in=("waiting", "sending"))
    run(account, script, lambda: not begun.exists(), stale=stale, pace=100.0)
    assert len(script.seen) < 5, "a quarter of a second's worth would be twenty-five"


def test_down_is_noted_and_probed_one_at_a_time(account: Account, order: Make) -> None:
    for _ in range(30):
        order()
    script = Script(*(Unavailable("нет связи") for _ in range(1000)))
    run(account, script, lambda: Account.objects.get().health == "down")
    first = len(script.seen)
    assert first <= 30 + 1
    assert Delivery.objects.filter(state="waiting").count() == 30
    assert Fact.objects.get(type="AccountHealthChanged").data == {
        "account_id": account.pk, "health": "down", "why": "нет связи",
    }  # fmt: skip
    account.refresh_from_db()
    script.errors.clear()
    run(account, script, lambda: Delivery.objects.filter(signal="accepted").count() == 30)
    account.refresh_from_db()
    assert account.health == "ok"


def test_throttled_pauses_the_account(account: Account, order: Make) -> None:
    numbers = [order() for _ in range(3)]
    script = Script(Throttled("часто", 3600.0), Throttled("часто", 3600.0), Throttled("часто", 3600.0))
    run(account, script, lambda: Account.objects.get().paused_until is not None)
    until = Account.objects.get().paused_until
    assert until is not None
    assert until > now() + timedelta(minutes=59)
    assert Delivery.objects.filter(pk__in=numbers, state="waiting").count() == 3


def test_misconfigured_breaks_the_account_until_a_check_succeeds(account: Account, order: Make) -> None:
    number, script = order(), Script(Misconfigured("ключ отозван"))
    run(account, script, lambda: Account.objects.get().health == "broken")
    assert (signal(number), Delivery.objects.get(pk=number).state) == ("", "waiting")
    account.refresh_from_db()
    run(account, script, lambda: signal(number) == "accepted")
    assert script.checks == 1
    assert Account.objects.get().health == "ok"


@pytest.mark.parametrize(("error", "lost"), [(NotReachable("нет", "1"), "gone"), (OptedOut("стоп", "2"), "blocked")])
def test_a_lost_address_is_remembered(
    error: Exception, lost: str, account: Account, order: Make, point: ContactPoint
) -> None:
    number = order()
    run(account, Script(error), lambda: signal(number) == "failed")
    assert Reach.objects.get(contact_point=point).lost == lost


def test_an_unknown_outcome_is_asked_before_it_is_repeated(account: Account, order: Make) -> None:
    number, script = order(), Script(Uncertain("молчит"))
    script.known.add(f"d{number}")
    run(account, script, lambda: signal(number) == "accepted")
    assert (script.seen, script.asked) == ([f"d{number}"], [f"d{number}"])
    assert Delivery.objects.get(pk=number).provider_id == "found"


def test_an_unknown_outcome_nobody_can_be_asked_about_is_told(account: Account, order: Make) -> None:
    number, script = order(), Script(RuntimeError("что-то"))
    run(account, script, lambda: signal(number) == "uncertain", AfterCrash.UNKNOWN)
    assert script.seen == [f"d{number}"]


@pytest.mark.parametrize(
    ("after_crash", "ends"),
    [(AfterCrash.SAME_KEY, "accepted"), (AfterCrash.ASK, "accepted"), (AfterCrash.UNKNOWN, "uncertain")],
)
def test_what_a_dead_process_left(after_crash: AfterCrash, ends: str, account: Account, order: Make) -> None:
    number, press = order(), order(op="edit", body={"target": "g", "text": "x", "rows": []})
    Delivery.objects.update(state="sending", tries=1)
    script = Script()
    run(account, script, lambda: signal(number) == ends, after_crash)
    assert script.asked == ([f"d{number}"] if after_crash is AfterCrash.ASK else [])
    assert script.seen == ([] if after_crash is AfterCrash.UNKNOWN else [f"d{number}"])
    assert Delivery.objects.get(pk=press).signal == "failed", "this channel edits nothing, so it was tried"


def test_stopping_gives_back_what_has_not_left(account: Account, order: Make) -> None:
    numbers = [order() for _ in range(200)]
    script = Script(*(0.5 for _ in range(500)))
    run(account, script, 0.3)
    sent = {int(key[1:]) for key in script.seen}
    assert 0 < len(sent) < 200
    assert set(Delivery.objects.filter(signal="accepted").values_list("pk", flat=True)) == sent
    left = Delivery.objects.filter(state="waiting")
    assert set(left.values_list("pk", flat=True)) == set(numbers) - sent
    assert not left.exclude(tries=F("untried")).exists()


def test_a_message_that_could_not_leave_does_not_shut_its_chat(account: Account, order: Make) -> None:
    """The account goes down while others stand before the gate; all of them leave when it is back."""
    numbers = [order(address=f"+7701{n:07d}") for n in range(20)]
    script = Script(*(Unavailable("нет связи") for _ in range(4)))
    run(account, script, lambda: Delivery.objects.filter(signal="accepted").count() == len(numbers))
    assert Delivery.objects.filter(signal="accepted").count() == len(numbers)


def test_a_vendor_that_refuses_the_question_has_not_refused_the_message(account: Account, order: Make) -> None:
    number = order()

    class Refuses(Script):
        async def find(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt | None:
            raise Rejected("нет такого метода", "404")

    Delivery.objects.filter(pk=number).update(maybe_sent=True)
    script = Refuses()
    run(account, script, 1.0)
    row = Delivery.objects.get(pk=number)
    assert (row.state, row.signal, row.maybe_sent, script.seen) == ("waiting", "", True, [])


def test_a_message_to_be_tried_again_keeps_its_place_when_the_process_is_another(account: Account, order: Make) -> None:
    """The one before us ended between two tries: what is behind in that chat waits, the other chats do not."""
    first, behind, elsewhere = order(), order(), order(address="+77019999999")
    Delivery.objects.filter(pk=first).update(tries=1, due_at=now() + timedelta(seconds=0.7))
    script = Script()
    run(account, script, lambda: Delivery.objects.filter(signal="accepted").count() == 3)
    assert script.seen == [f"d{number}" for number in (elsewhere, first, behind)]


@pytest.mark.parametrize("op", ["send", "edit"])
def test_what_a_dead_process_left_goes_before_what_is_behind_it(op: str, account: Account, order: Make) -> None:
    body = {} if op == "send" else {"body": {"target": "g", "text": "x", "rows": []}}
    first, behind = order(op=op, **body), order()
    Delivery.objects.filter(pk=first).update(state="sending", tries=1)
    under_way = Delivery.objects.filter(state__in=("waiting", "sending"))
    run(account, Script(), lambda: not under_way.exists(), AfterCrash.SAME_KEY)
    assert list(Delivery.objects.order_by("claimed_at", "id").values_list("pk", flat=True)) == [first, behind]


def test_a_slow_last_look_does_not_gather_what_then_leaves_at_once(account: Account, order: Make) -> None:
    """The vendor counts what arrives in a second, not what was planned for it."""
    for number in range(130):
        order(address=f"+7701{number:07d}")
    left: list[float] = []

    class Timed(Script):
        async def send(self, http: Http, account: Wire, outgoing: Outgoing) -> Receipt:
            left.append(time.monotonic())
            return await super().send(http, account, outgoing)

    looks = iter([0.0, 0.5] + [0.0] * 3 + [0.5])

    async def slow() -> None:
        await asyncio.sleep(next(looks, 0.0))

    done = Delivery.objects.filter(signal="accepted")
    run(account, Timed(), lambda: done.count() == 130, pace=40.0, look=slow)
    assert max(sum(first <= other < first + 1.0 for other in left) for first in left) <= 40
