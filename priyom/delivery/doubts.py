"""What is not known of messages: whether one arrived, or whether it arrived twice. Each stands in the list until the
vendor or the patient shows it (`sql/settle.sql`), the route has gone another way, its time is over, or a person has
dealt with it; and stays there afterwards as what it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Q

from priyom.contracts.message import Signal
from priyom.delivery.models import Doubt, Resolved
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")

BY_HAND = "staff"
"""The origin of what a member of staff has written: no plan goes on in its stead."""
ROUTED = "notification"
"""The origin of what a route sends: it goes on by itself, and says so."""
SETTLES = timedelta(minutes=2)
"""What the route does about it may still be under way."""
FORGOTTEN = timedelta(days=1)
"""After so long an automatic message is nobody's news any more."""
AT_ONCE = 200

TIME_OVER = "время сообщения прошло"
KNOWN = {
    Signal.ACCEPTED.value: "шлюз сообщил: принято",
    Signal.SENT.value: "шлюз сообщил: отправлено",
    Signal.DELIVERED.value: "шлюз сообщил: доставлено",
    Signal.READ.value: "шлюз сообщил: прочитано",
    Signal.ANSWERED.value: "пациент ответил",
    Signal.FAILED.value: "шлюз сообщил: не доставлено",
    "once": "сообщение одно",
}
"""What became known, in words: by signal; `once`: what looked like two messages is one."""


def doubt(delivery_ids: Iterable[int], why: str) -> int:
    """List these as «may not have arrived»; how many were not listed yet. In the caller's transaction."""
    at = now()
    rows = [Doubt(delivery_id=number, since=at, why=why[:300]) for number in delivery_ids]
    return len(Doubt.objects.bulk_create(rows, ignore_conflicts=True)) if rows else 0


def resolve(delivery_ids: Iterable[int], how: str, by: Resolved = Resolved.POLICY) -> int:
    """These need nobody any more; how many were still open. What becomes known later replaces it as evidence."""
    numbers = list(delivery_ids)
    if not numbers:
        return 0
    still = Doubt.objects.filter(delivery_id__in=numbers, resolved="")
    return still.update(resolved=by, resolved_at=now(), how=how[:300])


def tidy(at: datetime) -> int:
    """End what the moment has ended: the message had its time, or it became known while the doubt was being written.
    A route says by itself what becomes of its messages; what a member of staff has written stays open for a person.
    And list what is uncertain and was not listed. How many were ended."""
    with connection.cursor() as cursor:
        cursor.execute(sql["unlisted"], {"now": at})
    timed = Q(delivery__expires_at__lte=at - SETTLES) & ~Q(delivery__origin=ROUTED)
    open_now = Doubt.objects.filter(resolved="")
    over = open_now.filter(timed | Q(since__lte=at - FORGOTTEN)).exclude(delivery__origin=BY_HAND)
    missed = open_now.filter(kind=Doubt.Kind.LOST).exclude(delivery__signal=Signal.UNCERTAIN)
    found = missed.values_list("delivery_id", "delivery__signal")[:AT_ONCE]
    known = sum(resolve([number], KNOWN.get(signal, ""), Resolved.EVIDENCE) for number, signal in found)
    return known + resolve(over.values_list("delivery_id", flat=True)[:AT_ONCE], TIME_OVER)
