"""Drives the rooms in one process and one transaction, with a clock that stands: the loops' own steps until nothing is
due, and a gateway that claims, looks once more, and settles by the same statements as the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from priyom.contracts.events import Event, Pressed, Said
from priyom.contracts.message import Signal
from priyom.delivery.claim import TOO_LATE
from priyom.delivery.claim import sql as delivery_sql
from priyom.delivery.consequence import NEVER, Settled
from priyom.delivery.models import Account, Delivery, Op
from priyom.delivery.settle import lose, report, settled_values
from priyom.foundation.clock import clock, now
from priyom.inbox.interpret import perform
from priyom.journal.models import Pending
from priyom.journal.react import next_due as fact_due
from priyom.journal.react import react_once
from priyom.notifications.advance import advance_once as notification_step
from priyom.notifications.advance import next_due as notification_due
from priyom.notifications.recheck import families
from priyom.notifications.recheck import sql as recheck_sql
from priyom.scenarios.advance import advance_once as run_step
from priyom.scenarios.advance import next_due as run_due
from priyom.scenarios.catalogue import load
from tests.factories import make_raw

MOST_STEPS = 500


class Refused(str):
    """A signal that means: the gateway refused; with how the address is lost, if it is."""

    __slots__ = ()


Say = Callable[[Delivery], Signal | Refused]
BLOCKED, GONE, REJECTED = Refused("blocked"), Refused("gone"), Refused("")


def accepts(delivery: Delivery) -> Signal | Refused:
    """Every gateway takes everything and tells no more."""
    return Signal.ACCEPTED


def open_house() -> None:
    """Put the scenarios in place, as the program does when it starts."""
    load()


def settle_house() -> None:
    """React, take scenarios and routes further, until nothing is due now. A reaction that fails fails the test."""
    for _ in range(MOST_STEPS):
        if not any([react_once(), run_step(), notification_step()]):
            assert not Pending.objects.exclude(error="").exists(), Pending.objects.exclude(error="").get().error
            return
    raise AssertionError("the house does not come to rest")


def gateway(say: Say | Signal | Refused = accepts) -> list[Delivery]:
    """Everything due leaves, once; what left, in order, messages only. `say` is the gateways' answer to each."""
    _expire()
    left: list[Delivery] = []
    for account in Account.objects.filter(enabled=True).order_by("id"):
        claimed = _rows(delivery_sql["claim"], {"account": account.pk, "now": now(), "most": 1000, "asks": None})
        ids = sorted(row[0] for row in claimed)
        stale = dict(_rows(recheck_sql["recheck"], {"ids": ids, "families": families()}))
        for row in Delivery.objects.filter(pk__in=ids).select_related("account").order_by("id"):
            if row.pk in stale:
                settle_now(Settled(row.pk, row.tries, Signal.FAILED, stale[row.pk], "stale", state="cancelled"))
                continue
            _settle_as(row, say(row) if callable(say) else say)
            if row.op == Op.SEND:
                row.refresh_from_db()
                left.append(row)
    return left


def _settle_as(row: Delivery, word: Signal | Refused) -> None:
    if isinstance(word, Signal):
        provider_id = f"g{row.pk}" if word.rung else ""
        settle_now(Settled(row.pk, row.tries, word, "", "", provider_id, of_edit=row.op == Op.EDIT))
        return
    end = Settled(row.pk, row.tries, Signal.FAILED, "шлюз отказал", lost=str(word))
    if word:
        lose([end])
    settle_now(end)


def _expire() -> None:
    for delivery_id, tries, maybe in _rows(delivery_sql["expired"], {"now": now()}):
        signal = Signal.UNCERTAIN if maybe else Signal.FAILED
        settle_now(Settled(delivery_id, tries or NEVER, signal, TOO_LATE, "expired"))


def settle_now(end: Settled) -> None:
    """The result of an attempt is written down."""
    _rows(delivery_sql["settle"], settled_values([end]))


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def turn(to: datetime | timedelta, say: Say | Signal | Refused = accepts) -> list[Delivery]:
    """Turn the clock there (or by so much), stopping at every moment something is due; what left on the way."""
    end = now() + to if isinstance(to, timedelta) else to
    left = rest(say)
    for _ in range(MOST_STEPS):
        due = [moment for moment in (_delivery_due(), fact_due(), run_due(), notification_due()) if moment]
        nearest = min(due, default=end)
        if nearest > end:
            break
        clock.freeze(max(nearest, now()))
        left += rest(say)
        if now() == end and not due:
            break
    clock.freeze(end)
    return left + rest(say)


def rest(say: Say | Signal | Refused = accepts) -> list[Delivery]:
    """The house and the gateways by turns, until both are still."""
    left: list[Delivery] = []
    for _ in range(MOST_STEPS):
        settle_house()
        waiting = Delivery.objects.filter(state="waiting", due_at__lte=now()).count()
        if not waiting:
            return left
        left += gateway(say)
    raise AssertionError("the gateways do not come to rest")


def _delivery_due() -> datetime | None:
    return Delivery.objects.filter(state="waiting").order_by("due_at").values_list("due_at", flat=True).first()


def tell(delivery: Delivery, signal: Signal, at: datetime | None = None) -> bool:
    """The gateway's later report of a delivery; True when it was news."""
    return report(delivery.account_id, delivery.provider_id, signal, "отчет шлюза", at or now())


def happen(account: Account, event: Event) -> None:
    """The event as if its webhook had just been parsed; nobody has reacted yet."""
    perform(event, account, make_raw(account))


def press(delivery: Delivery, label: str) -> None:
    """The patient presses the button whose label begins so, and the house comes to rest (nothing leaves)."""
    button = next(b for row in delivery.body["rows"] for b in row if b["label"].startswith(label))
    happen(delivery.account, Pressed(delivery.address, f"{delivery.pk}:{button['id']}", "", delivery.provider_id))
    settle_house()


def say(account: Account, address: str, text: str, *, reply_to: str = "") -> None:
    """The patient writes, and the house comes to rest (nothing leaves)."""
    happen(account, Said(address, text, f"said-{now().timestamp()}-{text[:20]}", now(), reply_to=reply_to))
    settle_house()
