"""What is not known of messages: whether one arrived, or whether it arrived twice. Each stands in the list until the
vendor or the patient shows it (`sql/settle.sql`), the route has gone another way, its time is over, or a person has
dealt with it; and stays there afterwards as what it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from priyom.delivery.models import Doubt, Resolved
from priyom.foundation.clock import now

ROUTED = ("notification", "campaign")
"""Messages of these origins have a route or a plan that goes on by itself; the others were somebody's own words."""
TIME_OVER = "время сообщения прошло"


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
