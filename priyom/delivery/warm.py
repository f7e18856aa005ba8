"""A new number is warmed up: on each of its first days it may write to so many people and no more, or the vendor takes
it for a spammer. Answers to people who have just written to us do not count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from priyom.delivery.attempt import Claimed
from priyom.delivery.database import Database
from priyom.foundation.clock import now

TOO_NEW = "номер прогревается: сегодняшний предел новых получателей исчерпан"

WRITTEN = """
SELECT DISTINCT address FROM delivery_delivery
WHERE account_id = %(account)s AND op = 'send' AND sent_at >= %(since)s AND NOT body ? 'window_until'
"""


def ceiling(ladder: Sequence[int], since: date, today: date) -> int | None:
    """How many people may be written to today (UTC); None: as many as the vendor lets."""
    day = max(0, (today - since).days)
    return ladder[day] if day < len(ladder) else None


class Warm:
    """Counts the people one account has written to today."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._people: set[str] = set()

    async def over(
        self, database: Database, account_id: int, since: date, ladder: Sequence[int], items: Sequence[Claimed]
    ) -> list[Claimed]:
        """Those of `items` that would go beyond today's ceiling; the others are counted. Raises psycopg.Error."""
        today = now().date()
        most = ceiling(ladder, since, today)
        if most is None:
            return []
        if self._day != today:
            midnight = datetime.combine(today, time(), UTC)
            rows = await database.rows(WRITTEN, {"account": account_id, "since": midnight})
            self._people, self._day = {row[0] for row in rows}, today
        over = []
        for item in items:
            if item.address in self._people or _answers(item):
                continue
            if len(self._people) >= most:
                over.append(item)
            else:
                self._people.add(item.address)
        return over


def _answers(item: Claimed) -> bool:
    until = item.body.get("window_until")
    return until is not None and datetime.fromisoformat(until) > now()
