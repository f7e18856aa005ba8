"""The reconciler's look at the delivery engine: what nobody will ever settle, because no process works on its account
or because whoever should have done it did not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from priyom.contracts.message import Signal
from priyom.delivery.claim import CRASHED, TOO_LATE
from priyom.delivery.consequence import NEVER, Settled
from priyom.delivery.doubts import doubt
from priyom.delivery.facts import AccountHealthChanged
from priyom.delivery.models import Account, Delivery, DeliveryState, Op
from priyom.delivery.settle import settled_values, sql
from priyom.foundation.clock import now
from priyom.journal.record import reactors
from priyom.workers.found import AT_ONCE, SETTLES, found
from priyom.workers.lease import LOCKS

HELD = timedelta(minutes=15)
"""Far longer than any attempt lasts, and than an account needs to change hands."""
SWITCHED_OFF_FOR = timedelta(hours=1)
"""So long a message that has no other way waits for its account to be switched on again."""
REMEMBERED = timedelta(days=7)
"""An older unknown is nobody's news."""
OFF = "канал выключен, сообщение не ушло"
NOBODY = "ни один рабочий процесс не ведет этот канал: проверьте его настройки"

PUMPED = """
SELECT objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND objid <> 0 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def in_nobodys_hands(at: datetime) -> int:
    """Marked as being sent, at an account nobody pumps (switched off, or not to be opened): whoever took it is dead."""
    held = Delivery.objects.filter(state=DeliveryState.SENDING, claimed_at__lt=at - HELD)
    rows = held.exclude(account_id__in=_pumped()) if held.exists() else held.none()
    return _each(rows, True, CRASHED, "", "сообщение отправлялось, но его никто не вел", "исход назван неизвестным")


def past_their_time(at: datetime) -> int:
    """Waits although it must not leave any more."""
    rows = Delivery.objects.filter(state=DeliveryState.WAITING, expires_at__lt=at - SETTLES)
    return _each(rows, False, TOO_LATE, "expired", "сообщение ждало дольше своего срока", "оно снято")


def switched_off(at: datetime) -> int:
    """Waits at an account that was switched off long ago, and no route would go another way."""
    rows = Delivery.objects.filter(
        state=DeliveryState.WAITING, account__enabled=False, due_at__lt=at - SWITCHED_OFF_FOR, leg=None
    )
    # «expired» is the one end a waiting delivery may come to by itself: its time has passed
    return _each(rows, False, OFF, "expired", "сообщение ждало выключенный канал", "сказано, что оно не ушло")


def unlisted(at: datetime) -> int:
    """Not known whether it arrived, and not in the list of such."""
    rows = Delivery.objects.filter(
        signal=Signal.UNCERTAIN, doubt=None, signal_at__range=(at - REMEMBERED, at - SETTLES)
    ).order_by("pk")[:AT_ONCE]
    count = 0
    for row in rows:
        with transaction.atomic():
            if doubt([row.pk], row.evidence):
                found(row.patient_id, row.visit_id, "неизвестно, дошло ли, а в списке нет", "внесено в список")
                count += 1
    return count


def unpumped(at: datetime) -> int:
    """An account counts as well, messages wait for it, and no process works on it: its settings cannot be used."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lt=at - HELD)
    live = due.filter(Q(expires_at=None) | Q(expires_at__gt=at), account__enabled=True, account__health="ok")
    wanted = set(live.order_by().values_list("account_id", flat=True).distinct())
    count = 0
    for account in Account.objects.filter(pk__in=wanted - _pumped()) if wanted else ():
        with transaction.atomic():
            _break(account)
            found(None, None, f"канал «{account.name}» никто не вел", "канал назван неисправным")
            count += 1
    return count


def _pumped() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(PUMPED, [LOCKS])
        return {row[0] for row in cursor.fetchall()}


def _each(rows: QuerySet[Delivery], left: bool, why: str, code: str, what: str, repaired: str) -> int:
    """End each: uncertain where it may have left (`left`: the mark itself says so), else failed."""
    count = 0
    for row in rows.order_by("pk")[:AT_ONCE]:
        maybe = row.op == Op.SEND and (left or row.maybe_sent)
        of_try = row.tries if left else row.tries or NEVER
        end = Settled(
            row.pk, of_try, Signal.UNCERTAIN if maybe else Signal.FAILED, CRASHED if maybe else why, code
        )  # fmt: skip
        with transaction.atomic():
            if _settle([end]):
                found(row.patient_id, row.visit_id, what, repaired)
                count += 1
    return count


def _settle(ends: Iterable[Settled]) -> bool:
    """Whether it was news: somebody may have settled it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(sql["settle"], settled_values(list(ends)))
        return cursor.fetchone() is not None


def _break(account: Account) -> None:
    values: dict[str, Any] = {
        "account": account.pk, "health": "broken", "why": NOBODY, "paused_until": account.paused_until, "now": now(),
        "reactors": list(reactors(AccountHealthChanged.__name__)),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql["health"], values)
